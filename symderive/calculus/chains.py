"""Long chains of equations: where the chain rule goes through many layers, each keeps its name."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import sympy

from symderive.calculus.condense import entries_in
from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import Binder, Entry, Index, IndexSum, Tensor, TensorNode
from symderive.core.program import Program

MOST_NESTED = 2  # products under products in one formula: two layers are read at a glance


@dataclass(frozen=True)
class _Nested:
    """How a right-hand side reads with all that is used once put into it.

    Attributes:
        depth: how many sums over elementwise products stand in one another.
        plain: whether it is a multiple of entries or one chain of matrix products.
    """

    depth: int
    plain: bool


def links(program: Program, slopes: Set[Tensor]) -> set[Tensor]:
    """The slopes that stay named because the formula with all of them written out would nest too deeply.

    Of `2 ((W₂ᵀ((W₃ᵀ((W₄ᵀ(…)) ⊙ q ⊙ (1 − q))) ⊙ s ⊙ (1 − s))) ⊙ p ⊙ (1 − p)) xᵀ` every bracket in which
    a slope is multiplied entry by entry becomes an equation, as in the steps of backpropagation.

    Args:
        program: the equations that lead to the results.
        slopes: the derivatives with respect to intermediates.
    """
    uses: dict[Tensor, int] = {}
    for made in program.definitions:
        for entry in entries_in(made.body):
            uses[entry.tensor] = uses.get(entry.tensor, 0) + 1
    nested: dict[Tensor, _Nested] = {}
    linked: dict[Tensor, list[Tensor]] = {}
    for made in program.definitions:
        depth, own = 0, []
        for entry, is_summed in _slopes_in(made.body, slopes):
            before = nested.get(entry.tensor)
            if before is None or uses[entry.tensor] != 1:
                continue
            depth = max(depth, before.depth + (is_summed and not before.plain))
            own += linked.pop(entry.tensor, [])
            if is_summed and not before.plain:
                own.append(entry.tensor)
        nested[made.tensor] = _Nested(depth, _is_plain(made.body))
        linked[made.tensor] = own
    return {one for end, chain in linked.items() if nested[end].depth > MOST_NESTED for one in chain}


def _slopes_in(
    expr: sympy.Basic, slopes: Set[Tensor], bound: frozenset[Index] = frozenset()
) -> list[tuple[Entry, bool]]:
    """The entries of slopes in a right-hand side, each with whether it is summed over one of its axes."""
    if slopes.isdisjoint(tensors_of(expr)):
        return []
    if isinstance(expr, TensorNode):
        return [(expr, not bound.isdisjoint(free_indices(expr)))] if isinstance(expr, Entry) else []
    inside = bound.union(expr.indices) if isinstance(expr, Binder) else bound
    return [one for arg in expr.args for one in _slopes_in(arg, slopes, inside)]


def _is_plain(body: sympy.Expr) -> bool:
    """Whether no entries are multiplied one by one and no terms are added, outside of sums."""
    factors = [one for one in sympy.Mul.make_args(body) if free_indices(one)]
    if not all(isinstance(one, (TensorNode, IndexSum)) for one in factors):
        return False
    indices = [index for one in factors for index in free_indices(one)]
    return len(set(indices)) == len(indices)
