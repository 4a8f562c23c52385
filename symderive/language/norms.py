"""Norms of vectors and matrices, as `numpy.linalg.norm`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import shape_text
from symderive.core.singular_nodes import (
    LargestSingularValue,
    NuclearNorm,
    SingularNumber,
    SmallestSingularValue,
)
from symderive.errors import ShapeError, SymderiveError
from symderive.functions.kinked import absolute
from symderive.language.array import Array, aligned, as_array, define, elementwise
from symderive.language.axes import free_axes, normal_axes
from symderive.language.numbers import number

Axes = tuple[int, ...]
_SINGULAR: dict[Any, type[SingularNumber]] = {
    "nuc": NuclearNorm, 2: LargestSingularValue, -2: SmallestSingularValue,
}  # fmt: skip


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """The norm of a vector or matrix, or of those along `axis`, as `numpy.linalg.norm`.

    Vectors take `ord` None, 2, 1, ±inf and any other number but 0, with `(Σ |x_i|^p)^(1/p)`; matrices take
    None, "fro", ±1, ±inf, and from their singular values "nuc" (the sum), 2 (the largest) and −2 (the
    smallest).

    Raises:
        ShapeError: neither a vector nor a matrix, or an axis that does not exist.
        SymderiveError: a norm without a derivative.

    >>> from symderive.language.declaring import array
    >>> norm(array("X", 3, 2), 1, axis=0).shape
    (2,)
    """
    a = as_array(x, "norm")
    given = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = normal_axes(given, a.ndim, "norm")
    if ord is None or (axis is None and not a.ndim):
        return _root((a * a).sum(axes, keepdims))
    if len(axes) == 1:
        return _of_vector(a, ord, axes, keepdims)
    if len(axes) == 2:
        return _of_matrix(a, ord, axes, keepdims)
    raise ShapeError(
        f"norm: ord={ord!r} needs a vector or a matrix, not {shape_text(a.shape)}; say along which axes."
    )


def _of_vector(a: Array, ord: Any, axes: Axes, keepdims: bool) -> Array:
    if isinstance(ord, str):
        raise SymderiveError(f"norm: ord={ord!r} is for matrices; a vector takes a number or ±np.inf.")
    if isinstance(ord, float) and math.isinf(ord):
        return _extreme(_size(a), axes, keepdims, largest=ord > 0)
    power = number(ord)
    if power is None or not power.is_number:
        raise SymderiveError(f"norm: ord={ord!r} is not a number.")
    if power == 0:
        raise SymderiveError("norm: ord=0 counts the entries that are not 0, and has no derivative.")
    if power == 1:
        return _size(a).sum(axes, keepdims)
    if power == 2:
        return _root((a * a).sum(axes, keepdims))
    base = a if power.is_even and power > 0 else _size(a)
    total = elementwise(lambda entry: entry**power, base, symbol="norm").sum(axes, keepdims)
    return elementwise(lambda entry: entry ** (1 / power), total, symbol="norm")


def _of_matrix(a: Array, ord: Any, axes: Axes, keepdims: bool) -> Array:
    rows, columns = axes
    if ord == "fro":
        return _root((a * a).sum(axes, keepdims))
    if ord in (1, -1):
        return _largest_sum(a, rows, columns, keepdims, largest=ord > 0)
    if isinstance(ord, float) and math.isinf(ord):
        return _largest_sum(a, columns, rows, keepdims, largest=ord > 0)
    if ord in _SINGULAR:
        return _of_singular_values(a, ord, axes, keepdims)
    raise SymderiveError(
        f"norm: ord={ord!r} is no norm of a matrix; use 'fro', 'nuc', 1, -1, 2, -2, np.inf or -np.inf."
    )


def _of_singular_values(a: Array, ord: Any, axes: Axes, keepdims: bool) -> Array:
    """The sum of the singular values, the largest or the smallest."""
    if a.ndim != 2:
        raise ShapeError(
            f"norm: ord={ord!r} is taken of one matrix, not of a batch of shape {shape_text(a.shape)}."
        )
    made = define((), _SINGULAR[ord](a.tensor), (a,))
    return made[None, None] if keepdims else made


def _size(a: Array) -> Array:
    return elementwise(absolute, a)


def _root(squares: Array) -> Array:
    indices = free_axes(squares.shape)
    return define(indices, sympy.sqrt(aligned(squares, indices)), (squares,))


def _largest_sum(a: Array, summed: int, other: int, keepdims: bool, largest: bool) -> Array:
    """The largest or smallest of the sums of absolute values over one axis, along another."""
    made = _extreme(_size(a).sum(summed), (other - (other > summed),), False, largest)
    if not keepdims:
        return made
    return made[tuple(None if axis in (summed, other) else slice(None) for axis in range(a.ndim))]


def _extreme(a: Array, axes: Axes, keepdims: bool, largest: bool) -> Array:
    """The largest or smallest entry along an axis."""
    reduce: Any = np.max if largest else np.min
    made: Array = reduce(a, axis=axes[0], keepdims=keepdims)
    return made
