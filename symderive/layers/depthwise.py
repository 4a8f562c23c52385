"""The depthwise convolution: one kernel per channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.dimensions import In, Plane, Taps, extents_of
from symderive.layers.equations import indices_over, positions_over, weight_and_bias
from symderive.layers.fields import sizes
from symderive.layers.sliding import Sliding, slide
from symderive.layers.window import windows


@dataclass(frozen=True)
class DepthwiseConv2d(Sliding, Plane, Taps, In):
    """A convolution that does not mix channels.

    `y[c, i, j] = Σ_{u,v} weight[c, u, v] · x[c, s·i + d·u − p, s·j + d·v − p] + bias[c]`

    Args:
        c_in: channels of input and output.
        kernel: taps, one number for both axes or (height, width); likewise stride, padding and dilation.
        height: input height.
        width: input width.
        stride: step between outputs.
        padding: zeros on each side, also a pair (before, after) for each axis; "same" (stride 1) or "valid".
        dilation: step between taps.
        bias: whether one number per channel is added.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.

    Raises:
        ShapeError: not a size, or a window that does not fit.
        SymderiveError: padding "same" with a stride.

    >>> layer = DepthwiseConv2d(3, 5, 12, 12)
    >>> layer.output_shape, layer.parameters[0].shape
    ((3, 8, 8), (3, 5, 5))
    """

    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    bias: bool = False
    batch: Any = sizes("N", default=())

    @property
    def ends(self) -> tuple[Size, Size]:
        """The channels are kept."""
        return self.c_in, self.c_in

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (C_in, k_h, k_w), and `bias` (C_in) if there is one."""
        return self.arrays("")

    def arrays(self, prefix: str) -> tuple[Tensor, ...]:
        """The parameters with `prefix` before their names, for layers that contain this one."""
        ends = (self.c_in,) if self.bias else None
        return weight_and_bias((self.c_in, *self.kernel), ends, "K", prefix)

    def definition(self, x: Tensor, into: Tensor, arrays: tuple[Tensor, ...]) -> Definition:
        """The index equation between given arrays, for layers that contain this one."""
        c, out, (weight, *bias) = Index("c", self.c_in), positions_over(self.outputs), arrays
        front = (*indices_over("n", self.batch), c)
        body = slide(windows(self), out, (weight, (c,)), (x, front))
        for one in bias:
            body = body + Entry(one, c)
        return Definition(into, (*front, *out), body, pinned=True)

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        x = Tensor("x", (*self.batch, self.c_in, *extents_of(self)))
        y = Tensor("y", (*self.batch, self.c_in, *self.outputs))
        return Program((x, *self.parameters), (self.definition(x, y, self.parameters),), (y,))


EXAMPLES = (
    DepthwiseConv2d(3, 2, 5, 4),
    DepthwiseConv2d(2, (3, 2), 7, 6, stride=2, padding=(1, 2), dilation=2, bias=True, batch=3),
)
