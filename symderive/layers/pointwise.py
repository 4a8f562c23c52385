"""The pointwise (1×1) convolution: a linear map of the channels at every position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.dimensions import InOut, Plane, extents_of
from symderive.layers.equations import indices_over, positions_over, weight_and_bias
from symderive.layers.fields import sizes
from symderive.layers.layer import Layer


@dataclass(frozen=True)
class PointwiseConv2d(Layer, Plane, InOut):
    """A convolution with a kernel of one tap.

    `y[o, i, j] = Σ_c weight[o, c] · x[c, i, j] + bias[o]`

    Args:
        c_in: input channels.
        c_out: output channels.
        height: height of input and output.
        width: width of input and output.
        bias: whether one number per output channel is added.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.

    Raises:
        ShapeError: not a size.

    >>> layer = PointwiseConv2d(3, 256, 8, 8)
    >>> layer.output_shape, layer.parameters[0].shape
    ((256, 8, 8), (256, 3))
    """

    bias: bool = False
    batch: Any = sizes("N", default=())

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (C_out, C_in), and `bias` (C_out) if there is one."""
        return self.arrays("")

    def arrays(self, prefix: str) -> tuple[Tensor, ...]:
        """The parameters with `prefix` before their names, for layers that contain this one."""
        return weight_and_bias((self.c_out, self.c_in), (self.c_out,) if self.bias else None, "P", prefix)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch,) C_out, H, W."""
        return (*self.batch, self.c_out, *extents_of(self))

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, input channels, positions, output channels."""
        return (*self.batch, self.c_in, *extents_of(self), self.c_out)

    def definition(self, x: Tensor, into: Tensor, arrays: tuple[Tensor, ...]) -> Definition:
        """The index equation between given arrays, for layers that contain this one."""
        batch, positions = indices_over("n", self.batch), positions_over(extents_of(self))
        o, c, (weight, *bias) = Index("o", self.c_out), Index("c", self.c_in), arrays
        body = IndexSum(Entry(weight, o, c) * Entry(x, *batch, c, *positions), c)
        for one in bias:
            body = body + Entry(one, o)
        return Definition(into, (*batch, o, *positions), body, pinned=True)

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        x, y = Tensor("x", (*self.batch, self.c_in, *extents_of(self))), Tensor("y", self.output_shape)
        return Program((x, *self.parameters), (self.definition(x, y, self.parameters),), (y,))


EXAMPLES = (PointwiseConv2d(2, 3, 5, 4), PointwiseConv2d(3, 2, 4, 5, bias=True, batch=2))
