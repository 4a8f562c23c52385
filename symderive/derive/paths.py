"""Under which conditions a result is used, on every way from it to what is differentiated.

In Huber's loss `|r| − d/2` is chosen only where `|r| > d`: then r is not 0, and |r| has no kink.
"""

from __future__ import annotations

from collections.abc import Collection

import sympy

from symderive.core.identity import free_indices, substitute
from symderive.core.kinds import has_kind
from symderive.core.nodes import Entry, Index, Tensor, TensorNode
from symderive.core.program import Definition, Program
from symderive.derive.guards import is_excluded, with_guards
from symderive.functions.choice import where

_MOST = 8
Guards = tuple[sympy.Expr, ...]
_ANYWHERE: list[Guards] = [()]


def guards_of_uses(program: Program, compared: Collection[Tensor]) -> dict[Tensor, list[Guards]]:
    """For every result, the conditions on each way that a derivative passes, at its own indices.

    Args:
        program: the equations, in order.
        compared: results through which no derivative passes.
    """
    if not any(has_kind(made.body, where) for made in program.definitions):
        return {}
    own = {made.tensor: made.indices for made in program.definitions}
    found: dict[Tensor, list[Guards]] = {tensor: [()] for tensor in program.outputs}
    for user in reversed(program.definitions):
        ways = found.get(user.tensor, [])
        for part, guards, passes in with_guards(user.body, passes=user.tensor not in compared):
            if passes and isinstance(part, TensorNode) and part.tensor in own:
                said = [_at(own[part.tensor], part, (*guards, *way)) for way in ways]
                found[part.tensor] = (found.get(part.tensor, []) + said)[: _MOST + 1]
    return {tensor: ways if len(ways) <= _MOST else _ANYWHERE for tensor, ways in found.items()}


def _at(indices: tuple[Index, ...], part: TensorNode, guards: Guards) -> Guards:
    """Conditions at the indices of an array that is read; those that name others are left out."""
    axes = [axis for axis in part.axes if isinstance(axis, Index)]
    if not isinstance(part, Entry) or len(set(axes)) < len(indices):
        return ()
    kept = [one for one in guards if free_indices(one) <= set(axes)]
    return tuple(substitute(one, dict(zip(axes, indices, strict=True))) for one in kept)


def is_passed_over(border: sympy.Expr, made: Definition, ways: list[Guards]) -> bool:
    """Whether the conditions on every way exclude a border of the right-hand side of an equation."""
    itself = made.tensor[made.indices] if made.indices else made.tensor[()]
    read = [tuple(one.xreplace({itself: made.body}) for one in guards) for guards in ways]
    return bool(read) and all(is_excluded(border, guards) for guards in read)
