"""Sums of exponentials, as they stand before they are given a name of their own."""

from __future__ import annotations

import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import IndexSum
from symderive.core.softmax_nodes import split_exponential


def is_exponential_sum(expr: sympy.Expr) -> bool:
    """Whether an expression is `Σ_p w exp(f)` where f depends on p.

    >>> from symderive.core.nodes import Index, Tensor
    >>> p, z, w = Index("p", 3), Tensor("z", (3,)), Tensor("w", (3,))
    >>> is_exponential_sum(IndexSum(w[p] * sympy.exp(z[p]), p)), is_exponential_sum(IndexSum(w[p], p))
    (True, False)
    """
    if not isinstance(expr, IndexSum):
        return False
    exponent = split_exponential(expr.body)[1]
    return bool(free_indices(exponent) & set(expr.indices))
