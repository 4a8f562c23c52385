"""What the letters U, V, u and v of a derivative of singular values mean."""

from __future__ import annotations

from symderive.calculus.condense import entries_in
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.core.singular_nodes import SingularEntry
from symderive.derive.condition import Condition
from symderive.notation.dialects import LATEX, TEXT
from symderive.notation.forms import Leaf
from symderive.notation.printing import latex, text
from symderive.notation.recover import SINGULAR_KINDS
from symderive.notation.singular_values import singular_letters


def singular_facts(program: Program) -> tuple[Condition, ...]:
    """For each matrix whose singular vectors stand in a result, the decomposition that they come from."""
    found: dict[tuple[Tensor, str], None] = {}
    for made in program.definitions:
        for node in entries_in(made.body):
            if isinstance(node, SingularEntry):
                found[node.tensor, SINGULAR_KINDS[type(node)]] = None
    return tuple(_decomposition(tensor, kind) for tensor, kind in found)


def _decomposition(tensor: Tensor, kind: str) -> Condition:
    plain, written = text(Leaf(tensor)), latex(Leaf(tensor))
    u, v = singular_letters(kind, plain, TEXT)
    left, right = singular_letters(kind, written, LATEX)
    if kind == "nuclear":
        return Condition(
            f"{plain} = {u} Σ {v}ᵀ, the thin singular value decomposition",
            rf"{written} = {left} \Sigma {right}^{{\top}} \text{{, the thin singular value decomposition}}",
            "fact",
        )
    return Condition(
        f"{u} and {v}, the singular vectors of {plain} for its {kind} singular value",
        rf"{left} \text{{ and }} {right} \text{{, the singular vectors of }} {written} "
        rf"\text{{ for its {kind} singular value}}",
        "fact",
    )
