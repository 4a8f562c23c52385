"""Upsampling by whole factors: along one, two or three axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.positions import Quotient, Remainder
from symderive.core.program import Definition, Program
from symderive.layers.dimensions import Channels, Line, Plane, Volume, extents_of
from symderive.layers.equations import defined, entry_of, indices_over, positions_over, sizes_of
from symderive.layers.fields import one_of, sizes
from symderive.layers.layer import Layer
from symderive.layers.padded import padded_input
from symderive.layers.window import SYMBOLS, Window, per_axis

MODES = ("nearest", "linear")


@dataclass(frozen=True)
class Upsample(Layer, Channels):
    """Abstract: an image with s times as many positions along each axis.

    Mode "nearest" repeats entries: `y[c, i] = x[c, ⌊i/s⌋]`. Mode "linear" goes straight from one entry to the
    next, one axis after the other (with two axes: bilinear), where output i stands at `(i + 1/2)/s − 1/2`, as
    in PyTorch without align_corners. Beyond the ends the last entry is repeated.

    Args:
        channels: channels of input and output; behind it stand the sizes of the input.
        scale: the factor s, a whole number for all axes or one for each.
        mode: "nearest" or "linear".
        batch: the sizes of the axes in front, one or a tuple; () or None for none.

    Raises:
        ShapeError: not a size.
        SymderiveError: an unknown mode.
    """

    AXES: ClassVar[tuple[str, ...]]

    scale: Any = "s"
    mode: str = "nearest"
    batch: Any = sizes("N", default=())

    def _settle(self) -> None:
        one_of(self.mode, MODES, f"{type(self).__name__}: unknown mode")
        super()._settle()
        object.__setattr__(self, "scale", per_axis(self.scale, self.AXES, f"{type(self).__name__}: scale"))

    @property
    def spatial(self) -> tuple[Size, ...]:
        """The output's sizes along the axes."""
        return tuple(extent * scale for extent, scale in zip(extents_of(self), self.scale, strict=True))

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch,) channels and s times the input's sizes."""
        return (*self.batch, self.channels, *self.spatial)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, channels, input, factors."""
        return (*self.batch, self.channels, *extents_of(self), *self.scale)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes: `s` for equal factors, else `s_h`, `s_w`."""
        equal = all(scale == self.scale[0] for scale in self.scale)
        scale = tuple("s" if equal else f"s_{SYMBOLS[axis].lower()}" for axis in self.AXES)
        return {"scale": scale, **super().roles()}

    def program(self) -> Program:
        """The equations with the input x."""
        front = (*indices_over("n", self.batch), Index("c", self.channels))
        x = Tensor("x", (*sizes_of(front), *extents_of(self)))
        if self.mode == "nearest":
            out = positions_over(self.spatial)
            places = (Quotient(i, scale) for i, scale in zip(out, self.scale, strict=True))
            y = defined("y", (*front, *out), Entry.at(x, *front, *places))
            return Program((x,), (y,), (y.tensor,))
        equations: list[Definition] = []
        for place, axis in enumerate(self.AXES):
            read = equations[-1].tensor if equations else x
            equations += self._between(read, len(front) + place, axis, self.scale[place])
        return Program((x,), tuple(equations), (equations[-1].tensor,))

    def _between(self, read: Tensor, place: int, axis: str, scale: Size) -> tuple[Definition, ...]:
        """How far each output is from one entry to the next, what they are read from, and the outputs."""
        one, zero = sympy.S.One, sympy.S.Zero
        extents = read.shape[len(read.shape) - len(self.AXES) :]
        windows = tuple(
            Window(other, size, one, one, one if other == axis else zero, one if other == axis else zero, one)
            for other, size in zip(self.AXES, extents, strict=True)
        )
        (continued,), _ = padded_input("replicate", read, windows)
        i = Index("m", read.shape[place] * scale)
        free = (*continued.indices[:place], i, *continued.indices[place + 1 :])
        at, step = 2 * i + 1 + scale, 2 * scale
        letter = SYMBOLS[axis]
        share = defined(f"share_{axis}", (i,), Remainder(at, step) / step, rf"\lambda^{{{letter}}}")
        lower, upper = (
            Entry.at(continued.tensor, *free[:place], Quotient(at, step) + more, *free[place + 1 :])
            for more in (0, 1)
        )
        between = lower + entry_of(share) * (upper - lower)
        return share, continued, defined(f"along_{axis}", free, between, f"y^{{{letter}}}")


@dataclass(frozen=True)
class Upsample1d(Upsample, Line, Channels):
    """Upsampling along one axis: channels and length, then as `Upsample`.

    >>> print(Upsample1d(3, 5, 2).program())
    y[c, i] = x[c, (i div 2)]
    """


@dataclass(frozen=True)
class Upsample2d(Upsample, Plane, Channels):
    """Upsampling along two axes: channels, height and width, then as `Upsample`.

    >>> Upsample2d(3, 5, 7, 2, mode="linear").output_shape
    (3, 10, 14)
    """


@dataclass(frozen=True)
class Upsample3d(Upsample, Volume, Channels):
    """Upsampling along three axes: channels, depth, height, width, then as `Upsample`.

    >>> Upsample3d(3, 4, 5, 7, (1, 2, 3)).output_shape
    (3, 4, 10, 21)
    """


EXAMPLES = (
    Upsample1d(2, 4, 3, batch=5),
    Upsample1d(2, 4, 3, "linear"),
    Upsample2d(3, 2, 4, (2, 1)),
    Upsample2d(1, 3, 2, 2, "linear", batch=4),
    Upsample3d(2, 1, 3, 2, (2, 1, 3)),
)
