"""Convolutions along one, two or three axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from symderive.core.nodes import Index, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.layers.fields import one_of, size, sizes
from symderive.layers.grouped import Grouped
from symderive.layers.padded import MODES, mode_conditions, padded_input
from symderive.layers.sliding import slide
from symderive.layers.window import windows


@dataclass(frozen=True)
class Convolution(Grouped):
    """Abstract: a convolution (a cross-correlation, as all libraries compute it) along the axes `AXES`.

    `y[o, i…] = Σ_{c,u…} weight[o, c, u…] · x[c, s·i + d·u − p, …] + bias[o]`

    With G groups an axis g is written out, then the channels of one group; in memory it is the same array:
    `y[g, o, i…] = Σ_{c,u…} weight[g, o, c, u…] · x[g, c, …] + bias[g, o]` with c < C_in/G, o < C_out/G.
    With a padding mode other than zeros, `x` is first continued beyond its ends, one axis after the other.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for all axes or one for each; likewise stride, padding and dilation. Behind
            it stand the sizes of the input, in the order of the axes.
        stride: step between outputs.
        padding: what is added on each side, also a pair (before, after) for each axis; "same" (stride 1: the
            output is as large as the input, an odd one is added behind) or "valid" (nothing).
        dilation: step between taps.
        groups: groups of channels that do not see each other.
        bias: whether one number per output channel is added.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.
        padding_mode: what is added: "zeros", "reflect", "replicate" or "circular".

    Raises:
        ShapeError: not a size, a window that does not fit, padding that the input cannot give, or groups that
            do not divide the channels.
        SymderiveError: padding "same" with a stride, or an unknown padding mode.
    """

    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Any = size("G", default=1)
    bias: bool = False
    batch: Any = sizes("N", default=())
    padding_mode: str = "zeros"

    def _settle(self) -> None:
        one_of(self.padding_mode, MODES, f"{type(self).__name__}: unknown padding mode")
        super()._settle()

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """The windows fit, the groups divide the channels, and the padding can be taken from the input."""
        name = type(self).__name__
        ends = [one for window in windows(self) for one in mode_conditions(self.padding_mode, window, name)]
        return [*super()._demands(), *ends]

    @property
    def kernel_axes(self) -> tuple[Index, ...]:
        """Group, output channel, input channel."""
        return (*self._group, *reversed(self.channels))

    def summed(
        self, x: Tensor, front: tuple[Index, ...], weight: Tensor, out: tuple[Index, ...]
    ) -> tuple[tuple[Definition, ...], IndexSum]:
        """`Σ_{c,u…} weight[o, c, u…] · x[c, s·i + d·u − p, …]`, after what continues x."""
        sliding = windows(self)
        continued: tuple[Definition, ...] = ()
        if self.padding_mode != "zeros":
            continued, sliding = padded_input(self.padding_mode, x, sliding)
        read = continued[-1].tensor if continued else x
        return continued, slide(sliding, out, (weight, self.kernel_axes), (read, front), front[-1:])
