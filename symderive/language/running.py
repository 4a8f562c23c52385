"""Products along an axis so far, the range of values, areas under samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symderive.core.identity import fresh
from symderive.core.nodes import Entry, IndexProduct
from symderive.core.positions import Inside
from symderive.errors import SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import Axis, free_axes, normal_axes
from symderive.language.numbers import refuse
from symderive.language.reductions import fold
from symderive.language.shaping import ravel
from symderive.language.shifting import cumsum


def cumprod(a: Any, axis: Any = None, **other: Any) -> Array:
    """Running products along an axis, as `numpy.cumprod`; a factor that comes later counts as 1.

    >>> from symderive.language.declaring import array
    >>> cumprod(array("x", 5)).shape
    (5,)
    """
    refuse(other, "cumprod")
    value = as_array(a, "cumprod")
    if axis is None:
        value, axis = ravel(value), 0
    (along,) = normal_axes((axis,), value.ndim, "cumprod")
    indices = free_axes(value.shape)
    (p,) = fresh([value.shape[along]], indices)
    entry = Entry(value.tensor, *(p if place == along else index for place, index in enumerate(indices)))
    return define(indices, IndexProduct(entry ** Inside(indices[along] - p, p.dim), p), (value,))


def _cumulative(running: Callable[..., Array], what: str) -> Callable[..., Array]:
    def call(x: Any, /, *, axis: Any = None, include_initial: bool = False, **other: Any) -> Array:
        refuse({**other, "include_initial": include_initial or None}, what)
        value = as_array(x, what)
        if axis is None and value.ndim != 1:
            raise SymderiveError(f"{what}: give the axis of an array with {value.ndim} axes.")
        return running(value, 0 if axis is None else axis)

    return call


def ptp(a: Any, axis: Axis = None, keepdims: Any = False, **other: Any) -> Array:
    """The largest entry less the smallest, as `numpy.ptp`."""
    refuse({key: value for key, value in other.items() if value is not np._NoValue}, "ptp")
    kept = keepdims is not np._NoValue and bool(keepdims)
    return fold("max", a, axis, kept) - fold("min", a, axis, kept)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Array:
    """The area under samples by the trapezoidal rule, as `numpy.trapezoid`."""
    value = as_array(y, "trapezoid")
    (along,) = normal_axes((axis,), value.ndim, "trapezoid")
    behind, before = ((*(slice(None),) * along, one) for one in (slice(1, None), slice(None, -1)))
    if x is None:
        width: Any = dx
    else:
        places = as_array(x, "trapezoid")
        if places.ndim != 1 and places.ndim != value.ndim:
            raise SymderiveError("trapezoid: x is a vector along the axis, or has the shape of y.")
        if places.ndim == 1:
            width = (places[1:] - places[:-1])[(slice(None), *(None,) * (value.ndim - along - 1))]
        else:
            width = places[behind] - places[before]
    return (width * (value[behind] + value[before]) / 2).sum(along)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.cumprod: cumprod,
    np.ptp: ptp,
    **{
        getattr(np, name): made
        for name, made in (
            ("cumulative_sum", _cumulative(cumsum, "cumulative_sum")),
            ("cumulative_prod", _cumulative(cumprod, "cumulative_prod")),
            ("trapezoid", trapezoid),
        )
        if hasattr(np, name)
    },
}

__all__ = ["FUNCTIONS", "cumprod", "ptp", "trapezoid"]
