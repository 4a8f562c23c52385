"""Singular values and vectors as NumPy code."""

from __future__ import annotations

from collections.abc import Callable

from symderive.notation.forms import Form, SingularSlope, SingularSum
from symderive.notation.levels import ATOM

_ORDERS = {"nuclear": "'nuc'", "largest": "2", "smallest": "-2"}
_PLACES = {"largest": "0", "smallest": "-1"}


def singular_sum(form: SingularSum, code: Callable[[Form], str]) -> tuple[str, int]:
    """`np.linalg.norm(A, 'nuc')`."""
    return f"np.linalg.norm({code(form.inner)}, {_ORDERS[form.kind]})", ATOM


def singular_slope(form: SingularSlope, code: Callable[[Form], str]) -> tuple[str, int]:
    """`U @ Vᵀ` of the thin decomposition, or the outer product of two singular vectors."""
    parts = f"np.linalg.svd({code(form.inner)}, full_matrices=False)"
    if form.kind == "nuclear":
        return f"np.matmul(*{parts}[::2])", ATOM
    place = _PLACES[form.kind]
    return f"(lambda U, s, Vt: np.outer(U[:, {place}], Vt[{place}, :]))(*{parts})", ATOM


__all__ = ["singular_slope", "singular_sum"]
