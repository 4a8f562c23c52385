"""Pools whose windows follow from how many outputs there are: along one, two or three axes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.positions import Quotient, divided
from symderive.core.program import Program
from symderive.layers.avg_pool import Averaging
from symderive.layers.dimensions import Channels, Line, Plane, Volume, extents_of
from symderive.layers.equations import along, defined, indices_over, positions_over, sizes_of
from symderive.layers.fields import sizes
from symderive.layers.layer import Layer
from symderive.layers.max_pool import Largest
from symderive.layers.sliding import TAPS
from symderive.layers.window import SYMBOLS, per_axis


@dataclass(frozen=True)
class AdaptivePool(Layer, Channels):
    """Abstract: one number for each window and channel, with as many windows as are asked for.

    Output i of O is that of the positions from `⌊i·H/O⌋` up to `⌈(i + 1)·H/O⌉`, as in PyTorch, so that the
    windows may differ in size and overlap: one index equation, in which the extent of a window depends on i.
    Where O divides H, the windows of k = H/O positions stand side by side; one output is a global pool.

    Args:
        channels: channels of input and output; behind it stand the sizes of the input.
        output: how many outputs there are, one number for all axes or one for each.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.

    Raises:
        ShapeError: not a size.
    """

    AXES: ClassVar[tuple[str, ...]]

    output: Any = 1
    batch: Any = sizes("N", default=())

    def _settle(self) -> None:
        super()._settle()
        name = f"{type(self).__name__}: output"
        object.__setattr__(self, "output", per_axis(self.output, self.AXES, name))

    def _sizes(self) -> Iterator[tuple[str, Size, Size]]:
        return zip(self.AXES, extents_of(self), self.output, strict=True)

    @abstractmethod
    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """What is made of the entries that the taps read."""

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch,) channels and outputs."""
        return (*self.batch, self.channels, *self.output)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, channels, inputs, outputs."""
        return (*self.batch, self.channels, *extents_of(self), *self.output)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes: `H` and `H_out`; a single output stays 1."""
        output = ("" if count == 1 else f"{SYMBOLS[axis]}_out" for axis, _, count in self._sizes())
        return {**super().roles(), "output": tuple(output)}

    def program(self) -> Program:
        """The equations with the input x."""
        front = (*indices_over("n", self.batch), Index("c", self.channels))
        x = Tensor("x", (*sizes_of(front), *extents_of(self)))
        out = positions_over(self.output)
        windows = [_window(i, *sizes[1:]) for i, sizes in zip(out, self._sizes(), strict=True)]
        taps = along(TAPS, [size for _, size in windows])
        places = (start + u for (start, _), u in zip(windows, taps, strict=True))
        y = defined("y", (*front, *out), self.pooled(Entry.at(x, *front, *places), taps))
        return Program((x,), (y,), (y.tensor,))


def _window(i: Index, extent: Size, count: Size) -> tuple[sympy.Expr, sympy.Expr]:
    """Where window i of so many begins, and how many positions it has."""
    whole = divided(extent, count)
    if whole is not None:
        return whole * i if count != 1 else sympy.S.Zero, whole
    start = Quotient(extent * i, count)
    return start, Quotient(extent * (i + 1) + count - 1, count) - start


class AdaptiveAvgPool(Averaging, AdaptivePool):
    """Abstract: the mean of each window."""


class AdaptiveMaxPool(Largest, AdaptivePool):
    """Abstract: the largest entry of each window."""


@dataclass(frozen=True)
class AdaptiveAvgPool1d(AdaptiveAvgPool, Line, Channels):
    """The mean of each of so many windows along one axis: channels and length, then as `AdaptivePool`.

    >>> print(AdaptiveAvgPool1d(3, 12, 4).program())
    y[c, i] = Sum[u](x[c, 3*i + u])/3
    >>> print(AdaptiveAvgPool1d(3, 8, 3).program())
    y[c, i] = Sum[u](x[c, u + ((8*i) div 3)])/(-((8*i) div 3) + ((8*i + 1) div 3) + 3)
    """


@dataclass(frozen=True)
class AdaptiveAvgPool2d(AdaptiveAvgPool, Plane, Channels):
    """The mean of each of so many windows along two axes: channels, height, width, then as `AdaptivePool`.

    >>> AdaptiveAvgPool2d(512, 7, 7, batch=2).output_shape
    (2, 512, 1, 1)
    """


@dataclass(frozen=True)
class AdaptiveAvgPool3d(AdaptiveAvgPool, Volume, Channels):
    """The mean of each of so many windows along three axes: channels and sizes, then as `AdaptivePool`.

    >>> AdaptiveAvgPool3d(8, 4, 6, 8, (2, 3, 1)).output_shape
    (8, 2, 3, 1)
    """


@dataclass(frozen=True)
class AdaptiveMaxPool1d(AdaptiveMaxPool, Line, Channels):
    """The largest entry of each of so many windows along one axis: as `AdaptiveAvgPool1d`.

    >>> print(AdaptiveMaxPool1d(3, 12).program())
    y[c, i] = Max[u](x[c, u])
    """


@dataclass(frozen=True)
class AdaptiveMaxPool2d(AdaptiveMaxPool, Plane, Channels):
    """The largest entry of each of so many windows along two axes: as `AdaptiveAvgPool2d`.

    >>> AdaptiveMaxPool2d(64, 13, 13, 6).output_shape
    (64, 6, 6)
    """


@dataclass(frozen=True)
class AdaptiveMaxPool3d(AdaptiveMaxPool, Volume, Channels):
    """The largest entry of each of so many windows along three axes: as `AdaptiveAvgPool3d`.

    >>> AdaptiveMaxPool3d(8, 4, 6, 8, 2).output_shape
    (8, 2, 2, 2)
    """


EXAMPLES = (
    AdaptiveAvgPool1d(2, 6, 3, batch=4),
    AdaptiveAvgPool2d(2, 3, 4),
    AdaptiveAvgPool2d(2, 5, 4, (3, 2)),
    AdaptiveAvgPool3d(2, 3, 4, 5, (1, 2, 4)),
    AdaptiveMaxPool1d(2, 7, 3),
    AdaptiveMaxPool2d(3, 2, 4, (1, 2), batch=5),
    AdaptiveMaxPool3d(2, 4, 3, 1, (2, 2, 1)),
)
