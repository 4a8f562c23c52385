"""The factors of a rational function of exponentials, each with the law that keeps it from overflow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy

from symderive.codegen.stable.rational import Powers, expanded, number_raised

Counted = tuple[sympy.Expr, dict[sympy.Expr, int]]
_MOST = 10  # names in a quotient that is looked at
_LONGEST = 160  # operations in it
_MOST_SPREAD = 1000  # terms of it, multiplied out as it stands
_MOST_TERMS = 400  # of what stands above or below the line, multiplied out


@dataclass(frozen=True)
class Factor:
    """`Σ_t c_t exp(low + t a)` to a power.

    Attributes:
        power: how often it stands above the line; negative below it.
        low: the exponent of its first term.
        base: `a`, 0 where there is only one term, with no minus in front.
        numbers: `c_0, c_1, …`, without exponentials.
    """

    power: int
    low: sympy.Expr
    base: sympy.Expr
    numbers: tuple[sympy.Expr, ...]

    @property
    def degree(self) -> int:
        """The number of steps from the first term to the last."""
        return len(self.numbers) - 1

    @cached_property
    def shift(self) -> sympy.Expr | None:
        """`s` of `c_0 (1 + exp(a + s))`, where both terms are positive numbers; else None."""
        if self.degree != 1 or not all(number.is_number and number.is_positive for number in self.numbers):
            return None
        return sympy.expand_log(sympy.log(self.numbers[1] / self.numbers[0]), force=True)

    @cached_property
    def is_difference(self) -> bool:
        """Whether it is `c (1 − exp(a))`."""
        return self.degree == 1 and self.numbers[0] == -self.numbers[1]


@dataclass(frozen=True)
class Factored:
    """A product: an exponential, what has no exponential in it, sums of exponentials.

    Attributes:
        exponent: of the exponential.
        plain: the rest without exponentials.
        factors: the sums whose exponents lie on a line.
        sums: sums of positive terms whose exponents do not, as pairs of logarithms of weights and exponents,
            each with its power.
    """

    exponent: sympy.Expr
    plain: sympy.Expr
    factors: tuple[Factor, ...]
    sums: tuple[tuple[tuple[tuple[sympy.Expr, sympy.Expr], ...], int], ...] = ()


def factored(expr: sympy.Expr) -> tuple[Factored, ...]:
    """The products whose sum an expression is, mostly one; none where it is too large.

    Where part of a sum above the line has a factor `1 − exp(a)` that stands below it, that part is by itself.
    """
    powers = Powers.of(expr)
    if powers is None:
        return ()
    rational = powers.named(expr)
    if len(rational.free_symbols) > _MOST or sympy.count_ops(rational) > _LONGEST:
        return ()
    if _spread(rational) > _MOST_SPREAD:
        return ()
    top, bottom = _over_one_line(rational)
    if max(_spread(top), _spread(bottom)) > _MOST_TERMS:
        return ()
    outside = sympy.S.Zero
    for term, name in powers.raised.items():
        top, bottom, more = _in_whole_steps(top, bottom, term, name, powers)
        outside += more
    gens = sorted(rational.free_symbols, key=lambda one: (one not in powers.gens, str(one)))
    counted = _counted(top, bottom, tuple(gens))
    if counted is None:
        return ()
    made = [_sorted_out(powers, *one, outside) for one in _parts(*counted, gens, powers)]
    return tuple(one for one in made if one is not None) if None not in made else ()


def _spread(expr: sympy.Expr) -> int:
    """At most how many terms an expression has when it is multiplied out.

    >>> x, y = sympy.symbols("x y")
    >>> _spread((x + y) ** 3 * (1 + x))
    8
    """
    if isinstance(expr, sympy.Add):
        return sum(map(_spread, expr.args))
    if isinstance(expr, sympy.Mul):
        return math.prod(map(_spread, expr.args))
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        terms, times = _spread(expr.base), abs(int(expr.exp))
        return math.comb(terms + times - 1, times)
    return 1


@lru_cache(maxsize=5_000)
def _over_one_line(rational: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """What stands above and below the line of one fraction."""
    top, bottom = sympy.fraction(sympy.together(rational))
    return top, bottom


@lru_cache(maxsize=5_000)
def _counted(top: sympy.Expr, bottom: sympy.Expr, gens: tuple[sympy.Symbol, ...]) -> Counted | None:
    """A number, and how often each polynomial stands above the line."""
    counts: dict[sympy.Expr, int] = {}
    number: sympy.Expr = sympy.S.One
    for part, sign in ((top, 1), (bottom, -1)):
        try:
            coefficient, found = sympy.factor_list(part, *gens) if gens else (part, [])
        except sympy.PolynomialError:
            return None
        number *= coefficient**sign
        for factor, count in found:
            counts[factor] = counts.get(factor, 0) + sign * int(count)
    return number, counts


def _parts(
    number: sympy.Expr, counts: dict[sympy.Expr, int], gens: Sequence[sympy.Symbol], powers: Powers
) -> list[Counted]:
    """The product, or several where a part of a polynomial cancels against `1 − exp(a)` below the line."""
    others = [one for one in gens if one not in powers.gens]
    below = [poly for poly, count in counts.items() if count < 0 and _is_difference(poly, powers)]
    for poly, count in counts.items():
        if count != 1 or not below or not poly.has(*others):
            continue
        pieces = [part * sympy.Mul(*(one**n for one, n in zip(others, spot, strict=True)))
                  for spot, part in sympy.Poly(poly, *others).terms()]  # fmt: skip
        if len(pieces) > 1 and any(
            sympy.rem(piece, one, *powers.gens) == 0 for piece in pieces for one in below
        ):
            rest = {one: n for one, n in counts.items() if one != poly}
            return [_merged(number, rest, piece, gens) for piece in pieces]
    return [(number, counts)]


def _merged(
    number: sympy.Expr, counts: dict[sympy.Expr, int], piece: sympy.Expr, gens: Sequence[sympy.Symbol]
) -> Counted:
    coefficient, found = sympy.factor_list(piece, *gens)
    merged = dict(counts)
    for factor, count in found:
        merged[factor] = merged.get(factor, 0) + int(count)
    return number * coefficient, merged


def _is_difference(poly: sympy.Expr, powers: Powers) -> bool:
    terms = _terms(poly, powers)
    return len(terms) == 2 and terms[0][1] == -terms[1][1]


def _in_whole_steps(
    top: sympy.Expr, bottom: sympy.Expr, term: sympy.Expr, name: sympy.Symbol, powers: Powers
) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """The quotient in `E² = exp(2a)` where E has even powers alone, and so on; the exponent in front."""
    degrees = [[spot[0] for spot, _ in sympy.Poly(part, name).terms()] for part in (top, bottom)]
    lowest = [min(found) for found in degrees]
    step = math.gcd(*(one - low for found, low in zip(degrees, lowest, strict=True) for one in found))
    if step < 2:
        return top, bottom, sympy.S.Zero
    outside = (lowest[0] - lowest[1]) * powers.steps[term] * term
    powers.steps[term] *= step
    shorter = [
        expanded(part / name**low).xreplace({name ** (step * k): name**k for k in range(1, max(found) + 1)})
        for part, low, found in zip((top, bottom), lowest, degrees, strict=True)
    ]
    return shorter[0], shorter[1], outside


def _sorted_out(
    powers: Powers, number: sympy.Expr, counts: dict[sympy.Expr, int], exponent: sympy.Expr
) -> Factored | None:
    plain = number
    factors: list[Factor] = []
    sums = []
    for poly, count in counts.items():
        if count == 0:
            continue
        terms = _terms(poly, powers)
        if len(terms) == 1:
            ((spot, coefficient),) = terms
            exponent += count * powers.exponent(spot)
            plain *= powers.back(coefficient) ** count
            continue
        on_line = _on_line(terms, count, powers)
        if on_line is not None:
            factors.append(on_line)
            continue
        if not all(coefficient.is_positive for _, coefficient in terms):
            return None
        sums.append(
            (tuple((powers.back(coefficient), powers.exponent(spot)) for spot, coefficient in terms), count)
        )
    return Factored(exponent, plain, tuple(factors), tuple(sums))


def _terms(poly: sympy.Expr, powers: Powers) -> list[tuple[tuple[int, ...], sympy.Expr]]:
    """The powers of the exponentials in each term, with its coefficient, in order."""
    if not powers.gens:
        return [((), poly)]
    made = sympy.Poly(poly, *powers.gens)
    return sorted(
        ((tuple(map(int, spot)), coefficient) for spot, coefficient in made.terms()), key=lambda t: t[0]
    )


def _on_line(terms: list[tuple[tuple[int, ...], sympy.Expr]], count: int, powers: Powers) -> Factor | None:
    """The terms as a polynomial in one exponential; None where their exponents are on no line."""
    first, last = terms[0][0], terms[-1][0]
    whole = tuple(b - a for a, b in zip(first, last, strict=True))
    steps = math.gcd(*whole) if len(terms) > 2 else 1
    unit = tuple(one // steps for one in whole)
    spots = {tuple(a + k * u for a, u in zip(first, unit, strict=True)): k for k in range(steps + 1)}
    if any(spot not in spots for spot, _ in terms):
        return None
    numbers = [sympy.S.Zero] * (steps + 1)
    for spot, coefficient in terms:
        numbers[spots[spot]] = powers.back(coefficient)
    low, base = powers.exponent(first), powers.exponent(unit)
    if base.could_extract_minus_sign():
        low, base, numbers = powers.exponent(last), -base, numbers[::-1]
    if len(numbers) == 2 and (shift := number_raised(-numbers[1] / numbers[0])) is not None:
        base, numbers = base + shift, [numbers[0], -numbers[0]]
    return Factor(count, low, base, tuple(numbers))
