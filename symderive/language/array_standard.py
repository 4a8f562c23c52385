"""The names that NumPy 2 has from the array standard: norms and products that say what they are of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symderive.core.dims import same_size, shape_text
from symderive.errors import ShapeError, SymderiveError
from symderive.language import contracting, linear, shaping, shifting, triangles
from symderive.language.array import Array, as_array
from symderive.language.axes import normal_axes
from symderive.language.norms import norm


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Array:
    """The norm of the vectors along `axis`, or of all entries, as `numpy.linalg.vector_norm`."""
    value = as_array(x, "vector_norm")
    axes = axis if isinstance(axis, (tuple, list)) else None if axis is None else (axis,)
    chosen = normal_axes(range(value.ndim) if axes is None else axes, value.ndim, "vector_norm")
    if len(chosen) == 1:
        return norm(value, ord, chosen[0], keepdims)
    if ord in (None, 2):
        return norm(value, None, chosen, keepdims)
    if len(chosen) != value.ndim:
        raise SymderiveError(f"vector_norm: ord={ord!r} over some of several axes; reshape them to one axis.")
    made = norm(shaping.ravel(value), ord)
    return made[(None,) * value.ndim] if keepdims else made


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """The norm of the matrices in the last two axes, as `numpy.linalg.matrix_norm`."""
    value = _matrices(x, "matrix_norm")
    return norm(value, ord, (-2, -1), keepdims)


def matrix_transpose(x: Any, /) -> Array:
    """The last two axes exchanged, as `numpy.matrix_transpose` and `.mT`."""
    return _matrices(x, "matrix_transpose").swapaxes(-1, -2)


def vecdot(x: Any, y: Any, /, axis: Any = -1) -> Array:
    """The sums of products along an axis, as `numpy.vecdot`.

    Raises:
        ShapeError: the sizes along the axis differ.
    """
    left, right = as_array(x, "vecdot"), as_array(y, "vecdot")
    ours, theirs = (normal_axes((axis,), one.ndim, "vecdot")[0] for one in (left, right))
    if not same_size(left.shape[ours], right.shape[theirs]):
        raise ShapeError(
            f"vecdot: the sizes {left.shape[ours]} and {right.shape[theirs]} along axis {axis} differ."
        )
    if left.ndim == right.ndim == 1:
        return linear.matmul(left, right)
    product = _axis_last(left, ours) * _axis_last(right, theirs)
    return product.sum(-1)


def _axis_last(value: Array, axis: int) -> Array:
    """The array with one axis behind all others: those are broadcast, as in NumPy."""
    return value.transpose((*(place for place in range(value.ndim) if place != axis), axis))


def matvec(x: Any, y: Any, /) -> Array:
    """Matrices times vectors, as `numpy.matvec`."""
    left, right = _matrices(x, "matvec"), as_array(y, "matvec")
    return linear.matmul(left, right) if right.ndim == 1 else linear.matmul(left, right[..., None])[..., 0]


def vecmat(x: Any, y: Any, /) -> Array:
    """Vectors times matrices, as `numpy.vecmat`."""
    left, right = as_array(x, "vecmat"), _matrices(y, "vecmat")
    if left.ndim == 1:
        return linear.matmul(left, right)
    return linear.matmul(left[..., None, :], right)[..., 0, :]


def _trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Array:
    value = as_array(x, "trace")
    return triangles.trace(_of_two_axes(value, "trace"), offset, dtype=dtype)


def _diagonal(x: Any, /, *, offset: int = 0) -> Array:
    return triangles.diagonal(_of_two_axes(as_array(x, "diagonal"), "diagonal"), offset)


def _of_two_axes(value: Array, what: str) -> Array:
    if value.ndim != 2:
        raise ShapeError(f"{what}: takes a matrix, not {shape_text(value.shape)}; use np.einsum for batches.")
    return value


def _matrices(x: Any, what: str) -> Array:
    value = as_array(x, what)
    if value.ndim < 2:
        raise ShapeError(f"{what}: takes a matrix, not {shape_text(value.shape)}.")
    return value


def _tensordot(a: Any, b: Any, /, *, axes: Any = 2) -> Array:
    return contracting.tensordot(a, b, axes)


UFUNCS: dict[str, Callable[..., Array]] = {"vecdot": vecdot, "matvec": matvec, "vecmat": vecmat}
_OF_LINALG: dict[str, Callable[..., Any]] = {
    "vector_norm": vector_norm,
    "matrix_norm": matrix_norm,
    "matrix_transpose": matrix_transpose,
    "trace": _trace,
    "diagonal": _diagonal,
    "outer": linear.outer,
    "matmul": linear.matmul,
    "tensordot": _tensordot,
    "vecdot": vecdot,
    "cross": shifting.cross,
}
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.matrix_transpose: matrix_transpose,
    **{getattr(np.linalg, name): made for name, made in _OF_LINALG.items()},
}

__all__ = ["FUNCTIONS", "UFUNCS"]
