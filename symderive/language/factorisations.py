"""NumPy functions that rest on a factorisation: those with a formula, and why the others are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from symderive.core.dims import shape_text
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array
from symderive.language.inverse import inv
from symderive.language.linear import matmul
from symderive.language.norms import norm
from symderive.language.numbers import refuse

_EIGEN = (
    "single eigenvalues have no formula in the entries; their sum is np.trace, their product np.linalg.det, "
    "and sums of powers are traces of np.linalg.matrix_power"
)
_SINGULAR = (
    "of the singular values the sum is np.linalg.norm(A, 'nuc'), the largest np.linalg.norm(A, 2), the "
    "smallest np.linalg.norm(A, -2), and the sum of squares np.linalg.norm(A)**2"
)
_REASONS: dict[Any, str] = {
    np.linalg.eig: _EIGEN,
    np.linalg.eigh: _EIGEN,
    np.linalg.eigvals: _EIGEN,
    np.linalg.eigvalsh: _EIGEN,
    np.linalg.svd: _SINGULAR,
    np.linalg.svdvals: _SINGULAR,
    np.linalg.qr: "the factors have no formula in the entries; np.linalg.cholesky of AᵀA gives R up to signs",
    np.linalg.lstsq: "write the solution, np.linalg.solve(A.T @ A, A.T @ b) for full column rank",
    np.linalg.matrix_rank: "it is a whole number and has no derivative",
    np.linalg.tensorinv: "reshape to a matrix and use np.linalg.inv",
    np.linalg.tensorsolve: "reshape to a matrix and use np.linalg.solve",
}


def pinv(a: Any, **unsupported: Any) -> Array:
    """`A⁺ = (AᵀA)⁻¹Aᵀ` of a matrix of full column rank, as `numpy.linalg.pinv`.

    A matrix that has fewer rows than columns, as numbers, is taken to have full row rank: `Aᵀ(AAᵀ)⁻¹`.

    Raises:
        ShapeError: not a matrix.

    >>> from symderive.language.declaring import array
    >>> pinv(array("A", 5, 3)).shape
    (3, 5)
    """
    refuse(unsupported, "pinv")
    matrix = as_array(a, "pinv")
    if matrix.ndim != 2:
        raise ShapeError(f"pinv: takes a matrix, not {shape_text(matrix.shape)}.")
    rows, columns = matrix.shape
    if (columns - rows).is_positive:
        return matmul(matrix.T, inv(matmul(matrix, matrix.T)))
    return matmul(inv(matmul(matrix.T, matrix)), matrix.T)


def cond(x: Any, p: Any = None) -> Array:
    """`‖A‖ ‖A⁻¹‖` in the norm p, as `numpy.linalg.cond`.

    By default it is the largest singular value over the smallest, also of a matrix that is not square.

    Raises:
        ShapeError: not a matrix, or for other orders than None, 2 and -2 not a square one.
    """
    matrix = as_array(x, "cond")
    if p in (None, 2, -2):
        if matrix.ndim != 2:
            raise ShapeError(f"cond: takes a matrix, not {shape_text(matrix.shape)}.")
        largest, smallest = norm(matrix, 2), norm(matrix, -2)
        return smallest / largest if p == -2 else largest / smallest
    return norm(matrix, p) * norm(inv(matrix), p)


def _refusing(function: Any, reason: str) -> Callable[..., NoReturn]:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise SymderiveError(f"{function.__name__}: not supported on symbolic arrays: {reason}.")

    return refused


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.linalg.pinv: pinv,
    np.linalg.cond: cond,
    **{function: _refusing(function, reason) for function, reason in _REASONS.items()},
}
