"""Sets of real numbers as intervals: sums, products and shifts of them."""

from __future__ import annotations

import sympy

from symderive.functions.record import NONNEGATIVE, POSITIVE, REALS

NONZERO = sympy.Union(sympy.Interval.open(-sympy.oo, 0), POSITIVE)


def shifted(allowed: sympy.Set, sign: int, offset: sympy.Expr) -> sympy.Set:
    """Where `sign * x + offset` lies for x in a set."""
    if allowed == NONZERO:
        return NONZERO if offset == 0 else REALS
    low, low_open, high, high_open = ends(allowed)
    if sign < 0:
        low, low_open, high, high_open = -high, high_open, -low, low_open
    return sympy.Interval(low + offset, high + offset, low_open, high_open)


def ends(part: sympy.Set) -> tuple[sympy.Expr, bool, sympy.Expr, bool]:
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
    negative = sympy.Interval.open(-sympy.oo, 0)
    nonpositive = sympy.Interval(-sympy.oo, 0)
    flips, strict = 0, True
    for part in parts:
        if part.is_subset(POSITIVE):
            continue
        if part.is_subset(negative):
            flips += 1
        elif part.is_subset(NONNEGATIVE):
            strict = False
        elif part.is_subset(nonpositive):
            flips, strict = flips + 1, False
        else:
            return REALS
    if strict:
        return negative if flips % 2 else POSITIVE
    return nonpositive if flips % 2 else NONNEGATIVE
