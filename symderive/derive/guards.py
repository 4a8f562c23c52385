"""Branches of a choice: the conditions that each part of an expression stands under, and what they imply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from symderive.calculus.branches import holds_together
from symderive.core.nodes import Entry
from symderive.derive.intervals import is_within, shifted
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
from symderive.functions.kinked import absolute, signum, step
from symderive.functions.record import NONNEGATIVE, NONZERO, POSITIVE, Indicator

STILL = (Indicator, signum)  # functions that are constant between jumps


def with_guards(
    expr: sympy.Basic, guards: tuple[sympy.Expr, ...] = (), passes: bool = True
) -> Iterator[tuple[sympy.Basic, tuple[sympy.Expr, ...], bool]]:
    """Everything inside an expression, each with the conditions of the branches that it stands in.

    The last of the three says whether a derivative passes through: not to what is only compared.
    """
    yield expr, guards, passes
    if isinstance(expr, where):
        condition, first, second = expr.args
        yield from with_guards(condition, guards, False)
        yield from with_guards(first, (*guards, condition), passes)
        yield from with_guards(second, (*guards, opposite(condition)), passes)
        return
    for arg in expr.args:
        yield from with_guards(arg, guards, passes and not isinstance(expr, STILL))


def is_excluded(border: sympy.Expr, guards: tuple[sympy.Expr, ...]) -> bool:
    """Whether the conditions of a branch exclude a border: where `|x| > 1`, x is not 0."""
    left, right = border.args
    if is_implied(left - right, NONZERO, guards):
        return True
    if not isinstance(left, Entry) or not right.is_number:
        return False
    for guard in guards:
        for one in holds_together(guard):
            first, second, allowed = _as_difference(one)
            there = (first - second).xreplace({left: right}).replace(absolute, sympy.Abs)
            if allowed is not None and _lies_outside(there, allowed):
                return True
    return False


def _lies_outside(value: sympy.Expr, allowed: sympy.Set) -> bool:
    """Whether a number, or a multiple of a positive array, is surely not what a comparison allows."""
    if value.is_number:
        return value not in allowed
    if allowed in (POSITIVE, NONNEGATIVE):
        return bool(value.is_nonpositive if allowed == POSITIVE else value.is_negative)
    return bool(value.is_positive) and allowed != NONZERO


def is_implied(argument: sympy.Expr, domain: sympy.Set, guards: tuple[sympy.Expr, ...]) -> bool:
    """Whether the conditions of a branch say that an argument lies in a set: `y > 0` does for `log(y)`."""
    if isinstance(argument, sympy.Mul) and domain in (POSITIVE, NONZERO):
        sure = (_is_sure(factor, domain) or is_implied(factor, domain, guards) for factor in argument.args)
        if all(sure):
            return True
    for guard in guards:
        for one in holds_together(guard):
            left, right, allowed = _as_difference(one)
            if allowed is None:
                continue
            for sign in (1, -1):
                offset = argument - sign * (left - right)
                if offset.is_number and is_within(shifted(allowed, sign, offset), domain):
                    return True
    return False


def _is_sure(factor: sympy.Expr, domain: sympy.Set) -> bool:
    return bool(factor.is_positive if domain == POSITIVE else factor.is_nonzero)


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
