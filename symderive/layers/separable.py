"""The depthwise-separable convolution: depthwise, then pointwise, as one program of two equations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.layers.convolution import outputs
from symderive.layers.depthwise import DepthwiseConv2d
from symderive.layers.layer import Layer, require
from symderive.layers.pointwise import PointwiseConv2d
from symderive.layers.sliding import batch_sizes, fitting, leading, settle_window, window_roles


@dataclass(frozen=True)
class SeparableConv2d(Layer):
    """A depthwise convolution followed by a pointwise one.

    `depthwise[c, i, j] = Σ_{u,v} depthwise_weight[c, u, v] · x[c, s·i + d·u − p, s·j + d·v − p]`,
    `pointwise[o, i, j] = Σ_c pointwise_weight[o, c] · depthwise[c, i, j]`.

    Source: A. G. Howard et al., MobileNets, arXiv:1704.04861, section 3.1.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for both axes or (height, width); likewise stride, padding and dilation.
        height: input height.
        width: input width.
        stride: step between outputs.
        padding: zeros on each side, also a pair (before, after) for each axis; "same" (stride 1) or "valid".
        dilation: step between taps.
        bias: whether both convolutions add one number per output channel.
        batch: the number of inputs; None for no batch axis.

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

    AXES: ClassVar[tuple[str, ...]] = ("height", "width")

    c_in: Any = "C_in"
    c_out: Any = "C_out"
    kernel: Any = "k"
    height: Any = "H"
    width: Any = "W"
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    bias: bool = False
    batch: Any = None

    def __post_init__(self) -> None:
        settle_window(self, ("c_in", "c_out"))
        require(fitting(self))

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
        height, width = outputs(self)[0]
        return PointwiseConv2d(self.c_in, self.c_out, height, width, self.bias, self.batch)

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The depthwise parameters, then the pointwise ones."""
        return (*self.depthwise.arrays("depthwise_"), *self.pointwise.arrays("pointwise_"))

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) C_out, H′, W′."""
        *batch, _, height, width = self.depthwise.output_shape
        return (*batch, self.c_out, height, width)

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """H′ and W′ in the input's sizes."""
        return outputs(self)[1]

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The windows fit."""
        return self.depthwise.conditions

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, input channels, output positions, output channels."""
        return (*batch_sizes(self.batch), *self.kernel, self.c_in, *outputs(self)[0], self.c_out)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        return {**window_roles(self), "c_in": ("C_in",), "c_out": ("C_out",)}

    def program(self) -> Program:
        """Two index equations; inputs x and the parameters of both."""
        batch = tuple(index.dim for index in leading(self.batch))
        spatial = outputs(self)[0]
        x = Tensor("x", (*batch, self.c_in, self.height, self.width))
        z = Tensor("depthwise", (*batch, self.c_in, *spatial), latex_name="z")
        y = Tensor("pointwise", (*batch, self.c_out, *spatial), latex_name="y")
        first = self.depthwise.definition(x, z, self.depthwise.arrays("depthwise_"))
        second = self.pointwise.definition(z, y, self.pointwise.arrays("pointwise_"))
        return Program((x, *self.parameters), (first, second), (y,))


EXAMPLES = (
    SeparableConv2d(2, 3, 2, 5, 4),
    SeparableConv2d(3, 2, (2, 3), 6, 7, stride=2, padding=1, bias=True, batch=2),
)
