"""Maximum pools: along one, two or three axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.nodes import Index, IndexMax
from symderive.layers.dimensions import Channels, Line, Plane, Taps, Volume
from symderive.layers.pooling import Pool
from symderive.layers.window import windows


class Largest:
    """What a pool does with a window: its maximum."""

    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """The maximum over the taps."""
        return IndexMax(read, *taps)


class MaxPool(Largest, Pool):
    """Abstract: the largest entry of each window.

    Padding never is the maximum. It repeats the entry at the end, which is in every window that reaches over
    it, so that the maximum is that of the entries inside; with a dilation the last entry that stands in line
    with the others of the window.
    """

    EDGE: ClassVar[str] = "in line"

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """A dilated window that reaches over an end has an entry inside."""
        yield from super()._demands()
        for window in windows(self):
            if window.dilation != 1 and (window.before != 0 or window.behind != 0):
                yield (
                    sympy.Ge(window.size, window.dilation),
                    f"{type(self).__name__}: of {window.size} positions of the {window.axis} a window with "
                    f"padding and a dilation of {window.dilation} may see none; take a smaller dilation.",
                )


@dataclass(frozen=True)
class MaxPool1d(MaxPool, Line, Taps, Channels):
    """The largest entry of each window along one axis: channels, kernel and length, then as `Pool`.

    `y[c, i] = max_{u} x[c, s·i + u − p]`

    >>> MaxPool1d(3, 3, 10, stride=2, padding=1).output_shape
    (3, 5)
    """


@dataclass(frozen=True)
class MaxPool2d(MaxPool, Plane, Taps, Channels):
    """The largest entry of each window along two axes: channels, kernel, height, width, then as `Pool`.

    `y[c, i, j] = max_{u,v} x[c, s·i + u − p, s·j + v − p]`

    >>> MaxPool2d(64, 3, 112, 112, stride=2, padding=1).output_shape
    (64, 56, 56)
    """


@dataclass(frozen=True)
class MaxPool3d(MaxPool, Volume, Taps, Channels):
    """The largest entry of each window along three axes: channels, kernel and sizes, then as `Pool`.

    `y[c, i, j, l] = max_{u,v,w} x[c, s·i + u − p, …]`

    >>> MaxPool3d(4, 2, 4, 6, 8).output_shape
    (4, 2, 3, 4)
    """


EXAMPLES = (
    MaxPool1d(2, 3, 8, stride=2, padding=1),
    MaxPool1d(2, 2, 7, stride=1, dilation=3),
    MaxPool1d(2, 3, 8, stride=2, padding=2, dilation=2),
    MaxPool2d(3, 2, 4, 5, batch=2),
    MaxPool2d(1, (3, 2), 5, 4, stride=(2, 1), padding=(1, (0, 1))),
    MaxPool2d(2, (3, 2), 6, 5, stride=(2, 3), ceil_mode=True),
    MaxPool3d(2, 2, 2, 3, 4, stride=1),
)
