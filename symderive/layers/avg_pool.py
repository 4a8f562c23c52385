"""Average pools: along one, two or three axes."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from symderive.core.nodes import Index, IndexSum
from symderive.layers.dimensions import Channels, Line, Plane, Taps, Volume
from symderive.layers.equations import count_of
from symderive.layers.pooling import Pool


class Averaging:
    """What a pool does with a window: the mean."""

    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """The mean over the taps."""
        return IndexSum(read, *taps) / count_of(taps)


class AvgPool(Averaging, Pool):
    """Abstract: the mean of each window; zeros of the padding are part of it, as PyTorch does by default."""


@dataclass(frozen=True)
class AvgPool1d(AvgPool, Line, Taps, Channels):
    """The mean of each window along one axis: channels, kernel and length, then as `Pool`.

    `y[c, i] = Σ_{u} x[c, s·i + u − p] / k`

    >>> AvgPool1d(3, 4, 10).output_shape
    (3, 2)
    """


@dataclass(frozen=True)
class AvgPool2d(AvgPool, Plane, Taps, Channels):
    """The mean of each window along two axes: channels, kernel, height and width, then as `Pool`.

    `y[c, i, j] = Σ_{u,v} x[c, s·i + u − p, s·j + v − p] / k²`

    >>> layer = AvgPool2d(16, 2, 14, 14)
    >>> layer.output_shape
    (16, 7, 7)
    >>> print(layer.program())
    y[c, i, j] = Sum[u, v](x[c, 2*i + u, 2*j + v])/4
    """


@dataclass(frozen=True)
class AvgPool3d(AvgPool, Volume, Taps, Channels):
    """The mean of each window along three axes: channels, kernel, depth, height, width, then as `Pool`.

    `y[c, i, j, l] = Σ_{u,v,w} x[c, s·i + u − p, …] / k³`

    >>> AvgPool3d(4, 2, 4, 6, 8, batch=1).output_shape
    (1, 4, 2, 3, 4)
    """


EXAMPLES = (
    AvgPool1d(2, 3, 8, stride=2, padding=1),
    AvgPool2d(3, 2, 4, 5, batch=2),
    AvgPool2d(2, (3, 2), 5, 6, stride=(1, 2), padding=(1, 0)),
    AvgPool3d(2, 2, 2, 3, 4, stride=1),
)
