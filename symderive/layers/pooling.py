"""Pools along one, two or three axes: everything but what is done with a window."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.dimensions import Channels, extents_of
from symderive.layers.equations import along, defined, indices_over, positions_over, sizes_of
from symderive.layers.fields import sizes
from symderive.layers.padded import padded_input
from symderive.layers.sliding import TAPS, Sliding, reading
from symderive.layers.window import windows


@dataclass(frozen=True)
class Pool(Sliding, Channels):
    """Abstract: one number for each window and channel, along the axes `AXES`.

    Args:
        channels: channels of input and output.
        kernel: the window, one number for all axes or one for each; likewise stride, dilation and padding.
            Behind it stand the sizes of the input, in the order of the axes.
        stride: step between windows; by default the kernel, so that they stand side by side, as in PyTorch.
        padding: how far windows reach over each end.
        dilation: step between taps.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.
        ceil_mode: whether a last window that is only partly inside counts, if it begins inside or in front.

    Raises:
        ShapeError: not a size, a window that does not fit, or more padding than half of what a window covers.
        SymderiveError: padding "same" with a stride, or a `ceil_mode` that depends on sizes without a number.
    """

    EDGE: ClassVar[str] = ""
    """How the input is continued where windows reach over its ends; by zeros if empty."""

    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    batch: Any = sizes("N", default=())
    ceil_mode: Any = False

    def _settle(self) -> None:
        if self.stride is None:
            object.__setattr__(self, "stride", self.kernel)
        super()._settle()

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """The windows fit, and no more than half of one stands in the padding."""
        name = type(self).__name__
        yield from super()._demands()
        for window in windows(self):
            for side in dict.fromkeys((window.before, window.after)):
                covered = "" if window.dilation == 1 else f", which covers {window.span} positions"
                yield (
                    sympy.Le(2 * side, window.span) if side != 0 else sympy.true,
                    f"{name}: the padding {side} along the {window.axis} is more than half of the kernel "
                    f"{window.kernel}{covered}; take less.",
                )

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes; with `ceil_mode` the kernel stays a number."""
        roles = super().roles()
        return {**roles, "kernel": ("",) * len(self.AXES)} if self.ceil_mode else roles

    @abstractmethod
    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """What is made of the entries that the taps read."""

    @property
    def ends(self) -> tuple[Size, Size]:
        """The channels are kept."""
        return self.channels, self.channels

    def program(self) -> Program:
        """The index equation with the input x."""
        front = (*indices_over("n", self.batch), Index("c", self.channels))
        x = Tensor("x", (*sizes_of(front), *extents_of(self)))
        sliding = windows(self)
        continued: tuple[Definition, ...] = ()
        if self.EDGE and any(side != 0 for one in sliding for side in (one.before, one.behind)):
            continued, sliding = padded_input(self.EDGE, x, sliding)
        source = continued[-1].tensor if continued else x
        out, taps = positions_over(self.outputs), along(TAPS, self.kernel)
        y = defined("y", (*front, *out), self.pooled(reading(sliding, out, taps, (source, front)), taps))
        return Program((x,), (*continued, y), (y.tensor,))
