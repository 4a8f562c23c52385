"""The depthwise convolution: one kernel per channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.convolution import outputs, slide
from symderive.layers.layer import Layer, require
from symderive.layers.sliding import batch_sizes, fitting, leading, settle_window, window_roles
from symderive.layers.window import windows


@dataclass(frozen=True)
class DepthwiseConv2d(Layer):
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
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, or a window that does not fit.
        SymderiveError: padding "same" with a stride.

    >>> layer = DepthwiseConv2d(3, 5, 12, 12)
    >>> layer.output_shape, layer.parameters[0].shape
    ((3, 8, 8), (3, 5, 5))
    """

    AXES: ClassVar[tuple[str, ...]] = ("height", "width")

    c_in: Any = "C_in"
    kernel: Any = "k"
    height: Any = "H"
    width: Any = "W"
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    bias: bool = False
    batch: Any = None

    def __post_init__(self) -> None:
        settle_window(self, ("c_in",))
        require(fitting(self))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (C_in, k_h, k_w), and `bias` (C_in) if there is one."""
        return self.arrays("")

    def arrays(self, prefix: str) -> tuple[Tensor, ...]:
        """The parameters with `prefix` before their names, for layers that contain this one."""
        weight = Tensor(f"{prefix}weight", (self.c_in, *self.kernel), latex_name="K")
        return (weight, Tensor(f"{prefix}bias", (self.c_in,), latex_name="b")) if self.bias else (weight,)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) C_in, H′, W′."""
        spatial = tuple(window.output for window in windows(self))
        return (*batch_sizes(self.batch), self.c_in, *spatial)

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """H′ and W′ in the input's sizes."""
        return outputs(self)[1]

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The windows fit."""
        return require(fitting(self))

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, channels, output positions."""
        return (*batch_sizes(self.batch), *self.kernel, self.c_in, *outputs(self)[0])

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        return {**window_roles(self), "c_in": ("C_in",)}

    def definition(self, x: Tensor, into: Tensor, arrays: tuple[Tensor, ...]) -> Definition:
        """The index equation between given arrays, for layers that contain this one."""
        batch, c = leading(self.batch), Index("c", self.c_in)
        operands = {"weight": (arrays[0], (c,)), "x": (x, (*batch, c))}
        if self.bias:
            operands["bias"] = (arrays[1], (c,))
        return slide(windows(self), into, (*batch, c), operands, None)

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        sizes = tuple(index.dim for index in leading(self.batch))
        x = Tensor("x", (*sizes, self.c_in, self.height, self.width))
        y = Tensor("y", (*sizes, self.c_in, *outputs(self)[0]))
        return Program((x, *self.parameters), (self.definition(x, y, self.parameters),), (y,))


EXAMPLES = (
    DepthwiseConv2d(3, 2, 5, 4),
    DepthwiseConv2d(2, (3, 2), 7, 6, stride=2, padding=(1, 2), dilation=2, bias=True, batch=3),
)
