"""Sums of sizes over indices: how many positions there are where an extent depends on an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy

from symderive.core.dims import Size
from symderive.core.divisors import Gcd
from symderive.core.identity import free_indices
from symderive.core.nodes import Index
from symderive.core.positions import Quotient, divided


def positions(indices: Iterable[Index], less: Size = sympy.S.One) -> list[Size] | None:
    """How many values some indices take together, as factors; where `less` depends on them, its sum.

    Of indices with extents of their own it is the product of these. An extent that depends on another index
    is summed over it: `Σ_i h(i)`.

    Args:
        indices: all of them, those that an extent depends on too.
        less: a further factor.

    Returns:
        the factors; None where no closed form of a sum is known.

    >>> from symderive.core.dims import dims
    >>> H, o = dims("H o")
    >>> i = Index("i", o)
    >>> u = Index("u", Quotient(H * i + H + o - 1, o) - Quotient(H * i, o))
    >>> positions([i, u, Index("c", 3)])
    [3, H + o - gcd(H, o)]
    """
    indices = list(indices)
    summed = [*dict.fromkeys(one for index in indices for one in index.within if one in indices)]
    summed += [one for one in indices if one not in summed and one in free_indices(less)]
    alone = [index.dim for index in indices if not index.within and index not in summed]
    if not summed:
        return [*alone, less] if less != 1 else alone
    inner = sympy.Mul(*(index.dim for index in indices if index.within and index not in summed))
    total = sum_over_indices(inner * less, summed) if not any(one.within for one in summed) else None
    return None if total is None else [*alone, total]


def sum_over_indices(size: sympy.Expr, indices: Sequence[Index]) -> sympy.Expr | None:
    """`Σ_indices size` in closed form; None where none is known.

    A product whose factors have no index in common is a product of sums.
    """
    total = sympy.S.Zero
    for term in _terms(size):
        found = _of_product(term, indices)
        if found is None:
            return None
        total += found
    return total


def _terms(size: sympy.Expr) -> list[sympy.Expr]:
    """The terms of a sum, also of one that is a factor together with constants; products of sums stay."""
    if isinstance(size, sympy.Add):
        return [one for term in size.args for one in _terms(term)]
    factors = sympy.Mul.make_args(size)
    sums = [factor for factor in factors if isinstance(factor, sympy.Add)]
    for factor in sums:
        rest = sympy.Mul(*(one for one in factors if one is not factor))
        if free_indices(factor) & free_indices(rest):
            return [one for term in factor.args for one in _terms(term * rest)]
    return [size]


def _of_product(term: sympy.Expr, indices: Sequence[Index]) -> sympy.Expr | None:
    found = sympy.S.One
    left = list(sympy.Mul.make_args(term))
    for index in indices:
        own = [factor for factor in left if index in free_indices(factor)]
        left = [factor for factor in left if factor not in own]
        if not own:
            found *= index.dim
            continue
        total = _of_one(sympy.Mul(*own), index)
        if total is None:
            return None
        found *= total
    return found * sympy.Mul(*left)


def _of_one(size: sympy.Expr, index: Index) -> sympy.Expr | None:
    """The sum over one index, term by term."""
    total = sympy.S.Zero
    for term in sympy.Add.make_args(sympy.expand(size)):
        fixed, moving = term.as_independent(index, as_Add=False)
        if free_indices(fixed) - {index}:
            return None
        if moving == 1:
            total += fixed * index.dim
        elif moving == index:
            total += fixed * index.dim * (index.dim - 1) / 2
        else:
            one = _of_floors(moving, index) if isinstance(moving, Quotient) else None
            if one is None:
                return None
            total += fixed * one
    return sympy.expand(total)


def _of_floors(quotient: Quotient, index: Index) -> sympy.Expr | None:
    """`Σ_i ⌊(a·i + b)/m⌋ = d·⌊b/d⌋ + (m − 1)·a/2 + (d − m)/2` for i below m and d = gcd(a, m).

    Source: R. Graham, D. Knuth, O. Patashnik, Concrete Mathematics, equation 3.32.
    """
    inner, m = quotient.args
    a = sympy.expand(inner).coeff(index, 1)
    b = sympy.expand(inner - a * index)
    if m != index.dim or free_indices(a) or free_indices(b) or not a.is_positive:
        return None
    d = Gcd(a, m)
    whole = sympy.Add(*(term for term in sympy.Add.make_args(b) if _divides(d, term)))
    rest = sympy.expand(b - whole)
    if rest.is_Integer and m.is_Integer:
        whole, rest = whole + m * sympy.ceiling(rest / m), -((-rest) % m)
    over = -d if rest == -1 else d * sympy.floor(rest / d)
    return sympy.expand(whole + over + (m - 1) * a / 2 + (d - m) / 2)


def _divides(d: sympy.Expr, term: sympy.Expr) -> bool:
    of = (d, *d.args) if isinstance(d, Gcd) else (d,)
    return any(divided(term, one) is not None for one in of)
