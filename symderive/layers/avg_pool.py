"""Average pools: along one, two or three axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import as_size
from symderive.core.nodes import Index, IndexSum
from symderive.core.positions import Inside, bare
from symderive.layers.dimensions import Channels, Line, Plane, Taps, Volume
from symderive.layers.equations import count_of
from symderive.layers.pooling import Pool
from symderive.layers.window import Window, windows


class Averaging:
    """What a pool does with a window: the mean."""

    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """The mean over the taps."""
        return IndexSum(read, *taps) / count_of(taps)


@dataclass(frozen=True)
class AvgPool(Averaging, Pool):
    """Abstract: the mean of each window; zeros of the padding are part of it, as PyTorch does by default.

    Args:
        count_include_pad: whether positions of the padding count among those that the sum is divided by. What
            a last window reaches over with `ceil_mode` never does.
        divisor: what the sum is divided by instead; PyTorch's `divisor_override`.
    """

    count_include_pad: Any = True
    divisor: Any = None

    def _settle(self) -> None:
        super()._settle()
        if self.divisor is not None:
            object.__setattr__(self, "divisor", as_size(self.divisor, f"{type(self).__name__}: divisor"))

    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """The sum over the taps, divided by how many of them count."""
        if self.divisor is not None:
            return IndexSum(read, *taps) / self.divisor
        places = read.axes[-len(taps) :]
        counted = map(self._counted, windows(self), map(bare, places), taps)
        return IndexSum(read, *taps) / sympy.Mul(*counted)

    def _counted(self, window: Window, place: sympy.Expr, tap: Index) -> sympy.Expr:
        """How many taps of a window count: `Σ_u [0 ≤ s·i + u − p < H]` where some may not."""
        before, after = (window.before, window.after) if self.count_include_pad else (sympy.S.Zero,) * 2
        if (window.before, window.behind) == (before, after):
            return tap.dim
        inside = Inside(place + before, window.size + before + after)
        return tap.dim if inside == 1 else IndexSum(inside, tap)


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
    AvgPool2d(2, (3, 2), 4, 7, stride=2, padding=(1, 0), ceil_mode=True, count_include_pad=False),
    AvgPool1d(3, 3, 6, stride=2, padding=1, ceil_mode=True),
    AvgPool1d(2, 2, 6, divisor=3),
    AvgPool3d(2, 2, 2, 3, 4, stride=1),
)
