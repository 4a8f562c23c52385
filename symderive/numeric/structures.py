"""How a structured matrix can move: what a change of its free entries does to the whole matrix.

Each map takes a change of every entry to a change that keeps the structure. The gradient of the loss behind
the map is what a derivation calls the gradient in the free entries, so that differences can confirm it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from symderive.numeric.rounding import FloatArray

Move = Callable[[FloatArray], FloatArray]


def _symmetric(change: FloatArray) -> FloatArray:
    return np.asarray(change + change.T - np.diag(np.diag(change)))


MOVES: Mapping[str, Move] = {
    "symmetric": _symmetric,
    "spd": _symmetric,
    "diagonal": lambda change: np.diag(np.diag(change)),
    "lower": lambda change: np.asarray(np.tril(change)),
    "upper": lambda change: np.asarray(np.triu(change)),
    "skew": lambda change: np.asarray(change - change.T),
}


def moved(start: FloatArray, domain: str, change: FloatArray) -> FloatArray:
    """The matrix after its free entries have changed.

    Args:
        start: a matrix of the structure.
        domain: its domain.
        change: what is added at each entry; the entries that the structure ties to it change along with it.

    Returns:
        a matrix of the same structure.

    >>> moved(np.eye(2), "symmetric", np.array([[0.0, 3.0], [0.0, 0.0]]))
    array([[1., 3.],
           [3., 1.]])
    """
    return np.asarray(start + MOVES[domain](change))
