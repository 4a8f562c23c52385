"""Triangles and diagonals of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import Size, as_size, same_size, shape_text
from symderive.core.identity import fresh
from symderive.core.nodes import Delta, Entry, IndexSum
from symderive.core.positions import Inside, is_surely_nonnegative, smaller
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes
from symderive.language.creating import at_least_zero, offset_of
from symderive.language.numbers import refuse


def tril(m: Any, k: Any = 0) -> Array:
    """The entries on and below the k-th diagonal, as `numpy.tril`."""
    return _triangle(m, k, "tril", 1)


def triu(m: Any, k: Any = 0) -> Array:
    """The entries on and above the k-th diagonal, as `numpy.triu`."""
    return _triangle(m, k, "triu", -1)


def _triangle(m: Any, k: Any, what: str, sign: int) -> Array:
    value, offset = as_array(m, what), offset_of(k, what)
    if not value.ndim:
        raise ShapeError(f"{what}: takes a matrix, not a scalar.")
    if value.ndim == 1:  # NumPy repeats a vector as the rows of a square matrix
        value = value[None, :] + define(free_axes((*value.shape, sympy.S.One)), sympy.S.Zero, ())
    indices = free_axes(value.shape)
    i, j = indices[-2:]
    body = at_least_zero(sympy.expand(sign * (i - j + offset))) * Entry(value.tensor, *indices)
    return define(indices, body, (value,))


def diag(v: Any, k: Any = 0) -> Array:
    """The k-th diagonal of a matrix, or the matrix with a vector there, as `numpy.diag`."""
    value, offset = as_array(v, "diag"), offset_of(k, "diag")
    if value.ndim == 2:
        return diagonal(value, offset)
    if value.ndim != 1:
        raise ShapeError(f"diag: takes a vector or a matrix, not {shape_text(value.shape)}.")
    down = is_surely_nonnegative(offset)
    shift = offset if down else -offset
    size = as_size(sympy.expand(value.shape[0] + shift), "diag")
    i, j = free_axes((size, size))
    if shift == 0:
        return define((i, j), value.tensor[i] * Delta(i, j), (value,))
    at, other = (i, j) if down else (j, i)
    body = Inside(at, value.shape[0]) * Entry.at(value.tensor, at) * Delta(at + shift, other)
    return define((i, j), body, (value,))


def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, **other: Any) -> Array:
    """A diagonal of a matrix, as `numpy.diagonal`.

    Raises:
        ShapeError: not a matrix, or a diagonal of unknown length.
        SymderiveError: other axes.
    """
    refuse(other, "diagonal")
    value, k = as_array(a, "diagonal"), offset_of(offset, "diagonal")
    if value.ndim != 2 or (axis1, axis2) != (0, 1):
        raise ShapeError(f"diagonal: takes a diagonal of a matrix, not {shape_text(value.shape)}.")
    rows, columns = value.shape
    right = is_surely_nonnegative(k)
    length = smaller(rows, sympy.expand(columns - k)) if right else smaller(sympy.expand(rows + k), columns)
    if length is None:
        raise ShapeError(
            f"diagonal: which of {rows} and {columns} is smaller is not known; "
            "use a square matrix or slice it."
        )
    size: Size = as_size(length, "diagonal")
    (i,) = free_axes([size])
    axes = (i, i + k) if right else (i - k, i)
    return define((i,), Entry.at(value.tensor, *axes), (value,))


def trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, **other: Any) -> Array:
    """The sum of a diagonal, as `numpy.trace`."""
    if other.get("dtype") is not None or other.get("out") is not None:
        raise SymderiveError("trace: dtype and out are not supported on symbolic arrays.")
    value = as_array(a, "trace")
    if value.ndim != 2 or offset != 0 or (axis1, axis2) != (0, 1):
        return diagonal(value, offset, axis1, axis2).sum()
    if not same_size(*value.shape):
        raise ShapeError(f"trace: takes a square matrix, not {shape_text(value.shape)}.")
    (p,) = fresh(value.shape[:1], ())
    return define((), IndexSum(value.tensor[p, p], p), (value,))


FUNCTIONS: dict[Any, Callable[..., Any]] = {np.tril: tril, np.triu: triu}
