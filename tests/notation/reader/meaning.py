"""The value of a printed right-hand side."""

from __future__ import annotations

import numpy as np

from tests.notation.reader.grammar import Reader
from tests.notation.reader.values import Matrix


def meaning(source: str, names, rows, shape: tuple[int, ...], axes: list[str | None]):
    """The value of a printed right-hand side: an array of the given shape.

    `axes` has a letter for each axis at which the left-hand side stands at one position, None for a whole
    axis.
    """
    tree = Reader(source, names, rows, {}).read()
    held = {place: letter for place, letter in enumerate(axes) if letter is not None}
    block = tuple(size for place, size in enumerate(shape) if place not in held)
    result = np.empty(shape)
    for point in np.ndindex(*(shape[place] for place in held)):
        spot: list = [slice(None)] * len(shape)
        for place, position in zip(held, point, strict=True):
            spot[place] = position
        result[tuple(spot)] = block_of(tree(dict(zip(held.values(), point, strict=True))), block)
    return result


def block_of(value, shape: tuple[int, ...]):
    if not isinstance(value, Matrix):
        return np.broadcast_to(np.asarray(value, dtype=float), shape)
    wide = shape if len(shape) == 2 else (*shape, 1)
    full = np.broadcast_to(value.values, wide)
    if value.eye:
        full = full + value.eye * np.eye(wide[0])
    return full.reshape(shape)
