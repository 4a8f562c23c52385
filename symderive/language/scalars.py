"""Arithmetic of one floating-point number at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import sympy

from symderive.errors import SymderiveError


def power(base: float, exponent: float) -> float:
    """`base ** exponent` as floating-point arithmetic has it: infinite at a pole, NaN where it is not real.

    >>> power(2.0, -1.0), power(0.0, -1.0), power(-0.0, -1.0), power(-8.0, 2.0)
    (0.5, inf, -inf, 64.0)
    """
    if exponent == 0.5:
        return math.sqrt(base) if base >= 0 else math.nan
    if base < 0 and not exponent.is_integer() and math.isfinite(base) and math.isfinite(exponent):
        return math.nan
    try:
        return base**exponent
    except ZeroDivisionError:
        return math.copysign(math.inf, base) if exponent % 2 == 1 else math.inf
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf


def guarded(function: Callable[..., float], *args: float) -> float:
    """The value of a scalar function; NaN outside its domain, where Python's functions raise."""
    try:
        return float(function(*args))
    except ValueError:
        return math.nan


def exponential(x: float) -> float:
    """exp(x), infinite beyond the largest number."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def whole(value: float, expr: sympy.Expr) -> int:
    """A value as a position.

    Raises:
        SymderiveError: it is not an integer.
    """
    if not value.is_integer():
        raise SymderiveError(f"evaluating: {expr} is used as a position, but {value} is not an integer.")
    return int(value)


PLAIN: dict[Any, Callable[..., float]] = {
    sympy.Abs: abs,
    sympy.sign: lambda x: float((x > 0) - (x < 0)),
    sympy.Max: max,
    sympy.Min: min,
}
RELATIONS: dict[Any, Callable[[float, float], bool]] = {
    sympy.Eq: lambda x, y: x == y,
    sympy.Ne: lambda x, y: x != y,
    sympy.Lt: lambda x, y: x < y,
    sympy.Le: lambda x, y: x <= y,
    sympy.Gt: lambda x, y: x > y,
    sympy.Ge: lambda x, y: x >= y,
}
