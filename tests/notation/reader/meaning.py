"""The value of a printed right-hand side."""

from __future__ import annotations

from itertools import product

import numpy as np

from tests.notation.reader.grammar import Reader
from tests.notation.reader.values import Matrix


def meaning(source: str, names, rows, shape: tuple[int, ...], axes: list[str | None]):
    """The value of a printed right-hand side: an array of the given shape.

    `axes` has a letter for each axis at which the left-hand side stands at one position, None for a whole
    axis. How long a basis vector is does not stand on the page: the first sizes that fit are taken.
    """
    of_names = {size for value in names.values() for size in np.shape(value)}
    lengths = sorted(of_names | set(shape))
    tried = [list(one) for one in product(lengths, repeat=source.count("𝐞"))]
    for place, chosen in enumerate(tried):
        try:
            return _meaning(source, names, rows, shape, axes, chosen)
        except (SyntaxError, ValueError):  # sizes that do not fit
            if place == len(tried) - 1:
                raise
    raise SyntaxError(f"no sizes for {source}")


def _meaning(source, names, rows, shape, axes, lengths):
    reader = Reader(source, names, rows, {})
    reader.lengths = lengths
    tree = reader.read()
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
