"""Numbers as they are written: grouped digits, signs, powers of ten."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symderive.solutions.document import Math

_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)(?P<fraction>\.\d*)?(?:[eE](?P<power>[+-]?\d{1,6}))?"
)


@dataclass(frozen=True, slots=True)
class Digits:
    """A written number, cut at its decimal point.

    Args:
        sign: `""`, `"-"` or `"+"`.
        whole: The digits before the point, with the commas that group them.
        fraction: The point and the digits after it, or nothing.
        power: The power of ten, or None.
    """

    sign: str
    whole: str
    fraction: str
    power: int | None

    @property
    def latex_before(self) -> str:
        """What stands left of the decimal point, without the spaces that mathematics puts after a comma."""
        return self.sign + self.whole.replace(",", "{,}")

    @property
    def latex_after(self) -> str:
        """What stands from the decimal point on."""
        power = "" if self.power is None else rf"\times 10^{{{self.power}}}"
        return self.fraction + power

    @property
    def plain(self) -> str:
        """The number for a terminal."""
        power = "" if self.power is None else f"e{self.power}"
        return self.sign.replace("-", "−") + self.whole + self.fraction + power


def read_digits(written: str) -> Digits | None:
    """Reads a number as people write it.

    Args:
        written: Such as `"-0.165"`, `"1,228,800"`, `"12,28,800"` or `"4e-10"`; a typographic minus is a
            minus.

    Returns:
        Its parts, or None where this is not a number.

    >>> read_digits("-1,228,800.5").latex_before
    '-1{,}228{,}800'
    >>> read_digits("5 apples") is None
    True
    """
    found = _NUMBER.fullmatch(written.strip().replace("−", "-"))
    if found is None or not found[0].isascii():
        return None
    power = found["power"]
    return Digits(
        found["sign"],
        found["whole"],
        found["fraction"] or "",
        None if power is None else int(power),
    )


def number(value: int | float | str) -> Math:
    r"""A number as a formula; the digits of an integer are grouped by three.

    Args:
        value: An integer, a float (all its digits are shown), or a number as written, which keeps its
            grouping.

    Returns:
        The formula.

    Raises:
        ValueError: The string is not a number.

    >>> number(1228800)
    Math(latex='1{,}228{,}800', plain='1,228,800', lines=())
    >>> number("4e-10").latex
    '4\\times 10^{-10}'
    """
    written = f"{value:,}" if isinstance(value, int) else str(value)
    digits = read_digits(written)
    if digits is None:
        raise ValueError(f"{written!r} is not a number.")
    return Math(digits.latex_before + digits.latex_after, digits.plain)
