"""Inverse, determinant, log-determinant, Cholesky factor and solve of one square matrix."""

from __future__ import annotations

from typing import Any, NamedTuple

from symderive.core.dims import same_size, shape_text
from symderive.core.identity import fresh
from symderive.core.matrix_nodes import CholeskyEntry, Det, InverseEntry, LogAbsDet, check_square
from symderive.core.nodes import Entry, IndexSum
from symderive.errors import ShapeError, SymderiveError
from symderive.functions.kinked import signum
from symderive.language.array import Array, as_array, define, elementwise
from symderive.language.axes import free_axes
from symderive.language.linear import matmul


class SlogDet(NamedTuple):
    """What `numpy.linalg.slogdet` returns: a pair with names.

    Attributes:
        sign: the sign of the determinant.
        logabsdet: the logarithm of its absolute value.
    """

    sign: Array
    logabsdet: Array


def inv(a: Any) -> Array:
    """`A⁻¹` of a square matrix, or of each of a batch in the last two axes, as `numpy.linalg.inv`.

    Raises:
        ShapeError: not a square matrix.
    """
    matrix = _square(a, "inv")
    indices = free_axes(matrix.shape)
    return define(indices, InverseEntry(matrix.tensor, *indices), (matrix,))


def det(a: Any) -> Array:
    """`det A` of a square matrix, as `numpy.linalg.det`.

    Raises:
        ShapeError: not a square matrix.
    """
    matrix = _square(a, "det")
    lead = free_axes(matrix.shape[:-2])
    return define(lead, Det(matrix.tensor, *lead), (matrix,))


def slogdet(a: Any) -> SlogDet:
    """The sign of the determinant and `log |det A|`, as `numpy.linalg.slogdet`.

    Raises:
        ShapeError: not a square matrix.
    """
    matrix = _square(a, "slogdet")
    lead = free_axes(matrix.shape[:-2])
    logarithm = define(lead, LogAbsDet(matrix.tensor, *lead), (matrix,))
    return SlogDet(elementwise(signum, det(matrix)), logarithm)


def solve(a: Any, b: Any) -> Array:
    """`A⁻¹ b` for a vector or matrix b, as `numpy.linalg.solve`.

    Raises:
        ShapeError: A is not a square matrix, or b has another number of rows.
    """
    matrix, right = _square(a, "solve"), as_array(b, "solve")
    if matrix.ndim > 2 or right.ndim > 2:
        return matmul(inv(matrix), right)
    if not right.ndim or not same_size(right.shape[0], matrix.shape[0]):
        raise ShapeError(
            f"solve: the matrix has shape {shape_text(matrix.shape)} and the right-hand side "
            f"{shape_text(right.shape)}; give a vector or matrix with {matrix.shape[0]} rows."
        )
    i, *rest = free_axes(right.shape)
    (p,) = fresh(matrix.shape[:1], ())
    body = InverseEntry(matrix.tensor, i, p) * Entry(right.tensor, p, *rest)
    return define((i, *rest), IndexSum(body, p), (matrix, right))


def _square(value: Any, what: str) -> Array:
    matrix = as_array(value, what)
    check_square(matrix.shape[-2:] if what != "cholesky" else matrix.shape, what)
    return matrix


def cholesky(a: Any, **unsupported: Any) -> Array:
    """The lower triangular L of `A = L Lᵀ`, as `numpy.linalg.cholesky`, for symmetric positive definite A.

    NumPy reads only the lower triangle of A. Here A counts as symmetric, and derivatives are those of the
    factor of its symmetric part: that is what a gradient with respect to a symmetric matrix means.

    Raises:
        ShapeError: not a square matrix.
        SymderiveError: an input that is not declared symmetric, or the upper factor.

    >>> from symderive.language.declaring import array
    >>> cholesky(array("S", 3, 3, domain="spd")).shape
    (3, 3)
    """
    if any(unsupported.values()):
        raise SymderiveError("cholesky: only the lower factor is supported; transpose it for the upper one.")
    matrix = _square(a, "cholesky")
    if matrix.definition is None and not matrix.tensor.is_symmetric:
        raise SymderiveError(
            f"cholesky: {matrix.name} is not declared symmetric, and NumPy would read only its lower "
            f"triangle; declare {matrix.name} with domain='spd'."
        )
    i, j = free_axes(matrix.shape)
    return define((i, j), CholeskyEntry(matrix.tensor, i, j), (matrix,))
