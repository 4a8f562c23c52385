"""Singular values and vectors for the slow evaluator, by `numpy.linalg.svd`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symderive.core.singular_nodes import (
    LargestPairEntry,
    LargestSingularValue,
    NuclearNorm,
    PolarEntry,
    SingularNode,
)


def read_off_singular(node: SingularNode, rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """What a node reads off a matrix of numbers; a single number as 1×1.

    >>> from symderive.core.nodes import Tensor
    >>> read_off_singular(NuclearNorm(Tensor("A", (2, 2))), [[3.0, 0.0], [0.0, -2.0]])
    [[5.0]]
    """
    u, values, vt = np.linalg.svd(np.array(rows, dtype=float), full_matrices=False)
    if isinstance(node, PolarEntry):
        return (u @ vt).tolist()
    if isinstance(node, NuclearNorm):
        return [[float(values.sum())]]
    place = 0 if isinstance(node, (LargestSingularValue, LargestPairEntry)) else -1
    if node.axes:
        return np.outer(u[:, place], vt[place]).tolist()
    return [[float(values[place])]]
