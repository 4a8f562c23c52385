"""Polynomials in NumPy's order, the highest power first, and the matrix of powers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symderive.core.dims import as_size, shape_text
from symderive.core.identity import fresh
from symderive.core.nodes import IndexSum
from symderive.core.positions import is_surely_nonnegative
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, aligned, as_array, define
from symderive.language.axes import free_axes

_MOST = 50  # coefficients that are written one by one


def polyval(p: Any, x: Any) -> Array:
    """`p₀ x^{K−1} + … + p_{K−1}`, as `numpy.polyval`.

    Raises:
        ShapeError: the coefficients are no vector.

    >>> from symderive.language.declaring import array
    >>> polyval([1, 0, 2], array("x", 5)).shape
    (5,)
    """
    coefficients, point = as_array(p, "polyval"), as_array(x, "polyval")
    if coefficients.ndim != 1:
        raise ShapeError(f"polyval: the coefficients are a vector, not {shape_text(coefficients.shape)}.")
    (size,) = coefficients.shape
    if size.is_Integer and size <= _MOST:
        terms = [coefficients[place] * point ** (int(size) - 1 - place) for place in range(int(size) - 1)]
        return sum(terms, coefficients[int(size) - 1] + 0 * point if not terms else coefficients[-1])
    indices = free_axes(point.shape)
    (k,) = fresh([size], indices)
    body = IndexSum(aligned(coefficients, (k,)) * aligned(point, indices) ** (size - 1 - k), k)
    return define(indices, body, (coefficients, point))


def vander(x: Any, N: Any = None, increasing: Any = False) -> Array:
    """The matrix of the powers of a vector, one power for each column, as `numpy.vander`.

    Raises:
        ShapeError: not a vector.
        SymderiveError: the number of columns is no size.

    >>> from symderive.language.declaring import array
    >>> vander(array("x", 5), 3).shape
    (5, 3)
    """
    value = as_array(x, "vander")
    if value.ndim != 1:
        raise ShapeError(f"vander: takes a vector, not {shape_text(value.shape)}.")
    columns = value.shape[0] if N is None else as_size(N, "vander")
    if not is_surely_nonnegative(columns):
        raise SymderiveError(f"vander: {columns} is no number of columns.")
    i, j = free_axes((*value.shape, columns))
    return define((i, j), value.tensor[i] ** (j if increasing else columns - 1 - j), (value,))


FUNCTIONS: dict[Any, Callable[..., Any]] = {np.polyval: polyval, np.vander: vander}

__all__ = ["FUNCTIONS", "polyval", "vander"]
