"""Numbers as people mean them: `1/np.sqrt(2)` is 1/√2 and not 0.7071067811865475."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import sympy

_DIGITS = 12  # a decimal with fewer digits is meant as it stands
_LARGEST = 1000  # of the numerator and denominator of a constant that is recognised
_ULPS = 3

# How a constant is undone, and what the rational number that comes out stands for.
_KINDS: tuple[tuple[Callable[[float], float], Callable[[sympy.Rational], sympy.Expr]], ...] = (
    (lambda x: x, lambda r: r),
    (lambda x: x / math.pi, lambda r: r * sympy.pi),
    (lambda x: x * math.pi, lambda r: r / sympy.pi),
    (lambda x: x * x, sympy.sqrt),
    (lambda x: x * x / math.pi, lambda r: sympy.sqrt(r * sympy.pi)),
    (lambda x: x * x * math.pi, lambda r: sympy.sqrt(r / sympy.pi)),
    (lambda x: x / math.e, lambda r: r * sympy.E),
    (math.exp, sympy.log),
    (lambda x: math.exp(x) / math.pi, lambda r: sympy.log(r * sympy.pi)),
    (lambda x: math.exp(2 * x) / math.pi, lambda r: sympy.log(r * sympy.pi) / 2),
)


@lru_cache(maxsize=1_000)
def exact(value: float) -> sympy.Expr:
    """The number that a finite float stands for.

    A decimal of up to 12 digits stands for itself. Another float is read as a rational number, a root, a
    logarithm or a multiple of π or e with small integers where that number differs from it by round-off
    only (3 units in the last place), and as the decimal that Python prints otherwise.

    >>> exact(0.1), exact(1 / 3), exact(1 / math.sqrt(2)), exact(0.5 * math.log(2 * math.pi))
    (1/10, 1/3, sqrt(2)/2, log(2*pi)/2)
    """
    written = sympy.Rational(repr(value))
    if written.is_Integer or len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0")) <= _DIGITS:
        return written
    if not 1e-6 < abs(value) < 1e6:
        return written
    for undo, meaning in _KINDS:
        found = _near(value, undo, meaning)
        if found is not None:
            return found
    return written


def _near(
    value: float, undo: Callable[[float], float], meaning: Callable[[sympy.Rational], sympy.Expr]
) -> sympy.Expr | None:
    try:
        small = Fraction(undo(abs(value))).limit_denominator(_LARGEST)
    except OverflowError:
        return None
    if not 0 < small.numerator <= _LARGEST:
        return None
    sign = 1 if value > 0 else -1
    candidate = sign * meaning(sympy.Rational(small.numerator, small.denominator))
    return candidate if abs(float(candidate) - value) <= _ULPS * math.ulp(value) else None
