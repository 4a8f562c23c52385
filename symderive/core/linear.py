"""Whether an expression is linear in a tensor, seen from its form."""

from __future__ import annotations

import sympy

from symderive.core.identity import tensors_of
from symderive.core.nodes import Entry, Index, IndexSum, Tensor


def is_linear(expr: sympy.Expr, tensor: Tensor, *, at_indices: bool = False) -> bool:
    """Whether `expr` is of first order in the entries of `tensor`.

    Args:
        expr: an expression; `False` may only mean that its form does not show it.
        tensor: the tensor; an expression without it counts as linear.
        at_indices: whether its entries must be read at plain indices, not at fixed or shifted positions.

    >>> from symderive.core.nodes import Tensor
    >>> x, i = Tensor("x", (3,)), Index("i", 3)
    >>> is_linear(2 * x[i] + 1, x), is_linear(x[i] ** 2, x), is_linear(x[0], x, at_indices=True)
    (True, False, False)
    """
    if tensor not in tensors_of(expr):
        return True
    if isinstance(expr, Entry):
        return not at_indices or all(isinstance(axis, Index) for axis in expr.axes)
    if isinstance(expr, sympy.Add):
        return all(is_linear(term, tensor, at_indices=at_indices) for term in expr.args)
    if isinstance(expr, sympy.Mul):
        touched = [factor for factor in expr.args if tensor in tensors_of(factor)]
        return len(touched) == 1 and is_linear(touched[0], tensor, at_indices=at_indices)
    return isinstance(expr, IndexSum) and is_linear(expr.body, tensor, at_indices=at_indices)
