"""Branches of a choice: the conditions that each part of an expression stands under, and what they imply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from symderive.calculus.branches import holds_together
from symderive.derive.intervals import NONZERO, shifted
from symderive.functions.choice import where
from symderive.functions.comparisons import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    not_equal,
    opposite,
)
from symderive.functions.kinked import step
from symderive.functions.record import NONNEGATIVE, POSITIVE


def with_guards(
    expr: sympy.Basic, guards: tuple[sympy.Expr, ...]
) -> Iterator[tuple[sympy.Basic, tuple[sympy.Expr, ...]]]:
    """Everything inside an expression, each with the conditions of the branches that it stands in."""
    yield expr, guards
    if isinstance(expr, where):
        condition, first, second = expr.args
        yield from with_guards(condition, guards)
        yield from with_guards(first, (*guards, condition))
        yield from with_guards(second, (*guards, opposite(condition)))
        return
    for arg in expr.args:
        yield from with_guards(arg, guards)


def is_implied(argument: sympy.Expr, domain: sympy.Set, guards: tuple[sympy.Expr, ...]) -> bool:
    """Whether the conditions of a branch say that an argument lies in a set: `y > 0` does for `log(y)`."""
    for guard in guards:
        for one in holds_together(guard):
            left, right, allowed = _as_difference(one)
            if allowed is None:
                continue
            for sign in (1, -1):
                offset = argument - sign * (left - right)
                if offset.is_number and shifted(allowed, sign, offset).is_subset(domain):
                    return True
    return False


def _as_difference(one: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr, sympy.Set | None]:
    """The two sides of a comparison, and the set that their difference lies in where it holds."""
    if isinstance(one, step):
        return one.args[0], sympy.S.Zero, POSITIVE
    allowed = _ALLOWED.get(type(one))
    left, right = one.args if allowed is not None else (sympy.S.Zero, sympy.S.Zero)
    return left, right, allowed


_ALLOWED: dict[Any, sympy.Set] = {
    greater: POSITIVE, greater_equal: NONNEGATIVE, less: sympy.Interval.open(-sympy.oo, 0),
    less_equal: sympy.Interval(-sympy.oo, 0), equal: sympy.FiniteSet(0), not_equal: NONZERO,
}  # fmt: skip
