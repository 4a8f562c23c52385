"""Channels of a scaled network, rounded as the families do it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def multiple(channels: Any, factor: Any = 1, of: int = 8) -> int:
    """`channels · factor` to the nearest multiple of `of`, and no less than nine tenths of it.

    >>> multiple(32, "0.75"), multiple(24, "1.4"), multiple(3)
    (24, 32, 8)
    """
    wanted = Fraction(str(factor)) * channels
    rounded = max(of, int(wanted + Fraction(of, 2)) // of * of)
    return rounded + of if rounded < Fraction(9, 10) * wanted else rounded
