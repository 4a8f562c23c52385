"""A count as a sum of products, kept in the order and the form in which people write it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.evaluation import evaluate
from symderive.cost.writing import LATEX, TEXT, Factor, Style, Writer


@dataclass(frozen=True)
class Product:
    """`coefficient · f₁^e₁ · f₂^e₂ · …`, not multiplied out.

    Attributes:
        factors: bases and whole exponents in writing order; equal bases stand together.
        coefficient: the number in front.
    """

    factors: tuple[Factor, ...] = ()
    coefficient: Fraction = Fraction(1)

    @classmethod
    def of(cls, sizes: Iterable[Size], order: Iterable[Size] = ()) -> Product:
        """The product of `sizes`.

        Equal symbols become powers and cancel against divisors; integers stay as they are. Factors named in
        `order` come in that order, the others behind them as they come.

        >>> from symderive.core.dims import dims
        >>> h, k, g = dims("H k G")
        >>> Product.of([h, k, h / g, k, g]).text(), Product.of([h, k], [k, h]).text()
        ('H² · k²', 'k · H')
        """
        exponents: dict[tuple[sympy.Expr, int], int] = {}
        for place, size in enumerate(sizes):
            for factor in sympy.Mul.make_args(size):
                base, exponent = factor.as_base_exp()
                if base == 1:
                    continue
                key = (base, place if base.is_Number else -1)
                exponents[key] = exponents.get(key, 0) + int(exponent)
        places = {size: place for place, size in reversed(list(enumerate(order)))}
        kept = [(base, exponent) for (base, _), exponent in exponents.items() if exponent]
        return cls(tuple(sorted(kept, key=lambda factor: _place(factor[0], places))))

    @property
    def expr(self) -> sympy.Expr:
        """As a SymPy expression."""
        coefficient = sympy.Rational(self.coefficient.numerator, self.coefficient.denominator)
        return sympy.Mul(coefficient, *(base**exponent for base, exponent in self.factors))

    def times(self, number: int) -> Product:
        """The product with another number in front; a number that stands in it goes in there too.

        >>> from symderive.core.dims import dims
        >>> Product.of([4, dims("T")]).text(), Product.of([4, dims("T")]).times(2).text()
        ('4 · T', '8 · T')
        """
        return Product(self.factors, self.coefficient * number).gathered()

    def gathered(self) -> Product:
        """The same with one number: where one is in front, those that stand in it are multiplied into it."""
        return self if self.coefficient == 1 else self.with_one_number()

    def with_one_number(self) -> Product:
        """The same with every number in the coefficient.

        >>> from symderive.core.dims import dims
        >>> Product.of([dims("T"), 4, 5]).with_one_number().text()
        '20 · T'
        """
        numbers = [base**exponent for base, exponent in self.factors if base.is_Rational]
        if not numbers:
            return self
        product = sympy.Mul(*numbers)
        rest = tuple(factor for factor in self.factors if not factor[0].is_Rational)
        return Product(rest, self.coefficient * Fraction(int(product.p), int(product.q)))

    def over(self, other: Product, order: Iterable[Size] = ()) -> Product:
        """The quotient of two products, cancelled."""
        exponents = dict(self.factors)
        for base, exponent in other.factors:
            exponents[base] = exponents.get(base, 0) - exponent
        kept = tuple((base, exponent) for base, exponent in exponents.items() if exponent)
        return Product(kept, self.coefficient / other.coefficient)

    def value(self, values: Mapping[Dim, Any]) -> Any:
        """The exact value; see `symderive.cost.evaluation.evaluate`."""
        return evaluate(self.expr, values)

    def write(self, writer: Writer) -> str:
        """The product as written by `writer`."""
        return writer.product(self.coefficient, self.factors)[0]

    def text(self) -> str:
        """The product in plain text."""
        return self.write(Writer(TEXT, [base for base, _ in self.factors]))


def highest_first(terms: Iterable[Product]) -> tuple[Product, ...]:
    """Terms of a sum: first what multiplies the most sizes, each as often as it is there; a fraction last.

    >>> from symderive.core.dims import dims
    >>> b, d = dims("B d")
    >>> terms = [Product.of(factors) for factors in ([1 / d], [], [b], [b, d])]
    >>> [one.text() for one in highest_first(terms)]
    ['B · d', 'B', '1', '1/d']
    """
    return tuple(sorted(terms, key=_degree, reverse=True))


def _degree(term: Product) -> float:
    sizes = [exponent for base, exponent in term.factors if not base.is_number]
    is_fraction = not sizes and term.value({}).denominator != 1
    return -math.inf if is_fraction else sum(sizes)


def _place(base: sympy.Expr, places: Mapping[sympy.Expr, int]) -> int:
    if base in places:
        return places[base]
    inside = [places[symbol] for symbol in base.free_symbols if symbol in places]
    return min(inside, default=len(places)) if not base.is_Symbol else len(places)


@dataclass(frozen=True)
class Formula:
    """A sum of products.

    Attributes:
        terms: the products, in order; none means 0.
        order: the sizes in the order in which they are written.
    """

    terms: tuple[Product, ...] = ()
    order: tuple[Size, ...] = ()

    @property
    def expr(self) -> sympy.Expr:
        """As a SymPy expression."""
        return sympy.Add(*(term.expr for term in self.terms))

    @classmethod
    def of(cls, expr: sympy.Expr, order: tuple[Size, ...] = ()) -> Formula:
        """The formula of an expression, its terms in writing order: those with a plus first, a number last.

        >>> from symderive.core.dims import dims
        >>> h, k = dims("H k")
        >>> Formula.of(h * k**2 / 2 - h, (k, h)).write()
        'k² · H / 2 − H'
        """
        writer = Writer(order=order)
        terms = []
        for term in sorted(sympy.Add.make_args(expr), key=writer.sum_rank):
            coefficient, rest = term.as_coeff_Mul()
            product = Product.of([rest], order)
            terms.append(Product(product.factors, Fraction(int(coefficient.p), int(coefficient.q))))
        return cls(tuple(terms), order)

    def __add__(self, other: Formula) -> Formula:
        """The terms of both, one after the other."""
        return Formula(self.terms + other.terms, self.order or other.order)

    def joined(self) -> Formula:
        """Like terms as one, where the first of them stands.

        >>> from symderive.core.dims import dims
        >>> h, k = dims("H k")
        >>> Formula((Product.of([h]), Product.of([k, h]), Product.of([h]))).joined().write()
        '2 · H + k · H'
        >>> Formula((Product.of([4, h]), Product.of([h]))).joined().write()
        '5 · H'
        """
        totals: dict[tuple[Factor, ...], Product] = {}
        for term in self.terms:
            plain = term.with_one_number()
            key = tuple(sorted(plain.factors, key=str))
            if key not in totals:
                totals[key] = term.gathered()
                continue
            before = totals[key].with_one_number()
            totals[key] = Product(before.factors, before.coefficient + plain.coefficient)
        return Formula(tuple(totals.values()), self.order)

    def times(self, number: int) -> Formula:
        """Every term with another number in front."""
        return Formula(tuple(term.times(number) for term in self.terms), self.order)

    def value(self, values: Mapping[Dim, Any]) -> Any:
        """The exact value at `values`: an int, or an object array of ints."""
        return sum(term.value(values) for term in self.terms)

    def __str__(self) -> str:
        return self.write()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.write(LATEX)}$"

    def write(self, style: Style = TEXT, values: Mapping[Dim, int] | None = None) -> str:
        """The formula, or with `values` the formula with the numbers put in.

        >>> from symderive.core.dims import dims
        >>> h, k = dims("H k")
        >>> formula = Formula((Product.of([k, k, h]), Product.of([h])))
        >>> formula.write(), formula.write(values={h: 8, k: 5})
        ('k² · H + H', '5² · 8 + 8')
        """
        writer = Writer(style, self.order, values or {})
        return writer.joined_sum(term.write(writer) for term in self.terms)
