"""Numbers of entries as polynomials: added and compared without SymPy's expansion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from symderive.core.dims import Dim, Size
from symderive.cost.collecting import collected, multiplied_out, substituted
from symderive.cost.formula import Formula, Product
from symderive.cost.writing import Factor

Amount = Mapping[tuple[Factor, ...], Fraction]
"""The coefficient of each product of sizes."""
NONE: Amount = {}


def amount(formula: Formula) -> Amount:
    """The terms of a formula, products of sums multiplied out.

    >>> from symderive.core.dims import dims
    >>> b, t = dims("B T")
    >>> [str(number) for number in amount(Formula((Product.of([b, t + 1]),))).values()]
    ['1', '1']
    """
    terms = (one for term in formula.terms for one in multiplied_out(term, ()))
    return {term.factors: term.coefficient for term in collected(terms, formula.order).terms}


def entries(shape: Iterable[Size], sizes: Mapping[Dim, Size], order: tuple[Size, ...]) -> Amount:
    """The number of entries of a shape, with sizes put in for its symbols."""
    return amount(Formula((substituted(Product.of(shape), sizes),), order))


def total(amounts: Iterable[Amount]) -> Amount:
    """The sum.

    >>> from symderive.core.dims import dims
    >>> d = entries(dims("d m"), {}, ())
    >>> list(total([d, d, minus(d)]).values())
    [Fraction(1, 1)]
    """
    found: dict[tuple[Factor, ...], Fraction] = {}
    for one in amounts:
        for factors, number in one.items():
            found[factors] = found.get(factors, Fraction(0)) + number
    return {factors: number for factors, number in found.items() if number}


def scaled(one: Amount, by: int) -> Amount:
    """So many times an amount."""
    return one if by == 1 else {factors: by * number for factors, number in one.items()}


def minus(one: Amount) -> Amount:
    """The negative."""
    return scaled(one, -1)


def is_at_most(left: Amount, right: Amount) -> bool:
    """Whether each coefficient of one amount is at most that of the other: then it is at all sizes.

    >>> from symderive.core.dims import dims
    >>> d = entries(dims("d m"), {}, ())
    >>> is_at_most(d, total([d, d])), is_at_most(total([d, d]), d)
    (True, False)
    """
    return all(number <= right.get(factors, 0) for factors, number in left.items()) and all(
        number >= 0 for factors, number in right.items() if factors not in left
    )


def formula(one: Amount, order: tuple[Size, ...]) -> Formula:
    """The formula of an amount, terms of many factors first."""
    terms = [Product(factors, number) for factors, number in one.items()]
    return Formula(tuple(sorted(terms, key=lambda term: -sum(power for _, power in term.factors))), order)


def at(one: Amount, values: Mapping[Dim, Size], order: tuple[Size, ...]) -> Amount:
    """An amount with sizes put in for symbols."""
    if not any(base.free_symbols & values.keys() for factors in one for base, _ in factors):
        return one
    terms = tuple(substituted(Product(factors, number), values) for factors, number in one.items())
    return amount(Formula(terms, order))
