"""Pools whose windows follow from how many outputs there are: along one, two or three axes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.layers.avg_pool import Averaging
from symderive.layers.dimensions import Channels, Line, Plane, Volume, extents_of
from symderive.layers.equations import along, defined, entry_of, indices_over, positions_over, sizes_of
from symderive.layers.fields import sizes
from symderive.layers.layer import Layer, divisible
from symderive.layers.max_pool import Largest
from symderive.layers.sliding import TAPS
from symderive.layers.window import SYMBOLS, extents, names_in, per_axis


@dataclass(frozen=True)
class AdaptivePool(Layer, Channels):
    """Abstract: one number for each window and channel, with as many windows as are asked for.

    Output i of O is that of the positions from `⌊i·H/O⌋` up to `⌈(i + 1)·H/O⌉`, as in PyTorch. Where O
    divides H, the windows of k = H/O positions stand side by side; one output is a global pool. Symbols are
    taken to divide each other, which is printed as a condition. Where numbers do not, each output is an
    equation of its own, one axis after the other, and both stay numbers in the formulas.

    Args:
        channels: channels of input and output; behind it stand the sizes of the input.
        output: how many outputs there are, one number for all axes or one for each.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.

    Raises:
        ShapeError: not a size, or more outputs than positions.
    """

    AXES: ClassVar[tuple[str, ...]]

    output: Any = 1
    batch: Any = sizes("N", default=())

    def _settle(self) -> None:
        super()._settle()
        name = f"{type(self).__name__}: output"
        object.__setattr__(self, "output", per_axis(self.output, self.AXES, name))

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """There are no more outputs than positions, and where they are symbols, they divide them."""
        for axis, extent, count in self._sizes():
            yield (
                sympy.Le(count, extent),
                f"{type(self).__name__}: {count} outputs are more than the {extent} positions of the {axis}; "
                "take fewer.",
            )
            if not self._is_uneven(extent, count):
                yield from divisible(
                    type(self).__name__, count, {f"positions of the {axis}": extent}, "outputs"
                )

    def _sizes(self) -> Iterator[tuple[str, Size, Size]]:
        return zip(self.AXES, extents_of(self), self.output, strict=True)

    @staticmethod
    def _is_uneven(extent: Size, count: Size) -> bool:
        return bool(sympy.Mod(extent, count).is_positive)

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
        uneven = {axis for axis, extent, count in self._sizes() if self._is_uneven(extent, count)}
        roles = {field: names for field, names in super().roles().items() if field not in uneven}
        output = (
            "" if count == 1 or axis in uneven else f"{SYMBOLS[axis]}_out" for axis, _, count in self._sizes()
        )
        return {**roles, "output": tuple(output)}

    def _kernel(self) -> tuple[tuple[Size, ...], dict[Dim, Size]]:
        """The windows where they stand side by side, by names such as `k_h` where they are no names."""
        factors = [
            extent if self._is_uneven(extent, count) else extent / count for _, extent, count in self._sizes()
        ]
        letters = [f"k_{SYMBOLS[axis].lower()}" for axis in self.AXES] if len(self.AXES) > 1 else ["k"]
        return extents(factors, letters, names_in(self))

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """The window in the sizes of input and output."""
        return self._kernel()[1]

    def program(self) -> Program:
        """The equations with the input x."""
        front = (*indices_over("n", self.batch), Index("c", self.channels))
        read = x = Tensor("x", (*sizes_of(front), *extents_of(self)))
        equations: list[Definition] = []
        kernel = list(self._kernel()[0])
        for place, (axis, extent, count) in enumerate(self._sizes()):
            if self._is_uneven(extent, count):
                free = (*front, *positions_over(read.shape[len(front) :]))
                equations += self._uneven(read, free, len(front) + place, axis)
                read, kernel[place] = equations[-1].tensor, sympy.S.One
        if not equations or any(size != 1 for size in kernel):
            out, taps = positions_over(self.output), along(TAPS, kernel)
            steps = zip(self.output, kernel, out, taps, strict=True)
            places = (u if count == 1 else size * i + u for count, size, i, u in steps)
            entry = Entry.at(read, *front, *places)
            equations.append(defined("y", (*front, *out), self.pooled(entry, taps)))
        return Program((x,), tuple(equations), (equations[-1].tensor,))

    def _uneven(self, source: Tensor, free: tuple[Index, ...], place: int, axis: str) -> list[Definition]:
        """One equation for each output along an axis, and one that puts them side by side."""
        before, behind = free[:place], free[place + 1 :]
        extent, count = int(source.shape[place]), int(self.output[self.AXES.index(axis)])
        letter, made = SYMBOLS[axis].lower(), []
        for number in range(count):
            first, end = number * extent // count, -(-(number + 1) * extent // count)
            tap = Index("u", end - first)
            body = self.pooled(Entry.at(source, *before, first + tap, *behind), (tap,))
            made.append(defined(f"{axis}_{number}", (*before, *behind), body, f"{letter}^{{({number})}}"))
        i = Index(free[place].name, count)
        terms = (Inside(i - number, 1) * entry_of(one) for number, one in enumerate(made))
        return [*made, defined(f"along_{axis}", (*before, i, *behind), sympy.Add(*terms), f"y^{{{letter}}}")]


class AdaptiveAvgPool(Averaging, AdaptivePool):
    """Abstract: the mean of each window."""


class AdaptiveMaxPool(Largest, AdaptivePool):
    """Abstract: the largest entry of each window."""


@dataclass(frozen=True)
class AdaptiveAvgPool1d(AdaptiveAvgPool, Line, Channels):
    """The mean of each of so many windows along one axis: channels and length, then as `AdaptivePool`.

    >>> print(AdaptiveAvgPool1d(3, 12, 4).program())
    y[c, i] = Sum[u](x[c, 3*i + u])/3
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
