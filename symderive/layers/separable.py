"""The depthwise-separable convolution: depthwise, then pointwise, as one program of two equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.layers.depthwise import DepthwiseConv2d
from symderive.layers.dimensions import InOut, Plane, Taps, extents_of
from symderive.layers.fields import sizes
from symderive.layers.pointwise import PointwiseConv2d
from symderive.layers.sliding import Sliding


@dataclass(frozen=True)
class SeparableConv2d(Sliding, Plane, Taps, InOut):
    """A depthwise convolution followed by a pointwise one.

    `depthwise[c, i, j] = Σ_{u,v} depthwise_weight[c, u, v] · x[c, s·i + d·u − p, s·j + d·v − p]`,
    `pointwise[o, i, j] = Σ_c pointwise_weight[o, c] · depthwise[c, i, j]`.

    Source: A. G. Howard et al., MobileNets, arXiv:1704.04861, section 3.1.

    Args:
        c_in: input channels.
        c_out: output channels; the other fields are those of `DepthwiseConv2d`.
        bias: whether both convolutions add one number per output channel.

    Raises:
        ShapeError: not a size, or a window that does not fit.
        SymderiveError: padding "same" with a stride.

    >>> layer = SeparableConv2d(3, 256, 5, 12, 12)
    >>> layer.output_shape
    (256, 8, 8)
    >>> print(layer.program())
    depthwise[c, i, j] = Sum[u, v](depthwise_weight[c, u, v]*x[c, i + u, j + v])
    pointwise[o, i, j] = Sum[c](pointwise_weight[o, c]*depthwise[c, i, j])
    """

    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    bias: bool = False
    batch: Any = sizes("N", default=())

    @property
    def ends(self) -> tuple[Size, Size]:
        """C_in and C_out."""
        return self.c_in, self.c_out

    @property
    def depthwise(self) -> DepthwiseConv2d:
        """The first convolution."""
        return DepthwiseConv2d(
            self.c_in, self.kernel, self.height, self.width, self.stride, self.padding, self.dilation,
            self.bias, self.batch,
        )  # fmt: skip

    @property
    def pointwise(self) -> PointwiseConv2d:
        """The second convolution, over the output positions of the first."""
        height, width = self.outputs
        return PointwiseConv2d(self.c_in, self.c_out, height, width, self.bias, self.batch)

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The depthwise parameters, then the pointwise ones."""
        return (*self.depthwise.arrays("depthwise_"), *self.pointwise.arrays("pointwise_"))

    def program(self) -> Program:
        """Two index equations; inputs x and the parameters of both."""
        x = Tensor("x", (*self.batch, self.c_in, *extents_of(self)))
        z = Tensor("depthwise", (*self.batch, self.c_in, *self.outputs), latex_name="z")
        y = Tensor("pointwise", (*self.batch, self.c_out, *self.outputs), latex_name="y")
        first = self.depthwise.definition(x, z, self.depthwise.arrays("depthwise_"))
        second = self.pointwise.definition(z, y, self.pointwise.arrays("pointwise_"))
        return Program((x, *self.parameters), (first, second), (y,))


EXAMPLES = (
    SeparableConv2d(2, 3, 2, 5, 4),
    SeparableConv2d(3, 2, (2, 3), 6, 7, stride=2, padding=1, bias=True, batch=2),
)
