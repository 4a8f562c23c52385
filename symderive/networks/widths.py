"""Channels of a scaled network, rounded as the families do it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symderive.errors import SymderiveError


def multiplier(value: Any, what: str = "width") -> Fraction:
    """A factor for channels or depths, exactly as it is written.

    Raises:
        SymderiveError: not a positive number.

    >>> multiplier("0.75"), multiplier(1.1)
    (Fraction(3, 4), Fraction(11, 10))
    """
    try:
        found = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if not 0 < found <= 1000:
        raise SymderiveError(
            f'{what}: {value!r} is no multiplier; give a number above 0 and up to 1000, such as "0.75".'
        )
    return found


def multiple(channels: Any, factor: Any = 1, of: int = 8) -> int:
    """`channels · factor` to the nearest multiple of `of`, and no less than nine tenths of it.

    >>> multiple(32, "0.75"), multiple(24, "1.4"), multiple(3)
    (24, 32, 8)
    """
    wanted = multiplier(factor) * channels
    rounded = max(of, int(wanted + Fraction(of, 2)) // of * of)
    return rounded + of if rounded < Fraction(9, 10) * wanted else rounded
