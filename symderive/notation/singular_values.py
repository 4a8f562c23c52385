"""How norms from singular values, and their derivatives, are written."""

from __future__ import annotations

from symderive.notation.dialects import LatexDialect, TextDialect

Marks = LatexDialect | TextDialect


def singular_sum(kind: str, inner: str, marks: Marks) -> str:
    """`‖A‖_*`, `‖A‖₂`, `σ_min(A)`."""
    latex = isinstance(marks, LatexDialect)
    if kind == "smallest":
        return rf"\sigma_{{\min}}({inner})" if latex else f"σ_min({inner})"
    if latex:
        return rf"\lVert {inner}\rVert_{{{'*' if kind == 'nuclear' else '2'}}}"
    return f"‖{inner}‖{'_*' if kind == 'nuclear' else '₂'}"


def singular_slope(kind: str, inner: str, marks: Marks, turned: bool = False) -> str:
    """`U_A V_Aᵀ`, or `u_max(A) v_max(A)ᵀ`, as in `σ_max(A)`; the other way round its transpose."""
    left, right = singular_letters(kind, inner, marks)[:: -1 if turned else 1]
    return marks.juxtapose([left, marks.transpose(right)])


def singular_letters(kind: str, inner: str, marks: Marks) -> tuple[str, str]:
    """The names of the singular vectors on both sides."""
    latex = isinstance(marks, LatexDialect)
    if kind == "nuclear":
        return (f"U_{{{inner}}}", f"V_{{{inner}}}") if latex else (f"U_{inner}", f"V_{inner}")
    word = "max" if kind == "largest" else "min"
    if latex:
        return rf"u_{{\{word}}}({inner})", rf"v_{{\{word}}}({inner})"
    return f"u_{word}({inner})", f"v_{word}({inner})"
