"""Conditions that a model asked for, as inequalities and divisibilities that imply them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy

from symderive.core.dims import Size


def plain(condition: Any, value: Callable[[Size], int]) -> Iterator[Any]:
    """Conditions `a ≥ b`, `a ≤ b`, `a = b`, `a ≠ b` and `n divides a` that imply the given one.

    A condition that is more than that was true where the model ran; of several ways in which it may hold,
    the one there is taken.

    Args:
        condition: in positive whole numbers.
        value: the value of a size where the model ran.

    >>> from symderive.core.dims import dims
    >>> n, m = dims("n m")
    >>> list(plain(sympy.And(sympy.Ne(n, 3), n + m > 1), lambda size: size.subs({n: 5, m: 2})))
    [Ne(n, 3)]
    >>> list(plain(sympy.Ne(n * m / 2, m / 2), lambda size: size.subs({n: 5, m: 2})))
    [n >= 2]
    >>> list(plain(sympy.Or(n < 3, sympy.Ne(sympy.Mod(m, 4), 0)), lambda size: size.subs({n: 5, m: 2})))
    [Ne(Mod(m, 4), 0)]
    >>> list(plain(n < n * m, lambda size: size.subs({n: 5, m: 2})))
    [m >= 2]
    """
    condition = sympy.to_nnf(condition, simplify=False) if isinstance(condition, sympy.Not) else condition
    if isinstance(condition, sympy.And):
        for one in condition.args:
            yield from plain(one, value)
    elif isinstance(condition, sympy.Or):
        yield from plain(next(one for one in condition.args if _holds(one, value)), value)
    elif isinstance(condition, sympy.core.relational.Relational):
        yield from _unless_true(_relation(condition))


def leaves_a_remainder(condition: Any) -> bool:
    """Whether a condition fails where sizes can be divided.

    >>> from symderive.core.dims import dims
    >>> rest = sympy.Mod(dims("n"), 4)
    >>> [leaves_a_remainder(one) for one in (sympy.Ne(rest, 0), sympy.Ge(rest, 1), sympy.Eq(rest, 0))]
    [True, True, False]
    """
    return bool(condition.xreplace(dict.fromkeys(condition.atoms(sympy.Mod), sympy.S.Zero)) == sympy.false)


def _holds(condition: Any, value: Callable[[Size], int]) -> bool:
    if isinstance(condition, (sympy.And, sympy.Or, sympy.Not)):
        found = [_holds(one, value) for one in condition.args]
        return (
            all(found) if isinstance(condition, sympy.And) else any(found) != isinstance(condition, sympy.Not)
        )
    return bool(condition.func(value(condition.lhs), value(condition.rhs)))


def _relation(condition: Any) -> Any:
    """A relation without `<` and `>`, and without what both sides have as a factor."""
    left, right = condition.lhs, condition.rhs
    if isinstance(condition, sympy.Eq) or left.has(sympy.Mod) or right.has(sympy.Mod):
        return _without_equal(condition.func(left, right))
    left, right = _without_common(left, right)
    if isinstance(condition, sympy.Ne):
        return _different(left, right)
    return _without_equal(condition.func(left, right, evaluate=False))


def _without_equal(condition: Any) -> Any:
    """`a < b` as `a + 1 ≤ b`, of whole numbers; a number stands on the right."""
    left, right = condition.lhs, condition.rhs
    if isinstance(condition, sympy.StrictLessThan) and left.is_number:
        return sympy.Ge(right, left + 1)
    if isinstance(condition, sympy.StrictGreaterThan):
        return sympy.Ge(left, right + 1)
    if isinstance(condition, sympy.StrictLessThan):
        return sympy.Le(left, right - 1)
    return condition


def _different(left: Size, right: Size) -> Any:
    """That two sizes differ: `n ≠ 1` is `n ≥ 2`, for a size is not below 1."""
    if not list(_unless_true(sympy.Ge(left, right))):
        return sympy.Ge(left, right + 1)
    if not list(_unless_true(sympy.Ge(right, left))):
        return sympy.Ge(right, left + 1)
    return sympy.Ne(left, right)


def _unless_true(condition: Any) -> Iterator[Any]:
    """The condition, if it does not hold for all positive whole numbers."""
    if isinstance(condition, (sympy.Ge, sympy.Le)):
        room = condition.lhs - condition.rhs
        room = sympy.expand(_over_one(room if isinstance(condition, sympy.Ge) else -room))
        room = sympy.expand(room / sympy.Mul(*_common(room)))
        constant, rest = room.as_coeff_Add()
        terms = [term.as_coeff_Mul() for term in sympy.Add.make_args(rest)]
        are_least_1 = all(number > 0 and one.is_positive and one.is_integer for number, one in terms)
        if are_least_1 and constant + sum(number for number, _ in terms) >= 0:
            return
    if condition != sympy.true:
        yield condition


def _without_common(left: Size, right: Size) -> tuple[Size, Size]:
    """Two sides without what all terms of both have as a factor or divisor: `T·d/h ≠ d/h` is `T ≠ 1`."""
    difference = sympy.expand(left - right)
    whole = _over_one(difference)
    common = sympy.Mul(*_common(sympy.expand(whole))) * sympy.cancel(difference / whole)
    return sympy.expand(left / common), sympy.expand(right / common)


def _over_one(room: Size) -> Size:
    """A size times its denominator, which is positive."""
    over, under = sympy.fraction(sympy.together(room))
    return over if under.is_positive else room


def _common(room: Size) -> Iterator[Size]:
    """The sizes that all terms have as a factor, and the number below all of them."""
    terms = sympy.Add.make_args(room)
    shared = (
        one
        for one in room.free_symbols
        if one.is_positive and all(one in sympy.Mul.make_args(t) for t in terms)
    )
    numbers = [term.as_coeff_Mul()[0] for term in terms]
    if all(one.is_Rational for one in numbers):
        yield sympy.Rational(1, sympy.ilcm(1, *(one.q for one in numbers)))
    yield from shared
