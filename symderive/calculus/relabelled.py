"""Adjoints inside an equation: summed positions take the names of the entry's own, and no delta is made."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from symderive.calculus.rules import differentiate, unit_rule
from symderive.calculus.sums import sum_over
from symderive.core.dims import same_size
from symderive.core.identity import canonical, substitute, tensors_of
from symderive.core.nodes import Binder, Entry, Index, IndexSum, Tensor, TensorNode
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.functions.choice import where

_HOLE = Entry(Tensor("·", ()))  # where a part was taken out


def relabelled(
    weight: sympy.Expr,
    slope: sympy.Expr,
    body: sympy.Expr,
    indices: Sequence[Index],
    used: Tensor,
    at: Sequence[Index],
) -> sympy.Expr | None:
    """`Σ_indices weight slope ∂body/∂used[at]`, as in `Σ_ij w_i ∂(W_ij x_j)/∂x_k = Σ_i w_i W_ik`.

    From the outside in, the slope collects what stands beside the only part that contains the array, and the
    slopes of what stands around it. It is what `Σ_j δ_jk f(j) = f(k)` gives, in one replacement.

    Args:
        weight: what the derivative is multiplied by.
        slope: the derivative of what stands around the body.
        body: a right-hand side; its bound indices differ from `indices` and from `at`.
        indices: those that are summed over.
        used: the array.
        at: its position.

    Returns:
        the sum; None where more than one part contains the array, or it is read at computed positions.
    """
    if isinstance(body, Entry):
        return _moved(weight if slope is sympy.S.One else weight * slope, body, indices, at)
    if isinstance(body, IndexSum):
        return relabelled(weight, slope, body.body, (*indices, *body.indices), used, at)
    touched = [place for place, part in enumerate(body.args) if used in tensors_of(part)]
    if len(touched) != 1:
        return None
    (place,) = touched
    own = _slope(body, place)
    if own is None:
        return None
    slope = own if slope is sympy.S.One else slope * own
    return relabelled(weight, slope, body.args[place], indices, used, at)


def of_softmax(
    weight: sympy.Expr, value: Entry, body: SoftmaxEntry, used: Tensor, at: Sequence[Index]
) -> sympy.Expr | None:
    """`Σ_i w_i ∂p_i/∂z_k = p_k w_k − p_k Σ_i p_i w_i` for `p = softmax(z)`, by the value.

    Args:
        weight: what the derivative is multiplied by.
        value: the entry of p at the indices that are summed over.
        body: the softmax at the same indices.
        used: the array z.
        at: its position.

    Returns:
        the sum; None where what is raised is not an entry of z, or the shares are weighted.
    """
    exponent = body.at_positions(body.total.exponent)
    if not isinstance(exponent, Entry) or exponent.tensor != used or body.total.weight != 1:
        return None
    if not body.runs_freely or set(exponent.axes) != set(value.axes) or len(at) != len(value.axes):
        return None
    scaled = value * weight
    slope = scaled - value * sum_over(scaled, body.positions)
    return canonical(substitute(slope, dict(zip(exponent.axes, at, strict=True))))


def _slope(body: sympy.Expr, place: int) -> sympy.Expr | None:
    """The derivative of a right-hand side by one of its arguments; None where it binds indices."""
    if isinstance(body, (Binder, SoftmaxEntry, TensorNode, where, sympy.Piecewise)):
        return None
    if isinstance(body, sympy.Mul):
        return sympy.Mul(*body.args[:place], *body.args[place + 1 :])
    if isinstance(body, sympy.Add):
        return sympy.S.One
    opened = body.func(*body.args[:place], _HOLE, *body.args[place + 1 :])
    slope = differentiate(opened, unit_rule(_HOLE.tensor, ()))
    return slope.xreplace({_HOLE: body.args[place]})


def _moved(
    weight: sympy.Expr, entry: Entry, indices: Sequence[Index], at: Sequence[Index]
) -> sympy.Expr | None:
    """The sum over all positions but those of the entry, which are now `at`."""
    axes = entry.axes
    if len(set(axes)) < len(at):
        return None
    if not all(_runs_over(axis, place, indices) for axis, place in zip(axes, at, strict=True)):
        return None
    moved = substitute(weight, dict(zip(axes, at, strict=True)))
    return sum_over(moved, [index for index in indices if index not in axes])


def _runs_over(axis: sympy.Expr, place: Index, summed: Sequence[Index]) -> bool:
    """Whether an axis is a summed index that takes every position of the axis once."""
    return isinstance(axis, Index) and axis in summed and same_size(axis.dim, place.dim)
