"""Pools along one, two or three axes: everything but what is done with a window and the list of fields."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.convolution import outputs
from symderive.layers.layer import Layer, require
from symderive.layers.padded import padded_input
from symderive.layers.sliding import (
    OUTPUT_LETTERS,
    TAP_LETTERS,
    along,
    batch_sizes,
    extents_of,
    fitting,
    leading,
    settle_window,
    window_roles,
)
from symderive.layers.window import windows


class Pool(Layer):
    """Abstract: one number for each window and channel, along the axes `AXES`.

    Without a stride the windows stand side by side, as in PyTorch.
    """

    AXES: ClassVar[tuple[str, ...]]
    EDGE: ClassVar[str] = ""
    channels: Any
    kernel: Any
    stride: Any
    padding: Any
    dilation: Any
    batch: Any

    def __post_init__(self) -> None:
        """Turn the fields into sizes and check them."""
        if self.stride is None:
            object.__setattr__(self, "stride", self.kernel)
        settle_window(self, ("channels",))
        require(self._demands())

    def _demands(self) -> list[tuple[Any, str]]:
        """The windows fit, and no more than half of one stands in the padding."""
        name = type(self).__name__
        found = fitting(self)
        for window in windows(self):
            for side in dict.fromkeys((window.before, window.after)):
                found.append(
                    (
                        sympy.Le(2 * side, window.kernel) if side != 0 else sympy.true,
                        f"{name}: the padding {side} along the {window.axis} is more than half of the kernel "
                        f"{window.kernel}; take less.",
                    )
                )
        return found

    @abstractmethod
    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """What is made of the entries that the taps read."""

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """None."""
        return ()

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) C and the outputs along each axis."""
        return (*batch_sizes(self.batch), self.channels, *(window.output for window in windows(self)))

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """The named output extents in the input's sizes."""
        return outputs(self)[1]

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The windows fit, and stand in the array with at least half of their taps."""
        return require(self._demands())

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, channels, output positions."""
        return (*batch_sizes(self.batch), *self.kernel, self.channels, *outputs(self)[0])

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        return {**window_roles(self), "channels": ("C",)}

    def program(self) -> Program:
        """The index equation with the input x."""
        c, batch = Index("c", self.channels), leading(self.batch)
        front = (*batch, c)
        sizes = tuple(index.dim for index in front)
        x, y = Tensor("x", (*sizes, *extents_of(self))), Tensor("y", (*sizes, *outputs(self)[0]))
        sliding = windows(self)
        continued: tuple[Definition, ...] = ()
        if self.EDGE and any(side != 0 for one in sliding for side in (one.before, one.after)):
            continued, sliding = padded_input(self.EDGE, x, sliding)
        source = continued[-1].tensor if continued else x
        out = along(OUTPUT_LETTERS, outputs(self)[0])
        taps = along(TAP_LETTERS, self.kernel)
        places = (window.position(i, u) for window, i, u in zip(sliding, out, taps, strict=True))
        body = self.pooled(Entry.at(source, *front, *places), taps)
        return Program((x,), (*continued, Definition(y, (*front, *out), body, pinned=True)), (y,))
