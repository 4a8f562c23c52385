"""Softmax and log-sum-exp, which SciPy offers only for numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symderive.core.identity import fresh
from symderive.core.nodes import Entry, Index
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.language.array import Array, aligned, as_array, define
from symderive.language.axes import Axis, Shape, broadcast, free_axes, normal_axes


def logsumexp(a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False) -> Array:
    """`log Σ b exp(a)` over `axis` (all axes by default), as `scipy.special.logsumexp`.

    Args:
        a: a symbolic array.
        axis: the axis or axes to sum over.
        b: weights that broadcast with `a`; the sum must be positive.
        keepdims: whether the axes stay, with size 1.

    Returns:
        a symbolic array; its code takes the largest exponent out, so that nothing overflows.

    Raises:
        ShapeError: an axis that does not exist, or weights of another shape.

    >>> from symderive.language.declaring import array
    >>> logsumexp(array("x", 3)).shape
    ()
    """
    given = as_array(a, "logsumexp")
    weights = None if b is None else as_array(b, "logsumexp")
    operands = (given,) if weights is None else (given, weights)
    shape = broadcast([one.shape for one in operands], "logsumexp")
    bound = _bound(shape, axis, "logsumexp")
    kept = [place for place in range(len(shape)) if place not in bound]
    out = [sympy.S.One if place in bound else size for place, size in enumerate(shape)]
    indices = free_axes(out if keepdims else [shape[place] for place in kept])
    free = dict(enumerate(indices)) if keepdims else dict(zip(kept, indices, strict=True))
    places = tuple(bound[place] if place in bound else free[place] for place in range(len(shape)))
    body = sympy.exp(aligned(given, places))
    body = body if weights is None else aligned(weights, places) * body
    return define(indices, IndexLogSum(body, *bound.values()) if bound else sympy.log(body), operands)


def softmax(x: Any, axis: Axis = None) -> Array:
    """`exp(x) / Σ exp(x)` over `axis` (all axes by default), as `scipy.special.softmax`.

    Args:
        x: a symbolic array.
        axis: the axis or axes along which the entries sum to 1.

    Returns:
        a symbolic array of the same shape.

    Raises:
        ShapeError: an axis that does not exist.

    >>> from symderive.language.declaring import array
    >>> softmax(array("x", 3)).shape
    (3,)
    """
    given = as_array(x, "softmax")
    bound = _bound(given.shape, axis, "softmax")
    indices = free_axes(given.shape)
    if not bound:
        return define(indices, sympy.S.One, (given,))
    places = tuple(bound.get(place, index) for place, index in enumerate(indices))
    exponent = aligned(given, places)
    raised = sympy.exp(exponent, evaluate=not isinstance(exponent, Entry))
    total = IndexLogSum(raised, *bound.values())
    return define(indices, SoftmaxEntry(total, *(indices[place] for place in bound)), (given,))


def log_softmax(x: Any, axis: Axis = None) -> Array:
    """`x − log Σ exp(x)` over `axis` (all axes by default), as `scipy.special.log_softmax`.

    Args:
        x: a symbolic array.
        axis: the axis or axes of the sum.

    Returns:
        a symbolic array of the same shape.

    Raises:
        ShapeError: an axis that does not exist.

    >>> from symderive.language.declaring import array
    >>> log_softmax(array("x", 3)).shape
    (3,)
    """
    given = as_array(x, "log_softmax")
    return given - logsumexp(given, axis, keepdims=True)


def _bound(shape: Shape, axis: Axis, what: str) -> dict[int, Index]:
    """The index that is summed over on each axis of a sum."""
    chosen = range(len(shape)) if axis is None else (axis if isinstance(axis, (tuple, list)) else (axis,))
    axes = normal_axes(tuple(chosen), len(shape), what)
    return dict(zip(axes, fresh([shape[one] for one in axes], ()), strict=True))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
