"""Factors that are the same when multiplied out, as `Σ_p (b_p − s) k_p` and `Σ_p b_p k_p − s Σ_p k_p`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import sympy

from symderive.core.identity import canonical, free_indices, substitute
from symderive.core.nodes import Index, IndexSum

_MOST_LABELS = 3


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


def same_as(total: sympy.Expr, others: Iterable[sympy.Expr]) -> sympy.Expr | None:
    """One of the others, or its negative, with other labels, that equals an expression; None for no such."""
    whole = expanded(total)
    if not isinstance(whole, sympy.Add):
        return None
    labels = sorted(free_indices(whole), key=str)
    for other in others:
        own = sorted(free_indices(other), key=str)
        if not isinstance(other, (sympy.Add, IndexSum)) or len(own) != len(labels) or len(own) > _MOST_LABELS:
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
