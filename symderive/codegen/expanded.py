"""Factors that are the same when multiplied out, as `Σ_p (b_p − s) k_p` and `Σ_p b_p k_p − s Σ_p k_p`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import permutations
from math import prod

import sympy

from symderive.core.identity import canonical, free_indices, substitute, tensors_of
from symderive.core.nodes import Index, IndexSum

_MOST_LABELS = 3
_MOST_TERMS = 300  # of a sum that is multiplied out


@lru_cache(maxsize=10_000)
def expanded(expr: sympy.Expr) -> sympy.Expr:
    """The expression as a sum of products, what does not depend on an index in front of its sign Σ."""
    if isinstance(expr, IndexSum):
        total = expanded(expr.body)
        return sympy.Add(*(_pulled(term, expr.indices) for term in sympy.Add.make_args(total)))
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return canonical(sympy.expand(expr.func(*map(expanded, expr.args))))
    return canonical(expr)


def _pulled(term: sympy.Expr, indices: tuple[Index, ...]) -> sympy.Expr:
    factors = sympy.Mul.make_args(term)
    moving = [one for one in factors if free_indices(one) & set(indices)]
    rest = sympy.Mul(*(one for one in factors if one not in moving))
    if not all(index in free_indices(sympy.Mul(*moving)) for index in indices):
        return canonical(IndexSum(term, *indices))
    return rest * canonical(IndexSum(sympy.Mul(*moving), *indices))


def _terms(expr: sympy.Expr) -> int:
    """How many terms an expression has at most when it is multiplied out."""
    if isinstance(expr, IndexSum):
        return _terms(expr.body)
    if isinstance(expr, sympy.Add):
        return sum(map(_terms, expr.args))
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        return int(_terms(expr.base) ** expr.exp)
    return prod(map(_terms, expr.args)) if isinstance(expr, sympy.Mul) else 1


def _may_be_same(total: sympy.Expr, other: sympy.Expr) -> bool:
    """Whether two expressions have the same arrays and as many labels of the same extents."""
    if not isinstance(other, (sympy.Add, IndexSum)) or tensors_of(total) != tensors_of(other):
        return False
    labels, own = free_indices(total), free_indices(other)
    extents = [sorted(str(one.dim) for one in some) for some in (labels, own)]
    return len(own) <= _MOST_LABELS and extents[0] == extents[1] and _terms(other) <= _MOST_TERMS


def same_as(total: sympy.Expr, others: Iterable[sympy.Expr]) -> sympy.Expr | None:
    """One of the others, or its negative, with other labels, that equals an expression; None for no such."""
    if _terms(total) > _MOST_TERMS:
        return None
    alike = [one for one in others if _may_be_same(total, one)]
    whole = expanded(total) if alike else total
    if not isinstance(whole, sympy.Add):
        return None
    labels = sorted(free_indices(whole), key=str)
    for other in alike:
        own = sorted(free_indices(other), key=str)
        if len(own) != len(labels):
            continue
        spread = expanded(other)
        if not isinstance(spread, sympy.Add) or len(spread.args) != len(whole.args):
            continue
        for order in permutations(labels):
            if any(old.dim != new.dim for old, new in zip(own, order, strict=True)):
                continue
            names = dict(zip(own, order, strict=True))
            moved = expanded(substitute(spread, names))
            for sign in (1, -1):
                if sympy.expand(moved - sign * whole) == 0:
                    return sign * substitute(other, names)
    return None
