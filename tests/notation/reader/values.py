"""Values: numbers, and matrices whose open axes have an unknown size."""

from __future__ import annotations

import numpy as np


class Matrix:
    """A matrix or a column, constant along open axes, whose size is unknown; plus a multiple of I."""

    def __init__(self, values, free=(False, False), eye: float = 0.0) -> None:
        self.values, self.free, self.eye = np.asarray(values, float), free, eye


ONES = Matrix([[1.0]], (True, False))
EYE = Matrix([[0.0]], (True, True), 1.0)


def wrapped(value):
    """A number as a number, a vector as a column, a matrix as it is; more axes stay an array."""
    if np.ndim(value) == 0:
        return float(value)
    if np.ndim(value) > 2:
        return value
    return Matrix(np.reshape(value, (-1, 1)) if np.ndim(value) == 1 else value)


def scalar(value) -> float:
    if isinstance(value, Matrix):
        raise SyntaxError("division by an array without ⊘")
    return value


def closed(value):
    if not isinstance(value, Matrix):
        return value
    if value.eye or any(value.free):
        raise SyntaxError("the size is not seen")
    return value.values


def times(number: float, value):
    if not isinstance(value, Matrix):
        return number * value
    return Matrix(number * value.values, value.free, number * value.eye)


def settled(value: Matrix):
    """A 1×1 product is a number."""
    if value.values.shape == (1, 1) and not any(value.free) and not value.eye:
        return float(value.values[0, 0])
    return value


def multiplied(values: list):
    result = values[0]
    for value in values[1:]:
        if isinstance(result, Matrix) and isinstance(value, Matrix):
            result = settled(matrix_product(result, value))
        else:
            result = times(result, value) if isinstance(value, Matrix) else times(value, result)
    return result


def matrix_product(a: Matrix, b: Matrix) -> Matrix:
    made = None
    if np.any(a.values) and np.any(b.values):
        if a.free[1] and b.free[0]:
            raise SyntaxError("the size of the inner axis is not seen")
        if a.free[1]:
            values = a.values[:, :1] * b.values.sum(axis=0, keepdims=True)
        elif b.free[0]:
            values = a.values.sum(axis=1, keepdims=True) * b.values[:1, :]
        else:
            values = a.values @ b.values
        made = Matrix(values, (a.free[0], b.free[1]))
    parts = [
        part
        for part in (made, times(a.eye, b) if a.eye else None, times(b.eye, a) if b.eye else None)
        if part
    ]
    if a.eye and b.eye:
        parts[-1] = Matrix(parts[-1].values, parts[-1].free)  # the product of the identities is counted once
    return (
        sum_of(parts)
        if parts
        else Matrix(np.zeros((a.values.shape[0], b.values.shape[1])), (a.free[0], b.free[1]))
    )


def spread(values: list[Matrix]) -> tuple[bool, bool]:
    """The axes that stay open; closed ones must have one size."""
    for axis in (0, 1):
        sizes = {value.values.shape[axis] for value in values if not value.free[axis]}
        if len(sizes) > 1:
            raise SyntaxError(f"sizes {sizes} side by side")
    return tuple(all(value.free[axis] for value in values) for axis in (0, 1))


def entry_by_entry(left, right):
    """The elementwise product; with the identity, of the diagonal alone."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Matrix) and one.eye and not np.any(one.values) and isinstance(other, Matrix):
            full = closed(other if any(other.free) else opened(other, len(other.values)))
            return Matrix(one.eye * np.diag(np.diag(full)))
    return entrywise(np.multiply, left, right)


def entrywise(make, *values):
    matrices = [value for value in values if isinstance(value, Matrix)]
    if not matrices:
        return float(make(*values))
    sizes = {
        size
        for value in matrices
        for size, open_ in zip(value.values.shape, value.free, strict=True)
        if not open_
    }
    if any(value.eye for value in matrices) and len(sizes) == 1:
        (size,) = sizes
        values = (opened(value, size) if isinstance(value, Matrix) else value for value in values)
        return entrywise(make, *values)
    if any(value.eye for value in matrices):
        raise SyntaxError("an entrywise operation on I")
    free = spread(matrices)
    return Matrix(make(*(value.values if isinstance(value, Matrix) else value for value in values)), free)


def opened(value, size: int):
    """A matrix with a multiple of I in it as the numbers that it has at a size; any other as it is."""
    if not value.eye:
        return value
    return Matrix(np.broadcast_to(value.values, (size, size)) + value.eye * np.eye(size))


def chosen(condition, first, second):
    """One of two values, entry by entry; the other may have no value."""
    return entrywise(lambda c, a, b: np.where(np.asarray(c) > 0.5, a, b), condition, first, second)


def sum_of(values: list):
    matrices = [value for value in values if isinstance(value, Matrix)]
    numbers = float(sum(value for value in values if not isinstance(value, Matrix)))
    if not matrices:
        return numbers
    if numbers and any(value.eye for value in matrices):
        raise SyntaxError("a number beside I")
    free = spread(matrices)
    return Matrix(
        sum(value.values for value in matrices) + numbers, free, sum(value.eye for value in matrices)
    )


def turned(value):
    if not isinstance(value, Matrix):
        raise SyntaxError("the transpose of a number")
    return Matrix(value.values.T, value.free[::-1], value.eye)


def raised(value, exponent):
    if isinstance(value, Matrix) and exponent == -1:
        return Matrix(np.linalg.inv(closed(value)))
    if isinstance(value, Matrix):
        matrix = closed(value)
        if exponent != int(exponent) or abs(exponent) < 2 or matrix.shape[0] != matrix.shape[1]:
            raise SyntaxError("a power of an array without ⊙")
        return Matrix(np.linalg.matrix_power(matrix, int(exponent)))
    return value**exponent


def diagonal(value):
    if not isinstance(value, Matrix):
        return Matrix([[0.0]], (True, True), value)
    if value.free[0] and value.values.shape[1] == 1 and not value.free[1]:
        return Matrix([[0.0]], (True, True), float(value.values[0, 0]))
    values = closed(value)
    return Matrix(np.diag(values[:, 0]) if values.shape[1] == 1 else np.diag(values).reshape(-1, 1))


def entry(value, axes: list):
    if not isinstance(value, Matrix):
        return wrapped(np.asarray(value)[tuple(slice(None) if axis == ":" else axis for axis in axes)])
    places = [slice(None) if axis == ":" else axis for axis in axes]
    for axis, place in enumerate(places):
        if value.free[axis] and place != slice(None):
            places[axis] = 0
    if value.eye:
        raise SyntaxError("an entry of I")
    if len(places) == 1:
        column = value.values.shape[1] == 1 and not value.free[1]
        return float(value.values[places[0], 0]) if column else wrapped(value.values[places[0]])
    return wrapped(value.values[tuple(places)])
