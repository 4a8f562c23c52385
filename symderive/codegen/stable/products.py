"""A product of sums of exponentials, put together so that no factor overflows while another underflows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from symderive.codegen.stable.factors import Factor, Factored
from symderive.codegen.stable.rational import expanded, linear
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.functions.stable_forms import exp_minus_one, log_add_exp, secant

_MOST_WAYS = 400


@dataclass
class Share:
    """`σ(−a − s)` some times: what a sum of two exponentials below the line gives; final.

    Attributes:
        base: `a`.
        shift: `s`.
        count: how often.
    """

    base: sympy.Expr
    shift: sympy.Expr
    count: int

    @property
    def argument(self) -> sympy.Expr:
        """`a + s`."""
        return self.base + self.shift

    def term(self, high: int, count: int) -> sympy.Expr:
        """`σ(a + s)^high σ(−a − s)^(count − high)`, which is `exp(high (a + s))/(1 + exp(a + s))^count`."""
        return sigmoid(self.argument) ** high * sigmoid(-self.argument) ** (count - high)

    def log_term(self, high: int, count: int) -> sympy.Expr:
        """Its logarithm."""
        return -high * softplus(-self.argument) - (count - high) * softplus(self.argument)


def product(made: Factored) -> sympy.Expr:
    """The value of a product.

    1. `1/(1 + exp(a)) = σ(−a)` and `exp(a) σ(−a) = σ(a)`.
    2. `1/(1 − exp(a)) = −σ(−a)/tanh(a/2)` and `(1 − exp(a)) σ(−a) = −tanh(a/2)`; where a is known to be
       negative `1 − exp(a)` stays.
    3. `Σ_t c_t exp(t a) σ(−a)^d = Σ_t c_t σ(a)^t σ(−a)^(d−t)`.
    4. `1/Σ_k c_k exp(l_k) = exp(−log Σ_k c_k exp(l_k))`.
    """
    return _Product(made).value()


class _Product:
    """Collects what is made of the factors; final."""

    def __init__(self, made: Factored) -> None:
        self.exponent, self.parts = made.exponent, [made.plain]
        self.shares: list[Share] = []
        self.above = sorted((one for one in made.factors if one.power > 0), key=lambda one: -one.degree)
        for factor in made.factors:
            if factor.power < 0:
                self.below(factor)
        for terms, power in made.sums:
            self.exponent += power * log_of_sum(terms)

    def below(self, factor: Factor) -> None:
        """A factor below the line."""
        count = -factor.power
        base, numbers = factor.base, factor.numbers
        self.exponent -= count * factor.low
        if factor.shift is not None:
            self.parts.append(numbers[0] ** (-count))
            self.share(base, factor.shift, count)
        elif factor.is_difference and (base.is_negative or base.is_positive):
            if base.is_positive:
                self.exponent -= count * base
                base, numbers = -base, numbers[::-1]
            self.parts.append((-numbers[0] * exp_minus_one(base)) ** (-count))
        else:
            self.parts.append(bounded(factor, Share(base, sympy.S.Zero, factor.degree)) ** (-count))
            self.share(base, sympy.S.Zero, count * factor.degree)

    def share(self, base: sympy.Expr, shift: sympy.Expr, count: int) -> None:
        """Remember factors σ(−a − s)."""
        for known in self.shares:
            if known.base == base and known.shift == shift:
                known.count += count
                return
        self.shares.append(Share(base, shift, count))

    def value(self) -> sympy.Expr:
        """The product."""
        left = [factor for factor in self.above if not self.divided(factor)]
        inside = [factor for factor in left if self.meets(factor)]
        lone = not any(one.count for one in self.shares) and len(left) == 1 and left[0].power == 1
        if lone:
            inside = left
        for factor in left:
            if factor not in inside:
                self.parts.append(self.raised(factor))
        return sympy.Mul(*self.parts) * (self.spread(inside) if inside else self.absorbed(self.exponent))

    def meets(self, factor: Factor) -> bool:
        """Whether a sum raises what a σ that is left is taken of."""
        terms = set(linear(factor.base)[0])
        return any(one.count and terms & set(linear(one.base)[0]) for one in self.shares)

    def divided(self, factor: Factor) -> bool:
        """Whether there are enough factors σ(−a) for a sum above the line; they are used up."""
        needed = factor.degree * factor.power
        fits = [one for one in self.shares if one.base == factor.base and one.count >= needed]
        if not fits:
            return False
        share = min(fits, key=lambda one: (one.shift != 0, one.shift != factor.shift))
        share.count -= needed
        self.exponent += factor.power * factor.low
        self.parts.append(bounded(factor, share) ** factor.power)
        return True

    def absorbed(self, exponent: sympy.Expr) -> sympy.Expr:
        """An exponential times the σ(−a) that are left: `exp(a) σ(−a) = σ(a)` as often as it gets simpler."""
        shares = [one for one in self.shares if one.count]
        ways = itertools.islice(itertools.product(*(range(one.count + 1) for one in shares)), _MOST_WAYS)
        best = min(ways, key=lambda way: (size_of(_left(exponent, shares, way)), sum(way)))
        rest = _left(exponent, shares, best)
        parts: list[sympy.Expr] = []
        for one, taken in zip(shares, best, strict=True):
            parts.append(sympy.exp(-taken * one.shift))
            count = one.count
            if count > taken and one.shift == 0 and expanded(rest - one.base / 2) == 0:
                parts.append(secant(one.base / 2) / 2)  # exp(a/2) σ(−a) = 1/(2 cosh(a/2))
                rest, count = sympy.S.Zero, count - 1
            if _is_aslant(rest, one.base) or _is_part(rest, one.base, taken, count - taken):
                rest += one.log_term(taken, count)
            else:
                parts.append(one.term(taken, count))
        return sympy.Mul(*parts, sympy.exp(rest))

    def spread(self, factors: Sequence[Factor]) -> sympy.Expr:
        """Sums above the line, multiplied out, with everything else inside."""
        only = factors[0]
        low = self.exponent + only.low
        at_an_end = low == 0 or expanded(low + only.base) == 0
        if (
            len(factors) == 1
            and only.is_difference
            and at_an_end
            and not any(one.count for one in self.shares)
        ):
            sign, argument = (-1, only.base) if low == 0 else (1, low)
            return sign * only.numbers[0] * exp_minus_one(argument)
        terms = [(sympy.S.One, self.exponent)]
        for factor in factors:
            for _ in range(factor.power):
                terms = [
                    (number * coefficient, exponent + factor.low + place * factor.base)
                    for number, exponent in terms
                    for place, coefficient in enumerate(factor.numbers)
                ]
        return sympy.Add(*(number * self.absorbed(exponent) for number, exponent in terms))

    def raised(self, factor: Factor) -> sympy.Expr:
        """A sum above the line for which there is no σ."""
        if factor.is_difference:
            self.exponent += factor.power * factor.low
            return (-factor.numbers[0] * exp_minus_one(factor.base)) ** factor.power
        if factor.degree == 1:
            return self.turned(factor)
        terms = (
            number * sympy.exp(factor.low + place * factor.base)
            for place, number in enumerate(factor.numbers)
        )
        return sympy.Add(*terms) ** factor.power

    def turned(self, factor: Factor) -> sympy.Expr:
        """`exp(−a) (c + d exp(a)) = d + c exp(−a)` as often as it makes the exponential simpler."""
        (one, two), base = factor.numbers, factor.base
        exponent, turns = expanded(self.exponent + factor.power * factor.low), 0
        while turns < factor.power and size_of(expanded(exponent + base)) < size_of(exponent):
            exponent, turns = expanded(exponent + base), turns + 1
        self.exponent = exponent
        high, low = one + two * sympy.exp(base), two + one * sympy.exp(-base)
        return high ** (factor.power - turns) * low**turns


def _left(exponent: sympy.Expr, shares: Sequence[Share], way: Sequence[int]) -> sympy.Expr:
    """What remains of an exponent."""
    taken = sympy.Add(*(count * one.base for one, count in zip(shares, way, strict=True)))
    return expanded(exponent - taken)


def _is_aslant(exponent: sympy.Expr, base: sympy.Expr) -> bool:
    """Whether an exponent has some, but not all, of the terms of another in the same proportion."""
    own, other = linear(exponent)[0], linear(base)[0]
    common = own.keys() & other.keys()
    return bool(common) and (own.keys() != other.keys() or len({own[one] / other[one] for one in common}) > 1)


def _is_part(exponent: sympy.Expr, base: sympy.Expr, high: int, low: int) -> bool:
    """Whether an exponential grows where a factor σ(−a), or σ(a), of a multiple of it falls."""
    ratio = sympy.cancel(exponent / base)
    return bool(ratio.is_Rational and ((ratio > 0 and low > 0) or (ratio < 0 and high > 0)))


def size_of(exponent: sympy.Expr) -> tuple[int, sympy.Rational]:
    """How long an exponent is: the number of its terms, and the size of their coefficients."""
    terms, number = linear(exponent)
    return len(terms) + (number != 0), sum(map(abs, terms.values()), sympy.S.Zero)


def bounded(factor: Factor, share: Share) -> sympy.Expr:
    """`Σ_t c_t exp(t a) σ(−b)^d` with `b = a + s`, in sigmoids of b; it is never large."""
    if factor.is_difference and share.shift == 0:
        return -factor.numbers[0] * sympy.tanh(share.base / 2)
    if factor.shift is not None and factor.shift == share.shift:
        return factor.numbers[0]
    degree = factor.degree
    return sympy.Add(
        *(
            number * sympy.exp(-place * share.shift) * share.term(place, degree)
            for place, number in enumerate(factor.numbers)
        )
    )


def log_of_sum(terms: Sequence[tuple[sympy.Expr, sympy.Expr]]) -> sympy.Expr:
    """`log Σ_k c_k exp(l_k)` for positive c_k."""
    logs = [exponent + log_of_number(number) for number, exponent in terms]
    made = logs[0]
    for one in logs[1:]:
        made = log_add_exp(made, one)
    return made


def log_of_number(number: sympy.Expr) -> sympy.Expr:
    """`log c`, with the logarithm of a product as a sum."""
    return sympy.expand_log(sympy.log(number), force=True)
