"""The largest size that a budget allows, exactly: by the sign of a formula, or in closed form."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.evaluation import evaluate, holds
from symderive.cost.questions.signs import Signs, signs_by_search, signs_of
from symderive.cost.questions.terms import Budget
from symderive.cost.writing import LATEX, TEXT, Style, Writer
from symderive.errors import InternalError, SymderiveError

LONGEST_SEARCH = 100_000
"""Among how many sizes that conditions allow one is looked for by trying all."""
MOST_STEPS = 10_000
"""How many sizes that conditions forbid are passed over."""


class EndlessError(SymderiveError):
    """Every size is within a budget."""


@dataclass(frozen=True)
class Solution:
    """The largest size within a budget.

    Attributes:
        symbol: the size.
        budget: what must hold.
        expr: the size: a number, or a floor in the sizes that are open; None where no size fits.
        reached: what the quantity is at this size, where that is a number.
        beyond: the next size that the conditions allow, and what the quantity is there.
        order: the sizes in writing order.
        conditions: what has to hold of the sizes.
        where: what the names of extents in it mean.
        unknown: what is not in the quantity; with it the size is an upper bound.
        is_bound: whether conditions with open sizes may allow only a smaller one.
    """

    symbol: Dim
    budget: Budget
    expr: sympy.Expr | None
    reached: sympy.Rational | None = None
    beyond: tuple[int, sympy.Rational] | None = None
    order: tuple[Size, ...] = ()
    conditions: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    is_bound: bool = False

    @property
    def value(self) -> int | None:
        """The size as a number; None where it is a formula, or no size fits."""
        return int(self.expr) if self.expr is not None and self.expr.is_Integer else None

    def write(self, style: Style = TEXT) -> str:
        """`B = 551`, or the formula; `≤` where it is an upper bound."""
        writer = Writer(style, self.order)
        if self.expr is None:
            return (
                rf"\text{{no }}{writer.write(self.symbol)}"
                if style is LATEX
                else f"no {writer.write(self.symbol)}"
            )
        sign = (r"\le" if style is LATEX else "≤") if self.unknown or self.is_bound else "="
        return f"{writer.write(self.symbol)} {sign} {writer.write(self.expr)}"

    def latex(self) -> str:
        """The size in LaTeX, for math mode."""
        return self.write(LATEX)

    def _repr_latex_(self) -> str | None:
        return None if self.unknown else f"$\\displaystyle {self.latex()}$"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Evidence and conditions, each in words."""
        name, quantity = Writer().write(self.symbol), self.budget.quantity
        said = []
        if self.reached is not None:
            said.append(f"there {quantity} = {Writer().write(self.reached)}")
        if self.beyond is not None:
            size, value = self.beyond
            said.append(f"at {name} = {TEXT.number(size)} {quantity} = {Writer().write(value)}")
        if self.expr is not None and self.value is None:
            said.append(f"no {name} fits where that is not at least 1")
        if self.is_bound:
            said.append(f"the largest {name} is smaller where this one is not allowed")
        if self.conditions:
            said.append(f"needs {', '.join(self.conditions)}")
        said += [f"not counted: {one}, so it is an upper bound" for one in self.unknown]
        return tuple(said)

    def __str__(self) -> str:
        sign = "<" if self.budget.is_strict else "≤"
        budget = f"{self.budget.quantity} {sign} {Writer().write(self.budget.limit)}"
        where = [f"where {', '.join(self.where)}"] if self.where else []
        said = "; ".join([self.write(), *self.remarks, *where])
        return f"largest {Writer().write(self.symbol)} with {budget}: {said}"


def alternatives(budget: Budget, peaks: Mapping[sympy.Dummy, Sequence[sympy.Expr]]) -> tuple[Budget, ...]:
    """What has to be within a budget: the quantity with each of the formulas of which a peak is the largest.

    Args:
        budget: with symbols that stand for peaks.
        peaks: their formulas.

    Raises:
        SymderiveError: the quantity does not grow with a peak.
    """
    for peak in peaks:
        if sympy.diff(budget.expr, peak).is_positive is not True:
            raise SymderiveError(f"solving {budget.quantity}: it has to grow with {peak.name}.")
    chosen = (dict(zip(peaks, some, strict=True)) for some in itertools.product(*peaks.values()))
    return tuple(replace(budget, expr=budget.expr.xreplace(one)) for one in chosen)


def together(budgets: Sequence[Budget]) -> Budget:
    """One budget that says the same as several with the same limit."""
    first, *others = budgets
    if not others:
        return first
    return replace(first, expr=sympy.Max(*(one.expr for one in budgets), evaluate=False))


def largest_of_all(
    budgets: Sequence[Budget], symbol: Dim, conditions: Sequence[sympy.Basic]
) -> tuple[int | None, sympy.Rational | None, tuple[int, sympy.Rational] | None]:
    """`largest` for several budgets with the same limit that all have to hold.

    Raises:
        SymderiveError: as `largest`, or a formula falls where the symbol grows, so that nothing is proved.

    >>> n = Dim("n")
    >>> two = [Budget("peak", expr, sympy.S(100), False) for expr in (3 * n**2, 20 * n)]
    >>> largest_of_all(two, n, [])
    (5, 100, (6, 120))
    """
    if len(budgets) == 1:
        return largest(budgets[0], symbol, conditions)
    found = []
    for one in budgets:
        with contextlib.suppress(EndlessError):
            found.append(largest(one, symbol, conditions))
    if not found:
        return largest(budgets[0], symbol, conditions)
    size, _, beyond = min(found, key=lambda one: -1 if one[0] is None else one[0])

    def reached(at: int) -> sympy.Rational:
        return max(_value(one.expr, symbol, at) for one in budgets)

    (limit,) = {one.limit for one in budgets}
    if size is not None and (reached(size) > limit or (budgets[0].is_strict and reached(size) == limit)):
        raise SymderiveError(
            f"solving {budgets[0].quantity}: it falls where {symbol} grows; try sizes with compile()."
        )
    return (
        size,
        None if size is None else reached(size),
        None if beyond is None else (beyond[0], reached(beyond[0])),
    )


def largest(
    budget: Budget, symbol: Dim, conditions: Sequence[sympy.Basic]
) -> tuple[int | None, sympy.Rational | None, tuple[int, sympy.Rational] | None]:
    """The largest whole number within a budget, what is reached there, and the next one with its value.

    Args:
        budget: with no symbol but this one in it.
        symbol: what is looked for.
        conditions: what has to hold of it.

    Raises:
        SymderiveError: every size is within the budget, or the formula has no signs that can be found.

    >>> n = Dim("n")
    >>> largest(Budget("macs", 3 * n**2, sympy.S(100), False), n, [])
    (5, 75, (6, 108))
    """
    within = (-1,) if budget.is_strict else (-1, 0)
    at_least, at_most = _bounds(conditions, symbol)
    try:
        signs = signs_of(budget.expr - budget.limit, symbol)
    except SymderiveError:
        if at_most is None or at_most - at_least > LONGEST_SEARCH:
            raise
        signs = signs_by_search(budget.expr - budget.limit, symbol, at_least, max(at_least, at_most))
    if at_most is None and signs.is_endless(within):
        raise EndlessError(
            f"solving {budget.quantity}: every {symbol} is within the budget; give a smaller one."
        )
    found = _stepping(
        _at_least(signs.last(within, at_most), at_least),
        conditions,
        symbol,
        lambda one: _at_least(signs.last(within, one - 1), at_least),
    )
    start = at_least if found is None else found + 1
    outside = (0, 1) if budget.is_strict else (1,)
    beyond = None
    if at_most is None or start <= at_most:
        after = signs.first(outside, start)
        beyond = _stepping(after, conditions, symbol, lambda one: _next(signs, outside, one, at_most))
    reached = None if found is None else _value(budget.expr, symbol, found)
    if reached is not None and not (
        reached < budget.limit or (reached == budget.limit and not budget.is_strict)
    ):
        raise InternalError(f"solving {budget.quantity}: {symbol} = {found} is beyond the budget.")
    return found, reached, None if beyond is None else (beyond, _value(budget.expr, symbol, beyond))


def _next(signs: Signs, wanted: tuple[int, ...], one: int, at_most: int | None) -> int | None:
    following = signs.first(wanted, one + 1)
    return None if following is None or (at_most is not None and following > at_most) else following


def _value(expr: sympy.Expr, symbol: Dim, at: int) -> sympy.Rational:
    value = Fraction(evaluate(expr, {symbol: at}))
    return sympy.Rational(value.numerator, value.denominator)


def _stepping(
    number: int | None, conditions: Sequence[sympy.Basic], symbol: Dim, following: Callable[[int], int | None]
) -> int | None:
    """The first number from this one on at which all conditions hold."""
    for _ in range(MOST_STEPS):
        if number is None or all(holds(one, {symbol: number}) for one in conditions):
            return number
        number = following(number)
    raise SymderiveError(
        f"solving for {symbol}: the conditions forbid {MOST_STEPS:,} sizes in a row; give other sizes."
    )


def _at_least(number: int | None, bound: int) -> int | None:
    return None if number is None or number < bound else number


def _bounds(conditions: Sequence[sympy.Basic], symbol: Dim) -> tuple[int, int | None]:
    """The smallest and the largest number that bounds and divisors allow; None where there is no largest."""
    lowest, highest = 1, []
    for condition in conditions:
        if isinstance(condition, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)):
            signs = signs_of(condition.gts - condition.lts, symbol)
            allowed = (1,) if isinstance(condition, (sympy.Gt, sympy.Lt)) else (0, 1)
            lowest = max(lowest, signs.first(allowed) or 1)
            highest += [] if signs.is_endless(allowed) else [signs.last(allowed) or 0]
        elif isinstance(condition, sympy.Eq) and isinstance(condition.lhs, sympy.Mod):
            number, divisor = condition.lhs.args
            if condition.rhs == 0 and number.is_Integer and number > 0 and divisor == symbol:
                highest.append(int(number))
    return lowest, min(highest, default=None)


def may_forbid(condition: sympy.Basic, symbol: Dim) -> bool:
    """Whether a condition with open sizes may forbid a size, though it allows a smaller one.

    >>> n, m = Dim("n"), Dim("m")
    >>> may_forbid(sympy.Ge(n, m), n), may_forbid(sympy.Ge(m, n), n), may_forbid(sympy.Ge(m, 3), n)
    (False, True, False)
    """
    if symbol not in condition.free_symbols:
        return False
    if isinstance(condition, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)):
        return not sympy.diff(condition.gts - condition.lts, symbol).is_positive
    return True


def closed_form(budget: Budget, symbol: Dim) -> sympy.Expr:
    """The largest size within a budget as a floor of the other sizes.

    A polynomial of degree 1 or 2 in the symbol, or one power of it and a rest, whose coefficients are
    positive, never falls; it is solved for the symbol.

    Raises:
        SymderiveError: another formula.

    >>> n, m = Dim("n"), Dim("m")
    >>> closed_form(Budget("macs", 3 * n * m + m, sympy.S(100), False), n)
    floor(-(m - 100)/(3*m))
    """
    refused = SymderiveError(
        f"solving {budget.quantity} for {symbol}: there is no closed form in the other sizes; "
        "give them numbers."
    )
    try:
        polynomial = sympy.Poly(budget.expr, symbol)
    except sympy.PolynomialError:
        raise refused from None
    *high, rest = polynomial.all_coeffs()
    degree, first = len(high), high[0]
    room = budget.limit - rest
    between = [one for one in high[1:] if one != 0]
    if any(symbol in one.free_symbols for one in (*high, rest)) or first.is_positive is not True:
        raise refused
    if degree == 2 and between and between[0].is_positive:
        common = sympy.gcd(first, between[0])
        first, slope, room = (sympy.cancel(one / common) for one in (first, between[0], room))
        bound = (sympy.sqrt(slope**2 + 4 * first * room) - slope) / (2 * first)
    elif not between:
        bound = sympy.factor(sympy.cancel(room / first)) ** sympy.Rational(1, degree)
    else:
        raise refused
    return sympy.ceiling(bound) - 1 if budget.is_strict else sympy.floor(bound)
