"""The chain rule through a recurrence: the adjoints of its equations are a recurrence the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import sympy

from symderive.core.identity import FREE_LETTERS, canonical, fresh, index_names, letters, substitute
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition
from symderive.errors import SymderiveError


def through_time(
    run: Sequence[Definition],
    bars: dict[Tensor, Tensor],
    pull: Callable[[Definition], None],
    found: Callable[[Tensor], tuple[sympy.Expr, str]],
) -> list[Definition]:
    """The adjoints of a recurrence, its last equation first.

    What reads `h[t − 1]` adds to the adjoint of h at t what it has at t + 1. So every equation is pulled back
    to all that it reads before the first adjoint is defined, and they are computed from the last step on.

    Args:
        run: the equations of the recurrence.
        bars: the adjoint of each array that they define.
        pull: adds what one equation contributes to the adjoints of all that it reads.
        found: the sum of all contributions to the adjoint of an array, in the first free letters, and why.
    """
    for made in reversed(run):
        pull(made)
    sums = {made.tensor: found(made.tensor) for made in run}
    time = _unused(run, [body for body, _ in sums.values()])
    definitions = []
    for made in reversed(run):
        body, why = sums[made.tensor]
        free = list(fresh(made.tensor.shape, (), FREE_LETTERS))
        axis = made.indices.index(_along(made))
        body = canonical(substitute(body, {free[axis]: time}))
        free[axis] = time
        definitions.append(Definition(bars[made.tensor], tuple(free), body, "chain rule", why, along=time))
    return definitions


def _along(made: Definition) -> Index:
    if made.along is None:
        raise SymderiveError(f"the chain rule through time: {made.tensor.name} belongs to no recurrence.")
    return made.along


def _unused(run: Sequence[Definition], bodies: Iterable[sympy.Expr]) -> Index:
    """An index for the steps with a name that none of the sums has, nor the recurrence itself.

    With the same one, the two would be one recurrence where nothing stands between them.
    """
    along = _along(run[0])
    taken = {along.name, *FREE_LETTERS}.union(*(index_names(body) for body in bodies))
    return Index(next(name for name in letters(("s", "t", "r")) if name not in taken), along.dim)
