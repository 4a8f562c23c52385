"""Gaussian elimination as on paper: the reference for inverses, determinants and Cholesky factors."""

from __future__ import annotations

import math

Rows = list[list[float]]
_SYMMETRIC = 1e-9  # how far from symmetric a matrix may be, relative to its largest entry


def inverse_and_determinant(matrix: Rows) -> tuple[Rows, float]:
    """`A⁻¹` and `det A` by elimination with the largest pivot of each column; NaN for a singular matrix.

    Args:
        matrix: the rows of a square matrix.

    Returns:
        the rows of the inverse, and the determinant.

    >>> inverse_and_determinant([[2.0, 0.0], [1.0, 4.0]])
    ([[0.5, 0.0], [-0.125, 0.25]], 8.0)
    """
    size = len(matrix)
    left = [list(row) for row in matrix]
    right = [[float(i == j) for j in range(size)] for i in range(size)]
    determinant = 1.0
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(left[row][column]))
        largest = left[pivot][column]
        if largest == 0 or math.isnan(largest):
            return [[math.nan] * size for _ in range(size)], 0.0 if largest == 0 else math.nan
        if pivot != column:
            for rows in (left, right):
                rows[column], rows[pivot] = rows[pivot], rows[column]
            determinant = -determinant
        determinant *= largest
        for rows in (left, right):
            rows[column] = [entry / largest for entry in rows[column]]
        for row in range(size):
            factor = left[row][column]
            if row != column and factor != 0:
                for rows in (left, right):
                    rows[row] = [x - factor * y for x, y in zip(rows[row], rows[column], strict=True)]
    return right, determinant


def cholesky_factor(matrix: Rows) -> Rows:
    """The lower triangular L of `A = L Lᵀ`, column by column; NaN unless A is symmetric positive definite.

    >>> cholesky_factor([[4.0, 2.0], [2.0, 5.0]])
    [[2.0, 0.0], [1.0, 2.0]]
    """
    size = len(matrix)
    largest = max(abs(entry) for row in matrix for entry in row)
    skew = max(abs(matrix[i][j] - matrix[j][i]) for i in range(size) for j in range(size))
    factor = [[0.0] * size for _ in range(size)]
    for j in range(size):
        square = matrix[j][j] - sum(entry * entry for entry in factor[j][:j])
        if not square > 0 or not skew <= _SYMMETRIC * largest:
            return [[math.nan] * size for _ in range(size)]
        factor[j][j] = math.sqrt(square)
        for i in range(j + 1, size):
            known = sum(x * y for x, y in zip(factor[i][:j], factor[j][:j], strict=True))
            factor[i][j] = (matrix[i][j] - known) / factor[j][j]
    return factor
