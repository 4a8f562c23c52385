"""Formulas of layers at the sizes of a network: sizes put in, like terms together, sums over repetitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.divisors import Gcd
from symderive.cost.formula import Formula, Product, highest_first
from symderive.cost.writing import Factor, Writer
from symderive.errors import SymderiveError


def substituted(term: Product, sizes: Mapping[Dim, Size]) -> Product:
    """A product with sizes put in for its symbols; numbers go into the coefficient.

    >>> from symderive.core.dims import dims
    >>> c, k, d = dims("c k d")
    >>> substituted(Product.of([k, k, c]), {k: sympy.S(3), c: 4 * d}).text()
    '36 · d'
    >>> substituted(Product.of([2, c]), {c: 32 * d + 32}).text()
    '64 · (d + 1)'
    """
    exponents: dict[sympy.Expr, int] = {}
    coefficient = term.coefficient
    for base, exponent in term.factors:
        put_in = base.xreplace(sizes) if base.free_symbols else base
        for factor in _factors(put_in):
            inner, power = factor.as_base_exp()
            total = int(power) * exponent
            if inner.is_Rational:
                coefficient *= Fraction(int(inner.p), int(inner.q)) ** total
            else:
                exponents[inner] = exponents.get(inner, 0) + total
    return Product(tuple(one for one in exponents.items() if one[1]), coefficient)


@lru_cache(maxsize=1024)
def _factors(size: Size) -> tuple[sympy.Expr, ...]:
    """The factors of a size; the number that the terms of a sum have in common is one of them."""
    found: list[sympy.Expr] = []
    for factor in sympy.Mul.make_args(size):
        found += factor.primitive() if factor.is_Add else (factor,)
    return tuple(factor for factor in found if factor != 1)


def collected(terms: Iterable[Product], order: tuple[Size, ...]) -> Formula:
    """Like terms added, the highest powers first.

    >>> from symderive.core.dims import dims
    >>> b, d = dims("B d")
    >>> terms = [Product.of(factors) for factors in ([b], [d, b], [b], [b, d, d])]
    >>> collected(terms, (b, d)).write()
    'B · d² + B · d + 2 · B'
    """
    return Formula(highest_first(together(terms, order).terms), order)


def together(terms: Iterable[Product], order: tuple[Size, ...]) -> Formula:
    """Like terms added, in the order in which they first come up."""
    writer = Writer(order=order)
    found: dict[tuple[Factor, ...], Fraction] = {}
    for term in terms:
        if term.coefficient:
            key = _sorted(term.factors, writer)
            found[key] = found.get(key, Fraction(0)) + term.coefficient
    return Formula(tuple(Product(key, number) for key, number in found.items() if number), order)


def _sorted(factors: tuple[Factor, ...], writer: Writer) -> tuple[Factor, ...]:
    return tuple(sorted(factors, key=lambda factor: writer.rank(factor[0]))) if len(factors) > 1 else factors


WHOLE = (sympy.floor, sympy.Max, sympy.Min, Gcd)


def multiplied_out(term: Product, extents: Collection[Dim]) -> Iterator[Product]:
    """A product of sums as a sum of products; sums of named extents, `H₁ · W₁ + 1`, or rounded sizes stay.

    >>> from symderive.core.dims import dims
    >>> k, h = dims("k H1")
    >>> [one.text() for one in multiplied_out(Product.of([k, 3 * k + 2, h + 1]), [h])]
    ['3 · k² · (H₁ + 1)', '2 · k · (H₁ + 1)']
    """
    opened = [
        base**power
        for base, power in term.factors
        if base.is_Add and power > 0 and base.free_symbols.isdisjoint(extents) and not base.has(*WHOLE)
    ]
    kept = [(base, power) for base, power in term.factors if base**power not in opened]
    if not opened:
        yield term
        return
    for one in Formula.of(sympy.expand(sympy.Mul(*opened))).terms:
        yield substituted(Product((*kept, *one.factors), term.coefficient * one.coefficient), {})


def repeated(formula: Formula, times: Size, index: Dim | None) -> Formula:
    """A formula so many times, or its sum over `index` from 1 to `times`, in closed form.

    Raises:
        SymderiveError: it is no polynomial in the index.

    >>> from symderive.core.dims import dims
    >>> i, n, c = dims("i n c")
    >>> repeated(Formula((Product.of([i, c]), Product.of([c])), (n, c)), n, i).write()
    'n² · c / 2 + 3 · n · c / 2'
    """
    if not formula.terms:
        return formula
    if index is None:
        factor = Product.of([times])
        terms = (Product((*term.factors, *factor.factors), term.coefficient) for term in formula.terms)
        return collected((substituted(term, {}) for term in terms), formula.order)
    total = sympy.S.Zero
    for term in sympy.Add.make_args(sympy.expand(formula.expr)):
        rest, power = term.as_independent(index)
        base, exponent = power.as_base_exp()
        if power != 1 and (base != index or not exponent.is_Integer or exponent < 0):
            raise SymderiveError(f"adding up repetitions: {power} has no sum in closed form here.")
        total += rest * _sum_of_powers(int(exponent) if power != 1 else 0).xreplace({_UPPER: times})
    return collected(Formula.of(sympy.expand(total), formula.order).terms, formula.order)


_UPPER = Dim("upper_limit")


@lru_cache(maxsize=32)
def _sum_of_powers(power: int) -> sympy.Expr:
    """`Σ_{i=1}^{n} i^power` in the symbol of the upper limit."""
    i = sympy.Symbol("i", integer=True)
    return sympy.summation(i**power, (i, 1, _UPPER))
