"""Floors of sizes in their shortest form."""

from __future__ import annotations

import sympy

from symderive.core.dims import Size


def one_floor(size: Size) -> Size:
    """A size with each floor of a floor as one floor, and without a common factor inside it.

    `⌊(⌊x⌋ + a)/n⌋ = ⌊(x + a)/n⌋` for whole a and whole positive n, and therefore `⌊(2a + 1)/4⌋ = ⌊a/2⌋`.

    Source: R. Graham, D. Knuth, O. Patashnik, Concrete Mathematics, equation 3.11.

    >>> from symderive.core.dims import dims
    >>> h = dims("H")
    >>> half = sympy.floor((h - 1) / 2) + 1
    >>> one_floor(sympy.floor((half - 1) / 2) + 1)
    floor(H/4 - 1/4) + 1
    >>> one_floor(sympy.floor((2 * h + 1) / 4))
    floor(H/2)
    """
    if not size.has(sympy.floor):
        return size
    if not isinstance(size, sympy.floor):
        return sympy.expand(size.func(*map(one_floor, size.args)))
    over, under = sympy.fraction(sympy.together(one_floor(sympy.expand(size.args[0]))))
    over = sympy.expand(over)
    for term in sympy.Add.make_args(over):
        if isinstance(term, sympy.floor) and (over - term).is_integer and under.is_positive:
            return one_floor(sympy.floor(sympy.expand((over - term + term.args[0]) / under)))
    return sympy.floor(_without_common_factor(over, under))


def _without_common_factor(over: sympy.Expr, under: sympy.Expr) -> sympy.Expr:
    """`over/under` for a floor, divided by what the number below and all factors above have in common."""
    number, varying = over.as_coeff_Add()
    common, primitive = varying.primitive()
    shared = sympy.gcd(common, under) if under.is_Integer and number.is_Integer else sympy.S.One
    if not (primitive.is_integer and common.is_Integer and shared > 1):
        return sympy.expand(over / under)
    return sympy.expand((varying / shared + sympy.floor(number / shared)) * shared / under)
