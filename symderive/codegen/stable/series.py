"""Power series in one variable with rational coefficients, which may begin with a negative power."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import sympy

LENGTH = 26  # coefficients that are kept


class NotAnalytic(Exception):
    """There is no series with rational coefficients."""


@dataclass(frozen=True)
class Series:
    """`t^low (c_0 + c_1 t + …) + logs log t + number`.

    Attributes:
        low: the first power, perhaps not a whole number; `c_0` is not 0, unless all are.
        numbers: the coefficients.
        logs: how often `log t` stands beside the series.
        number: a number that is not rational and stands beside it.
    """

    low: Fraction
    numbers: tuple[Fraction, ...]
    logs: Fraction = Fraction(0)
    number: sympy.Expr = sympy.S.Zero

    @classmethod
    def of(cls, low: Fraction | int, numbers: Iterable[Fraction]) -> Series:
        """The series without the zeros in front."""
        kept = list(numbers)[:LENGTH]
        first = next((place for place, one in enumerate(kept) if one), len(kept))
        return cls(Fraction(low) + first, tuple(kept[first:]))

    @classmethod
    def constant(cls, number: Fraction | int) -> Series:
        """A rational number."""
        return cls.of(0, [Fraction(number), *[Fraction(0)] * (LENGTH - 1)])

    @classmethod
    def variable(cls, power: Fraction | int = 1) -> Series:
        """`t` to a power."""
        return cls.of(power, [Fraction(1), *[Fraction(0)] * (LENGTH - 1)])

    @property
    def end(self) -> Fraction:
        """The first power about which nothing is known."""
        return self.low + len(self.numbers)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing beside the powers of t."""
        return not self.logs and self.number == 0

    def at(self, power: Fraction | int) -> Fraction:
        """The coefficient of a power."""
        place = int(power - self.low)
        return self.numbers[place] if 0 <= place < len(self.numbers) else Fraction(0)

    def __add__(self, other: Series) -> Series:
        low, end = min(self.low, other.low), min(self.end, other.end)
        if (self.low - other.low).denominator != 1:
            raise NotAnalytic
        made = Series.of(low, [self.at(low + k) + other.at(low + k) for k in range(int(end - low))])
        return Series(made.low, made.numbers, self.logs + other.logs, self.number + other.number)

    def __mul__(self, other: Series) -> Series:
        if not self.is_plain:
            if other.is_plain and other.low == 0 and not any(other.numbers[1:]):
                return self.scaled(other.numbers[0])
            raise NotAnalytic
        if not other.is_plain:
            return other * self
        one, two = self.numbers, other.numbers
        return Series.of(
            self.low + other.low,
            [_total(one[j] * two[k - j] for j in range(k + 1)) for k in range(min(len(one), len(two)))],
        )

    def scaled(self, factor: Fraction) -> Series:
        """The series times a number."""
        numbers = tuple(factor * one for one in self.numbers)
        return Series(self.low, numbers, factor * self.logs, sympy.Rational(factor) * self.number)

    def __neg__(self) -> Series:
        return self.scaled(Fraction(-1))

    def power(self, exponent: Fraction) -> Series:
        """The series to a rational power."""
        if not (self.is_plain and self.numbers):
            raise NotAnalytic
        first, whole = self.numbers[0], exponent.denominator == 1
        if not whole and first != 1:
            raise NotAnalytic
        rest = [one / first for one in self.numbers]
        made = [Fraction(1)]
        for k in range(1, len(rest)):  # f = g^n has f′ g = n f g′
            terms = ((exponent * j - (k - j)) * rest[j] * made[k - j] for j in range(1, k + 1))
            made.append(_total(terms) / k)
        lead = first ** int(exponent) if whole else Fraction(1)
        return Series.of(exponent * self.low, [lead * one for one in made])

    def exp(self) -> Series:
        """`exp` of a series without a constant."""
        if not self.is_plain or self.low < 1 or self.low.denominator != 1:
            raise NotAnalytic
        made = [Fraction(1)]
        for k in range(1, min(int(self.end), LENGTH)):
            made.append(_total(j * self.at(j) * made[k - j] for j in range(1, k + 1)) / k)
        return Series.of(0, made)

    def log(self) -> Series:
        """`log` of a series: `low log t + log c_0 + …`."""
        if not self.is_plain or not self.numbers or self.numbers[0] < 0:
            raise NotAnalytic
        first = self.numbers[0]
        rest = [one / first for one in self.numbers]
        made = [Fraction(0)]
        for k in range(1, len(rest)):
            made.append(rest[k] - _total(j * made[j] * rest[k - j] for j in range(1, k)) / k)
        plain = Series.of(0, made)
        number = sympy.log(sympy.Rational(first.numerator, first.denominator))
        return Series(plain.low, plain.numbers, self.low, number)


def _total(terms: Iterable[Fraction]) -> Fraction:
    return sum(terms, Fraction(0))
