"""Sums of products over chosen axes, weighted means, covariances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symderive.core.dims import same_size, shape_text
from symderive.core.identity import fresh
from symderive.core.nodes import Entry, IndexSum
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes, normal_axes
from symderive.language.numbers import refuse


def tensordot(a: Any, b: Any, axes: Any = 2) -> Array:
    """The sum of products over pairs of axes, as `numpy.tensordot`.

    Raises:
        ShapeError: axes that do not exist, or whose sizes differ.
    """
    left, right = as_array(a, "tensordot"), as_array(b, "tensordot")
    if isinstance(axes, (tuple, list)):
        firsts, seconds = (one if isinstance(one, (tuple, list)) else (one,) for one in axes)
    elif hasattr(axes, "__index__") and 0 <= axes <= min(left.ndim, right.ndim):
        firsts, seconds = tuple(range(left.ndim - axes, left.ndim)), tuple(range(axes))
    else:
        raise ShapeError(f"tensordot: {axes!r} is no number of axes of both arrays, and no pair of lists.")
    ours = normal_axes(tuple(firsts), left.ndim, "tensordot")
    theirs = normal_axes(tuple(seconds), right.ndim, "tensordot")
    fits = len(ours) == len(theirs) and all(
        same_size(left.shape[one], right.shape[two]) for one, two in zip(ours, theirs, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"tensordot: the axes {ours} of {shape_text(left.shape)} and {theirs} of "
            f"{shape_text(right.shape)} do not have the same sizes."
        )
    bound = fresh([left.shape[axis] for axis in ours], ())
    kept = [axis for axis in range(left.ndim) if axis not in ours]
    more = [axis for axis in range(right.ndim) if axis not in theirs]
    indices = free_axes([*(left.shape[axis] for axis in kept), *(right.shape[axis] for axis in more)])
    first = {**dict(zip(ours, bound, strict=True)), **dict(zip(kept, indices, strict=False))}
    second = {**dict(zip(theirs, bound, strict=True)), **dict(zip(more, indices[len(kept) :], strict=True))}
    product = Entry(left.tensor, *(first[axis] for axis in range(left.ndim))) * Entry(
        right.tensor, *(second[axis] for axis in range(right.ndim))
    )
    return define(indices, IndexSum(product, *bound) if bound else product, (left, right))


def average(a: Any, axis: Any = None, weights: Any = None, **other: Any) -> Array:
    """The weighted mean, as `numpy.average`.

    Raises:
        ShapeError: weights of another shape than the array, and not a vector along the axis.
    """
    keepdims = other.pop("keepdims", False)
    keepdims = keepdims is not np._NoValue and bool(keepdims)
    refuse({key: value for key, value in other.items() if value is not False}, "average")
    value = as_array(a, "average")
    if weights is None:
        return value.mean(axis, keepdims)
    factors = as_array(weights, "average")
    same = factors.ndim == value.ndim and all(map(same_size, factors.shape, value.shape))
    if not same:
        if factors.ndim != 1 or axis is None or isinstance(axis, (tuple, list)):
            raise ShapeError(
                f"average: weights of shape {shape_text(factors.shape)} for {shape_text(value.shape)}; "
                "give them the same shape, or a vector and the axis."
            )
        (along,) = normal_axes((axis,), value.ndim, "average")
        factors = factors[tuple(slice(None) if place == along else None for place in range(value.ndim))]
        total = factors.sum() if not keepdims else factors.sum(along, True)
        return (value * factors).sum(along, keepdims) / total
    return (value * factors).sum(axis, keepdims) / factors.sum(axis, keepdims)


def cov(
    m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None, **other: Any
) -> Array:
    """The covariance matrix, as `numpy.cov` of one matrix whose rows (or columns) are the variables."""
    refuse({**other, "y": y}, "cov")
    value = as_array(m, "cov")
    if value.ndim != 2:
        raise ShapeError(f"cov: takes a matrix, not {shape_text(value.shape)}; use np.var for a vector.")
    rows = value if rowvar else value.T
    centred = rows - rows.mean(1, keepdims=True)
    less = (0 if bias else 1) if ddof is None else ddof
    if isinstance(less, bool) or not isinstance(less, int):
        raise SymderiveError(f"cov: ddof is {ddof!r}, not an integer.")
    return (centred @ centred.T) / (rows.shape[1] - less)


FUNCTIONS: dict[Any, Callable[..., Any]] = {np.tensordot: tensordot, np.average: average, np.cov: cov}
