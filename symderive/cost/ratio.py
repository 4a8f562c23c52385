"""The ratio of two costs, in the form in which it says something."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.divisors import Gcd
from symderive.cost.collecting import collected, substituted
from symderive.cost.count import MACS
from symderive.cost.evaluation import evaluate
from symderive.cost.formula import Formula, highest_first
from symderive.cost.writing import LATEX, TEXT, Style, Writer, decimal
from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.cost.questions.algebra import Algebra


@dataclass(frozen=True)
class Ratio:
    """`left / right` of one quantity.

    Attributes:
        expr: the quotient in symbols, in the shortest form found.
        formula: the same, in writing order.
        values: the numbers of the symbols that occur, where they are known.
    """

    expr: sympy.Expr
    formula: Formula
    values: dict[Dim, int]

    @property
    def value(self) -> Fraction | None:
        """The exact number, or None while a size has no value."""
        if not self.values.keys() >= self.expr.free_symbols:
            return None
        return Fraction(evaluate(self.expr, self.values))

    def write(self, style: Style = TEXT) -> str:
        """The quotient in symbols."""
        return self.formula.write(style)

    def numbers(self, style: Style = TEXT) -> str | None:
        """The quotient with numbers, term by term as fractions: `1/256 + 1/25`; None where there is none."""
        if self.value is None:
            return self._partly(style) if self.values else None
        terms = (Fraction(evaluate(term.expr, self.values)) for term in self.formula.terms)
        writer = Writer(style)
        return writer.joined_sum(writer.product(term, ())[0] for term in terms)

    def _partly(self, style: Style) -> str:
        """The quotient with numbers for some of its sizes."""
        numbers = {symbol: sympy.Integer(value) for symbol, value in self.values.items()}
        terms = (substituted(term, numbers) for term in self.formula.terms)
        return collected(terms, self.formula.order).write(style)

    def decimal(self) -> str | None:
        """The number with three significant digits."""
        return None if self.value is None else decimal(self.value)

    @property
    def is_rounded(self) -> bool:
        """Whether the decimal is not the exact value."""
        return self.value is not None and Fraction((self.decimal() or "").replace(",", "")) != self.value

    def factor(self) -> str | None:
        """How many times fewer, or more, the left side needs: `22.8 × fewer`."""
        value = self.value
        if not value or value == 1:
            return None
        return f"{decimal(1 / value)} × fewer" if value < 1 else f"{decimal(value)} × more"

    def latex(self) -> str:
        """The quotient in LaTeX, with numbers and decimal where they are known."""
        sign = r"\approx" if self.is_rounded else "="
        return self._chain(LATEX, sign, decimal_latex(self.decimal() or ""))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __str__(self) -> str:
        return self._chain(TEXT, "≈" if self.is_rounded else "=", self.decimal() or "")

    def _chain(self, style: Style, sign: str, decimal: str) -> str:
        """Symbols, numbers and decimal, what is the same once."""
        written = [self.write(style)]
        numbers = self.numbers(style)
        written += [] if numbers in (None, written[0]) else [f"= {numbers}"]
        written += [] if decimal in ("", numbers) else [f"{sign} {decimal}"]
        return " ".join(written)


def decimal_latex(number: str) -> str:
    """A decimal with grouping commas that LaTeX does not space."""
    return number.replace(",", "{,}")


def ratio(left: Algebra, right: Algebra, quantity: str = MACS) -> Ratio:
    """How the cost `left` compares with the cost `right`.

    The quotient is simplified to its shortest form: divided term by term, as one fraction, factored, or in
    partial fractions.

    Args:
        left: the numerator.
        right: the denominator; symbols of the same name are the same size.
        quantity: which quantity.

    Returns:
        the ratio, with numbers where both costs have them.

    Raises:
        SymderiveError: the right side does not need any, or the two give one size different values.

    >>> from symderive.layers import Conv2d, SeparableConv2d
    >>> from symderive.cost import cost
    >>> print(ratio(cost(SeparableConv2d()), cost(Conv2d())))
    1/C_out + 1/k²
    """
    above, below = (
        _in_common_names(one, other, one.formula(quantity)) for one, other in ((left, right), (right, left))
    )
    if not below.terms:
        raise SymderiveError(f"ratio of {quantity}: the denominator is 0; compare another quantity.")
    order = (*right.order, *(size for size in left.order if size not in right.order))
    values = common_values(left, right)
    candidates = _candidates(above, below, order)
    named = [one for one in candidates if not one.expr.has(sympy.zoo, sympy.nan)]
    best = min(named, key=lambda formula: (sympy.count_ops(formula.expr), len(formula.write())))
    used = {symbol: values[symbol] for symbol in sorted(best.expr.free_symbols, key=str) if symbol in values}
    return Ratio(best.expr, best, used)


def common_values(left: Algebra, right: Algebra) -> dict[Dim, int]:
    """The numbers of both costs.

    Raises:
        SymderiveError: a size has different numbers in the two.
    """
    own = (differing_extents(left, right), differing_extents(right, left))
    values = {symbol: value for symbol, value in left.values.items() if symbol not in own[0]}
    for symbol, value in right.values.items():
        if symbol not in own[1] and values.setdefault(symbol, value) != value:
            raise SymderiveError(
                f"comparing costs: {symbol} is {values[symbol]} on one side and {value} on the other; "
                "compare them in symbols, or put in the same numbers."
            )
    return values


def differing_extents(one: Algebra, other: Algebra) -> dict[Dim, Size]:
    """Names of extents that mean something else in the other cost, with what they mean in this one.

    >>> from symderive.layers import Conv2d
    >>> from symderive.cost import cost
    >>> differing_extents(cost(Conv2d(stride=2)), cost(Conv2d()))
    {Hprime: floor(H/2 - k/2) + 1, Wprime: floor(W/2 - k/2) + 1}
    """
    known = set(other.symbols)
    return {
        name: meaning
        for name, meaning in one.relations.items()
        if name in known and other.relations.get(name) != meaning
    }


def _in_common_names(one: Algebra, other: Algebra, formula: Formula) -> Formula:
    """A formula without names that mean something else in the other cost."""
    own = differing_extents(one, other)
    if not formula.expr.free_symbols & own.keys():
        return formula
    return Formula.of(formula.expr.xreplace(own), formula.order)


def _candidates(above: Formula, below: Formula, order: tuple[sympy.Expr, ...]) -> list[Formula]:
    """Forms of the quotient; the earlier one wins where two are as short."""
    found = []
    if len(below.terms) == 1:
        found.append(Formula(highest_first(term.over(below.terms[0]) for term in above.terms), order))
    quotient = sympy.cancel(above.expr / below.expr)
    forms = [sympy.factor(quotient), quotient, sympy.expand(quotient)]
    writer = Writer(order=order)
    floored = set().union(*(floor.free_symbols for floor in quotient.atoms(sympy.floor, Gcd)))
    forms += [sympy.apart(quotient, one) for one in sorted(quotient.free_symbols - floored, key=writer.rank)]
    return found + [Formula.of(form, order) for form in forms]
