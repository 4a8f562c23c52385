"""Maxima, minima and products over indices that the body does not have."""

from __future__ import annotations

import sympy

from symderive.core.binders import Fold, IndexProduct
from symderive.core.identity import free_indices


def without_idle(expr: Fold) -> sympy.Expr:
    """`Π_pq f_p` as `(Π_p f_p)^n` and `max_pq f_p` as `max_p f_p`; the expression itself where none is idle.

    >>> from symderive.core.tensors import Index
    >>> n = sympy.Symbol("n", positive=True, integer=True)
    >>> without_idle(IndexProduct(sympy.Integer(3), Index("p", n)))
    3**n
    """
    used = [index for index in expr.indices if index in free_indices(expr.body)]
    if len(used) == len(expr.indices):
        return expr
    inner = expr.func(expr.body, *used) if used else expr.body
    if not isinstance(expr, IndexProduct):
        return inner
    return inner ** sympy.Mul(*(index.dim for index in expr.indices if index not in used))
