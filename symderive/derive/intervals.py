"""Sets of real numbers as intervals: sums, products and shifts of them."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.functions.record import NONNEGATIVE, NONZERO, POSITIVE, REALS

NEGATIVE = sympy.Interval.open(-sympy.oo, 0)
NONPOSITIVE = sympy.Interval(-sympy.oo, 0)
Ends = tuple[sympy.Expr, bool, sympy.Expr, bool]


@lru_cache(maxsize=10_000)
def is_within(inner: sympy.Set, outer: sympy.Set) -> bool:
    """Whether one set surely lies in another; intervals are compared by their ends.

    >>> is_within(sympy.Interval.open(0, 1), POSITIVE), is_within(sympy.Interval(0, 1), POSITIVE)
    (True, False)
    """
    if inner == outer:
        return True
    if isinstance(outer, sympy.Union) and any(is_within(inner, part) for part in outer.args):
        return True
    known = isinstance(inner, (sympy.Interval, sympy.FiniteSet)) and isinstance(outer, sympy.Interval)
    parts = (
        [sympy.Interval(one, one) for one in inner.args] if isinstance(inner, sympy.FiniteSet) else [inner]
    )
    found = [_is_between(ends(part), ends(outer)) for part in parts] if known else [None]
    return bool(inner.is_subset(outer)) if None in found else all(found)


def is_apart(one: sympy.Set, other: sympy.Set) -> bool:
    """Whether two sets surely have no number in common.

    >>> is_apart(sympy.FiniteSet(0), NONZERO), is_apart(NONPOSITIVE, POSITIVE), is_apart(NONNEGATIVE, REALS)
    (True, True, False)
    """
    return bool(one.intersect(other).is_empty)


def _is_between(inner: Ends, outer: Ends) -> bool | None:
    """Whether these ends lie between those; None where an end is not a number."""
    low, low_open, high, high_open = inner
    lowest, lowest_open, highest, highest_open = outer
    if not all(end.is_number and end.is_extended_real for end in (low, high, lowest, highest)):
        return None
    above = low_open or not lowest_open if low == lowest else bool(low > lowest)
    below = high_open or not highest_open if high == highest else bool(high < highest)
    return above and below


def shifted(allowed: sympy.Set, sign: int, offset: sympy.Expr) -> sympy.Set:
    """Where `sign * x + offset` lies for x in a set."""
    if allowed == NONZERO:
        return NONZERO if offset == 0 else REALS
    low, low_open, high, high_open = ends(allowed)
    if sign < 0:
        low, low_open, high, high_open = -high, high_open, -low, low_open
    return sympy.Interval(low + offset, high + offset, low_open, high_open)


def ends(part: sympy.Set) -> Ends:
    """Both ends of a set of numbers, and whether each is open."""
    boundary = part if isinstance(part, sympy.Interval) else None
    if boundary is None:
        return part.inf, False, part.sup, False
    return boundary.start, bool(boundary.left_open), boundary.end, bool(boundary.right_open)


def added(parts: list[sympy.Set]) -> sympy.Set:
    """Where a sum of values of these sets lies."""
    low, low_open, high, high_open = sympy.S.Zero, False, sympy.S.Zero, False
    for part in parts:
        start, left, end, right = ends(part)
        low, low_open = low + start, low_open or left
        high, high_open = high + end, high_open or right
    return sympy.Interval(low, high, low_open, high_open)


def multiplied(parts: list[sympy.Set]) -> sympy.Set:
    """Where a product of values of these sets lies."""
    numbers = [part for part in parts if isinstance(part, sympy.FiniteSet)]
    if len(parts) == 2 and len(numbers) == 1:
        (factor,) = numbers[0].args
        other = parts[0] if parts[1] is numbers[0] else parts[1]
        low, low_open, high, high_open = ends(other)[0], ends(other)[1], ends(other)[2], ends(other)[3]
        if factor < 0:
            low, low_open, high, high_open = high, high_open, low, low_open
        return sympy.Interval(factor * low, factor * high, low_open, high_open) if factor != 0 else numbers[0]
    flips, strict = 0, True
    for part in parts:
        if is_within(part, POSITIVE):
            continue
        if is_within(part, NEGATIVE):
            flips += 1
        elif is_within(part, NONNEGATIVE):
            strict = False
        elif is_within(part, NONPOSITIVE):
            flips, strict = flips + 1, False
        else:
            return REALS
    if strict:
        return NEGATIVE if flips % 2 else POSITIVE
    return NONPOSITIVE if flips % 2 else NONNEGATIVE
