"""Where a formula in one size is positive, zero or negative: at every whole number, exactly.

With all other sizes given, a formula of sums, products and floors is one polynomial in each class of
remainders: `⌊(n − 1)/2⌋` is `k` at n = 2k + 1 and at n = 2k + 2. The sign of a polynomial on whole numbers
follows from that of its differences `p(n + 1) − p(n)`, whose degree is one less: where they keep their sign,
p is monotone, and its own sign changes where a bisection says. No root is computed, and nothing is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

import numpy as np
import sympy

from symderive.core.dims import Dim
from symderive.core.divisors import Gcd
from symderive.cost.evaluation import evaluate
from symderive.errors import SymderiveError

Polynomial = tuple[Fraction, ...]
"""Coefficients, that of the constant first; the last one is not 0."""
LONGEST_PERIOD = 4096
HIGHEST_DEGREE = 32


@dataclass(frozen=True)
class Run:
    """Whole numbers `first, first + step, …, last` at which a formula has one sign.

    Attributes:
        first: the smallest.
        last: the largest; None where there is none.
        step: from one to the next.
        sign: −1, 0 or 1.
    """

    first: int
    last: int | None
    step: int
    sign: int


@dataclass(frozen=True)
class Signs:
    """The signs of a formula at all whole numbers from 1 on.

    >>> n = Dim("n")
    >>> found = signs_of(n**2 - 6 * n + 5, n)
    >>> found.last((-1, 0)), found.first((1,)), found.is_endless((1,)), found.first((-1,))
    (5, 6, True, 2)
    """

    runs: tuple[Run, ...]

    def is_endless(self, signs: Collection[int]) -> bool:
        """Whether there is no largest number with one of these signs."""
        return any(run.last is None for run in self.runs if run.sign in signs)

    def first(self, signs: Collection[int], at_least: int = 1) -> int | None:
        """The smallest number with one of these signs; None where there is none."""
        found = (_first_of(run, at_least) for run in self.runs if run.sign in signs)
        return min((one for one in found if one is not None), default=None)

    def last(self, signs: Collection[int], at_most: int | None = None) -> int | None:
        """The largest number with one of these signs; None where there is none.

        Raises:
            SymderiveError: there is no largest, and no bound is given.
        """
        if at_most is None and self.is_endless(signs):
            raise SymderiveError("looking for the largest number with a sign: there is none; give a bound.")
        found = (_last_of(run, at_most) for run in self.runs if run.sign in signs)
        return max((one for one in found if one is not None), default=None)


def _first_of(run: Run, at_least: int) -> int | None:
    steps = max(0, -((run.first - at_least) // run.step))
    number = run.first + steps * run.step
    return number if run.last is None or number <= run.last else None


def _last_of(run: Run, at_most: int | None) -> int | None:
    ends = [one for one in (run.last, at_most) if one is not None]
    number = run.first + (min(ends) - run.first) // run.step * run.step
    return number if number >= run.first else None


def signs_of(expr: sympy.Expr, symbol: Dim) -> Signs:
    """The signs of a formula at all whole numbers from 1 on.

    Args:
        expr: sums, products, whole powers, floors, remainders and divisors of `symbol` and numbers; what
            stands below a fraction line is positive.
        symbol: the only symbol.

    Raises:
        SymderiveError: something else in it, or floors that repeat after more than 4,096 numbers.

    >>> n = Dim("n")
    >>> signs_of(sympy.floor((n - 1) / 2) - 3, n).runs[0]
    Run(first=1, last=5, step=2, sign=-1)
    """
    over, under = sympy.fraction(sympy.together(expr))
    if under.free_symbols and not under.is_positive:
        raise SymderiveError(
            f"the sign of a cost: {under} stands below a fraction line and may be 0 or negative."
        )
    step = _period(over, symbol)
    if step > LONGEST_PERIOD:
        raise SymderiveError(
            f"the sign of a cost: its floors repeat after {step:,} values of {symbol}; "
            f"{LONGEST_PERIOD:,} is the most."
        )
    runs: list[Run] = []
    for start in range(1, step + 1):
        polynomial = _at(over, symbol, step, start)
        places = [*_sign_blocks(polynomial), (None, 0)]
        for (first, sign), (following, _) in pairwise(places):
            if first is not None:
                last = None if following is None else start + step * (following - 1)
                runs.append(Run(start + step * first, last, step, sign))
    return Signs(tuple(runs))


def signs_by_search(expr: sympy.Expr, symbol: Dim, least: int, most: int) -> Signs:
    """The signs of any formula at the whole numbers from `least` to `most`, each of them computed.

    Raises:
        SymderiveError: something that is not evaluated.

    >>> n = Dim("n")
    >>> signs_by_search(sympy.floor(20 / n) - 5, n, 1, 20).last((0, 1))
    4
    """
    values = evaluate(expr, {symbol: np.arange(least, most + 1).astype(object)})
    signs = [int(value > 0) - int(value < 0) for value in np.broadcast_to(values, most + 1 - least)]
    runs, start = [], least
    for sign, members in groupby(signs):
        length = len(list(members))
        runs.append(Run(start, start + length - 1, 1, sign))
        start += length
    return Signs(tuple(runs))


def _period(expr: sympy.Expr, symbol: Dim) -> int:
    """After how many steps each floor in it grows by a whole number, whatever the other floors are."""
    if symbol not in expr.free_symbols:
        return 1
    inside = math.lcm(1, *(_period(argument, symbol) for argument in expr.args))
    if isinstance(expr, (sympy.floor, sympy.ceiling)):
        return inside * _denominator(expr.args[0])
    if isinstance(expr, sympy.Mod):
        return inside * _denominator(expr.args[0] / expr.args[1])
    if isinstance(expr, Gcd) and expr.args[1].is_Integer:
        return inside * int(expr.args[1]) * _denominator(expr.args[0])
    return inside


def _denominator(expr: sympy.Expr) -> int:
    """A number that makes all coefficients of an expression whole."""
    terms = sympy.Add.make_args(sympy.expand(expr))
    return math.lcm(
        1, *(int(term.as_coeff_Mul()[0].q) for term in terms if term.as_coeff_Mul()[0].is_Rational)
    )


def _at(expr: sympy.Expr, symbol: Dim, step: int, start: int) -> Polynomial:
    """The polynomial in k that an expression is at `symbol = start + step·k`."""
    if expr == symbol:
        return Fraction(start), Fraction(step)
    if isinstance(expr, sympy.Rational):
        return _trimmed([Fraction(int(expr.p), int(expr.q))])
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and 0 < expr.exp <= HIGHEST_DEGREE:
        return _product([_at(expr.base, symbol, step, start)] * int(expr.exp))
    if isinstance(expr, sympy.Mod):
        number, divisor = expr.args
        return _at(number - divisor * sympy.floor(number / divisor), symbol, step, start)
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        parts = [_at(argument, symbol, step, start) for argument in expr.args]
        return _sum(parts) if isinstance(expr, sympy.Add) else _product(parts)
    if isinstance(expr, sympy.floor):
        inside = _at(expr.args[0], symbol, step, start)
        if all(one.denominator == 1 for one in inside[1:]):
            return _trimmed([Fraction(math.floor(inside[0] if inside else 0)), *inside[1:]])
    if isinstance(expr, Gcd) and expr.args[1].is_Integer:
        inside, most = _at(expr.args[0], symbol, step, start), int(expr.args[1])
        if inside and all(one % most == 0 for one in inside[1:]):
            return (Fraction(math.gcd(int(inside[0]), most)),)
    if isinstance(expr, sympy.ceiling):
        return _at(-sympy.floor(-expr.args[0]), symbol, step, start)
    raise SymderiveError(f"the sign of a cost: {expr} is no sum of products and floors in {symbol} alone.")


def _trimmed(coefficients: list[Fraction]) -> Polynomial:
    while coefficients and not coefficients[-1]:
        coefficients = coefficients[:-1]
    if len(coefficients) > HIGHEST_DEGREE + 1:
        raise SymderiveError(f"the sign of a cost: its degree is above {HIGHEST_DEGREE}.")
    return tuple(coefficients)


def _sum(parts: list[Polynomial]) -> Polynomial:
    length = max(map(len, parts))
    return _trimmed([sum((one[k] for one in parts if k < len(one)), Fraction()) for k in range(length)])


def _product(parts: list[Polynomial]) -> Polynomial:
    total: Polynomial = (Fraction(1),)
    for part in parts:
        made = [Fraction()] * max(0, len(total) + len(part) - 1)
        for place, one in enumerate(total):
            for other, factor in enumerate(part):
                made[place + other] += one * factor
        total = _trimmed(made)
    return total


def _value(polynomial: Polynomial, at: int) -> Fraction:
    total = Fraction()
    for coefficient in reversed(polynomial):
        total = total * at + coefficient
    return total


def _sign(polynomial: Polynomial, at: int) -> int:
    value = _value(polynomial, at)
    return (value > 0) - (value < 0)


def _difference(polynomial: Polynomial) -> Polynomial:
    """`p(k + 1) − p(k)`."""
    made = [Fraction()] * max(0, len(polynomial) - 1)
    for power, coefficient in enumerate(polynomial):
        for lower in range(power):
            made[lower] += coefficient * math.comb(power, lower)
    return _trimmed(made)


def _sign_blocks(polynomial: Polynomial) -> list[tuple[int, int]]:
    """From which whole numbers k ≥ 0 on a polynomial has which sign; each ends at the next."""
    if len(polynomial) < 2:
        return [(0, _sign(polynomial, 0))]
    starts = [start for start, _ in _sign_blocks(_difference(polynomial))]
    found: list[tuple[int, int]] = []
    for start, end in pairwise([*starts, None]):
        if start is not None:
            found += [one for one in _changes(polynomial, start, end) if not found or one[1] != found[-1][1]]
    return found


def _changes(polynomial: Polynomial, start: int, end: int | None) -> Iterator[tuple[int, int]]:
    """The blocks of one sign between two numbers between which a polynomial is monotone."""
    final = (1 if polynomial[-1] > 0 else -1) if end is None else _sign(polynomial, end)
    sign = _sign(polynomial, start)
    yield start, sign
    while sign != final:
        above = start + 1
        while _sign(polynomial, above) == sign:
            start, above = above, above + 2 * (above - start)
            above = above if end is None else min(above, end)
        while above - start > 1:
            middle = (start + above) // 2
            start, above = (middle, above) if _sign(polynomial, middle) == sign else (start, middle)
        start, sign = above, _sign(polynomial, above)
        yield start, sign
