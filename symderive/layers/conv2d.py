"""The two-dimensional convolution, grouped or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.convolution import batch_sizes, common_roles, leading, outputs, settle, slide
from symderive.layers.layer import Layer, require
from symderive.layers.window import windows


@dataclass(frozen=True)
class Conv2d(Layer):
    """A convolution (a cross-correlation, as all libraries compute it).

    `y[o, i, j] = Σ_{c,u,v} weight[o, c, u, v] · x[c, s·i + d·u − p, s·j + d·v − p] + bias[o]`

    With G groups an axis g is written out, then the channels of one group; in memory it is the same array:
    `y[g, o, i, j] = Σ_{c,u,v} weight[g, o, c, u, v] · x[g, c, …] + bias[g, o]` with c < C_in/G, o < C_out/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for both axes or (height, width); likewise stride, padding and dilation.
        height: input height.
        width: input width.
        stride: step between outputs.
        padding: zeros on each side, or "same" (stride 1, odd kernel).
        dilation: step between taps.
        groups: groups of channels that do not see each other.
        bias: whether one number per output channel is added.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, a window that does not fit, or groups that do not divide the channels.
        SymderiveError: padding "same" with a stride.

    >>> layer = Conv2d(3, 256, 5, 12, 12)
    >>> layer.output_shape
    (256, 8, 8)
    >>> print(layer.program())
    y[o, i, j] = Sum[c, u, v](x[c, i + u, j + v]*weight[o, c, u, v])
    """

    c_in: Any = "C_in"
    c_out: Any = "C_out"
    kernel: Any = "k"
    height: Any = "H"
    width: Any = "W"
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    bias: bool = False
    batch: Any = None

    def __post_init__(self) -> None:
        settle(self, ("c_in", "c_out", "groups", "height", "width"))
        require(self._divisible())

    def _divisible(self) -> list[tuple[Any, str]]:
        return [
            (
                sympy.Eq(sympy.Mod(channels, self.groups), 0),
                f"Conv2d: {self.groups} groups do not divide {channels} {which} channels; change one.",
            )
            for channels, which in ((self.c_in, "input"), (self.c_out, "output"))
        ]

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (C_out, C_in, k_h, k_w), or (G, C_out/G, C_in/G, k_h, k_w) in groups; `bias` likewise."""
        group, c_in, c_out = self._split()
        weight = Tensor("weight", (*group, c_out, c_in, *self.kernel), latex_name="K")
        return (weight, Tensor("bias", (*group, c_out), latex_name="b")) if self.bias else (weight,)

    def _split(self) -> tuple[tuple[Size, ...], Size, Size]:
        if self.groups == 1:
            return (), self.c_in, self.c_out
        return (self.groups,), self.c_in / self.groups, self.c_out / self.groups

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) C_out, H′, W′, with the groups side by side."""
        spatial = tuple(window.output for window in windows(self))
        return (*batch_sizes(self.batch), self.c_out, *spatial)

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """H′ and W′ in the input's sizes."""
        return outputs(self)[1]

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The windows fit, and the groups divide the channels."""
        fits = [one for window in windows(self) for one in window.conditions("Conv2d")]
        return require([*fits, *self._divisible()])

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, input channels, output positions, output channels, groups."""
        return (*batch_sizes(self.batch), *self.kernel, self.c_in, *outputs(self)[0], self.c_out, self.groups)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        roles = {**common_roles(self), "c_in": ("C_in",), "c_out": ("C_out",)}
        return roles if self.groups == 1 else {**roles, "groups": ("G",)}

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        batch, (split, c_in, c_out) = leading(self.batch), self._split()
        group = tuple(Index("g", size) for size in split)
        o, c = Index("o", c_out), Index("c", c_in)
        sizes = tuple(index.dim for index in (*batch, *group))
        x = Tensor("x", (*sizes, c_in, self.height, self.width))
        y = Tensor("y", (*sizes, c_out, *outputs(self)[0]))
        operands = {"weight": (self.parameters[0], (*group, o, c)), "x": (x, (*batch, *group, c))}
        if self.bias:
            operands["bias"] = (self.parameters[1], (*group, o))
        definition: Definition = slide(self, y, (*batch, *group, o), operands, c)
        return Program((x, *self.parameters), (definition,), (y,))


EXAMPLES = (
    Conv2d(2, 3, 2, 5, 4),
    Conv2d(3, 2, (3, 2), 7, 5, stride=2, padding=1, bias=True, batch=2),
    Conv2d(2, 5, (2, 3), 7, 6, stride=(1, 2), padding=(2, 1), dilation=(3, 2)),
    Conv2d(4, 6, 3, 5, 7, padding="same", groups=2, bias=True),
)
