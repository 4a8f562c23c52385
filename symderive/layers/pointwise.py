"""The pointwise (1×1) convolution: a linear map of the channels at every position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.layer import Layer
from symderive.layers.sliding import batch_sizes, leading


@dataclass(frozen=True)
class PointwiseConv2d(Layer):
    """A convolution with a kernel of one tap.

    `y[o, i, j] = Σ_c weight[o, c] · x[c, i, j] + bias[o]`

    Args:
        c_in: input channels.
        c_out: output channels.
        height: height of input and output.
        width: width of input and output.
        bias: whether one number per output channel is added.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size.

    >>> layer = PointwiseConv2d(3, 256, 8, 8)
    >>> layer.output_shape, layer.parameters[0].shape
    ((256, 8, 8), (256, 3))
    """

    c_in: Any = "C_in"
    c_out: Any = "C_out"
    height: Any = "H"
    width: Any = "W"
    bias: bool = False
    batch: Any = None

    def __post_init__(self) -> None:
        for field in ("c_in", "c_out", "height", "width", *(("batch",) if self.batch is not None else ())):
            object.__setattr__(self, field, as_size(getattr(self, field), f"PointwiseConv2d: {field}"))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (C_out, C_in), and `bias` (C_out) if there is one."""
        return self.arrays("")

    def arrays(self, prefix: str) -> tuple[Tensor, ...]:
        """The parameters with `prefix` before their names, for layers that contain this one."""
        weight = Tensor(f"{prefix}weight", (self.c_out, self.c_in), latex_name="P")
        return (weight, Tensor(f"{prefix}bias", (self.c_out,), latex_name="b")) if self.bias else (weight,)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) C_out, H, W."""
        return (*batch_sizes(self.batch), self.c_out, self.height, self.width)

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """None: the output is as large as the input."""
        return {}

    @property
    def conditions(self) -> tuple[Any, ...]:
        """None."""
        return ()

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, input channels, positions, output channels."""
        return (*batch_sizes(self.batch), self.c_in, self.height, self.width, self.c_out)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        roles = {"c_in": ("C_in",), "c_out": ("C_out",), "height": ("H",), "width": ("W",)}
        return roles if self.batch is None else {"batch": ("N",), **roles}

    def definition(self, x: Tensor, into: Tensor, arrays: tuple[Tensor, ...]) -> Definition:
        """The index equation between given arrays, for layers that contain this one."""
        batch, o, c = leading(self.batch), Index("o", self.c_out), Index("c", self.c_in)
        i, j = Index("i", self.height), Index("j", self.width)
        body = IndexSum(Entry(arrays[0], o, c) * Entry(x, *batch, c, i, j), c)
        if self.bias:
            body = body + Entry(arrays[1], o)
        return Definition(into, (*batch, o, i, j), body, pinned=True)

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        x = Tensor("x", (*batch_sizes(self.batch), self.c_in, self.height, self.width))
        y = Tensor("y", self.output_shape)
        return Program((x, *self.parameters), (self.definition(x, y, self.parameters),), (y,))


EXAMPLES = (PointwiseConv2d(2, 3, 5, 4), PointwiseConv2d(3, 2, 4, 5, bias=True, batch=2))
