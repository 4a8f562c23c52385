"""What convolutions and transposed convolutions share: channels that are mixed, all of them or in groups."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.dimensions import InOut, extents_of
from symderive.layers.equations import indices_over, positions_over, sizes_of, weight_and_bias
from symderive.layers.layer import divisible
from symderive.layers.sliding import Sliding


class Grouped(Sliding, InOut):
    """Abstract: a sliding layer that mixes channels.

    With G groups an axis g is written out, then the channels of one group, c < C_in/G and o < C_out/G; in
    memory it is the same array.
    """

    groups: Any
    bias: bool

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """The windows fit, and the groups divide the channels."""
        ends = {"input channels": self.c_in, "output channels": self.c_out}
        return [*super()._demands(), *divisible(type(self).__name__, self.groups, ends)]

    @property
    def ends(self) -> tuple[Size, Size]:
        """C_in and C_out."""
        return self.c_in, self.c_out

    @property
    def size_order(self) -> tuple[Size, ...]:
        """As for every window, then the groups."""
        return (*super().size_order, self.groups)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes; a single group has none."""
        return {field: names for field, names in super().roles().items() if field != "groups" or self._group}

    @property
    def _group(self) -> tuple[Index, ...]:
        return () if self.groups == 1 else (Index("g", self.groups),)

    @property
    def channels(self) -> tuple[Index, Index]:
        """The indices of the channels that are read and of those that are made, within one group."""
        return Index("c", self.c_in / self.groups), Index("o", self.c_out / self.groups)

    @property
    @abstractmethod
    def kernel_axes(self) -> tuple[Index, ...]:
        """The indices of the kernel in front of the taps."""

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight`, with its axes in the order of PyTorch behind that of the groups, and `bias` (C_out)."""
        ends = sizes_of((*self._group, self.channels[1])) if self.bias else None
        return weight_and_bias((*sizes_of(self.kernel_axes), *self.kernel), ends, "K")

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        (c, o), front = self.channels, (*indices_over("n", self.batch), *self._group)
        weight, *bias = self.parameters
        x = Tensor("x", (*sizes_of(front), c.dim, *extents_of(self)))
        out = positions_over(self.outputs)
        before, body = self.summed(x, (*front, c), weight, out)
        for one in bias:
            body = body + Entry(one, *self._group, o)
        y = Tensor("y", sizes_of((*front, o, *out)))
        return Program(
            (x, *self.parameters), (*before, Definition(y, (*front, o, *out), body, pinned=True)), (y,)
        )

    @abstractmethod
    def summed(
        self, x: Tensor, front: tuple[Index, ...], weight: Tensor, out: tuple[Index, ...]
    ) -> tuple[tuple[Definition, ...], sympy.Expr]:
        """The sum of products at one output, and the equations that it needs before.

        Args:
            x: the input.
            front: its indices up to that of the channel.
            weight: the kernel.
            out: the indices of the output along the axes.
        """
