"""Up to where an index runs, where the entries that carry it do not show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from symderive.core.dims import same_size
from symderive.core.identity import free_indices
from symderive.core.nodes import Binder, Index, IndexSum, TensorNode
from symderive.core.positions import bare, bounds, is_surely_nonnegative
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.notation.forms import Bracket


def unsaid(expr: Binder) -> tuple[Bracket, ...]:
    """`p < m` for every bound index whose extent m does not stand on the page.

    It does where the index numbers a whole axis, as in `Σ_p x_p`; it does not in `Σ_{p < 3} x_{p+1}`. In a
    sum it is not needed where all other terms are 0, because they read outside of an array.

    >>> from symderive.core.nodes import Tensor
    >>> p, x = Index("p", 3), Tensor("x", (7,))
    >>> unsaid(IndexSum(x[p + 1], p))
    (Bracket(relation=(p, '<', 3)),)
    """
    loose = unshown(expr.body, expr.indices)
    ends = isinstance(expr, IndexSum)
    return tuple(
        Bracket((index, "<", index.dim)) for index in loose if not (ends and _ends_itself(expr.body, index))
    )


def unshown(body: sympy.Expr, indices: Sequence[Index]) -> list[Index]:
    """The indices that number no whole axis in an expression."""
    shown = {
        axis
        for node in _nodes(body)
        for axis, size in zip(node.axes, node.tensor.shape, strict=False)
        if isinstance(axis, Index) and same_size(axis.dim, size)
    }
    return [index for index in indices if index not in shown]


def _nodes(expr: sympy.Basic) -> Iterator[TensorNode]:
    if isinstance(expr, SoftmaxEntry):  # at its positions
        yield from _nodes(expr.as_exponential)
        return
    if isinstance(expr, TensorNode):
        yield expr
    for arg in expr.args:
        yield from _nodes(arg)


def _ends_itself(body: sympy.Expr, index: Index) -> bool:
    """Whether a factor is 0 at all positions beyond the extent, being outside of its array there."""
    return any(
        _is_outside_beyond(axis, size, index)
        for factor in sympy.Mul.make_args(body)
        if isinstance(factor, TensorNode)
        for axis, size in zip(factor.axes, factor.tensor.shape, strict=True)
    )


def _is_outside_beyond(axis: sympy.Expr, size: sympy.Expr, index: Index) -> bool:
    position = bare(axis)
    rest = sympy.expand(position - index)
    ends = None if index in free_indices(rest) else bounds(rest)
    if ends is None:
        return False
    first, last = -ends[1], size - 1 - ends[0]
    return all(is_surely_nonnegative(sympy.expand(one)) for one in (first, index.dim - 1 - last))
