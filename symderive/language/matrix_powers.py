"""`A^k` and products of several matrices, as repeated products."""

from __future__ import annotations

from functools import reduce
from typing import Any

from symderive.core.matrix_nodes import check_square
from symderive.core.nodes import Delta
from symderive.errors import SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes
from symderive.language.indexing import is_position
from symderive.language.inverse import inv
from symderive.language.linear import matmul

LARGEST = 1000
_ONE_BY_ONE = 12  # up to this power A A A …, beyond it squares of squares


def matrix_power(a: Any, n: Any) -> Array:
    """`A^n` of a square matrix for an integer n, as `numpy.linalg.matrix_power`; negative n inverts A.

    Raises:
        ShapeError: not a square matrix.
        SymderiveError: n is not an integer, or beyond ±1000.

    >>> from symderive.language.declaring import array
    >>> matrix_power(array("A", 3, 3), 4).shape
    (3, 3)
    """
    matrix = as_array(a, "matrix_power")
    check_square(matrix.shape, "matrix_power")
    if not is_position(n):
        raise SymderiveError(f"matrix_power: the exponent is {n}; give an integer.")
    exponent = int(n)
    if abs(exponent) > LARGEST:
        raise SymderiveError(f"matrix_power: the exponent {exponent} is beyond ±{LARGEST}.")
    if exponent == 0:
        i, j = free_axes(matrix.shape)
        return define((i, j), Delta(i, j), (matrix,))
    return _raised(matrix if exponent > 0 else inv(matrix), abs(exponent))


def _raised(matrix: Array, exponent: int) -> Array:
    """A product of equal factors, one by one or by squaring."""
    if exponent <= _ONE_BY_ONE:
        return reduce(matmul, [matrix] * exponent)
    half = _raised(matrix, exponent // 2)
    square = matmul(half, half)
    return matmul(square, matrix) if exponent % 2 else square


def multi_dot(arrays: Any, **unsupported: Any) -> Array:
    """The product of two or more matrices, a vector allowed at both ends, as `numpy.linalg.multi_dot`.

    Raises:
        ShapeError: the shapes do not fit.
        SymderiveError: fewer than two arrays, or an argument that is not supported.
    """
    loose = [key for key, value in unsupported.items() if value is not None]
    if loose:
        raise SymderiveError(f"multi_dot: the argument {loose[0]} is not supported on symbolic arrays.")
    factors = [as_array(one, "multi_dot") for one in arrays]
    if len(factors) < 2:
        raise SymderiveError("multi_dot: give at least two arrays.")
    return reduce(matmul, factors)
