"""Convolutions along one, two or three axes: everything but the list of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import SymderiveError, did_you_mean
from symderive.layers.layer import Layer, require
from symderive.layers.padded import MODES, mode_conditions, padded_input
from symderive.layers.sliding import (
    OUTPUT_LETTERS,
    TAP_LETTERS,
    along,
    batch_sizes,
    divisible,
    extents_of,
    fitting,
    leading,
    primed,
    settle_window,
    window_roles,
)
from symderive.layers.window import Window, windows


class Convolution(Layer):
    """Abstract: a convolution (a cross-correlation, as all libraries compute it) along the axes `AXES`.

    `y[o, i…] = Σ_{c,u…} weight[o, c, u…] · x[c, s·i + d·u − p, …] + bias[o]`

    With G groups an axis g is written out, then the channels of one group; in memory it is the same array:
    `y[g, o, i…] = Σ_{c,u…} weight[g, o, c, u…] · x[g, c, …] + bias[g, o]` with c < C_in/G, o < C_out/G.
    With a padding mode other than zeros, `x` is first continued beyond its ends, one axis after the other.
    """

    AXES: ClassVar[tuple[str, ...]]
    c_in: Any
    c_out: Any
    kernel: Any
    stride: Any
    padding: Any
    dilation: Any
    groups: Any
    bias: bool
    batch: Any
    padding_mode: str

    def __post_init__(self) -> None:
        """Turn the fields into sizes and check them."""
        if self.padding_mode not in MODES:
            near = did_you_mean(str(self.padding_mode), MODES)
            raise SymderiveError(
                f"{type(self).__name__}: unknown padding mode {self.padding_mode!r}{near} "
                f"Known are {', '.join(MODES)}."
            )
        settle_window(self, ("c_in", "c_out", "groups"))
        require(self._demands())

    def _demands(self) -> list[tuple[Any, str]]:
        name = type(self).__name__
        ends = [one for window in windows(self) for one in mode_conditions(self.padding_mode, window, name)]
        return [
            *fitting(self),
            *ends,
            *divisible(name, self.groups, {"input channels": self.c_in, "output channels": self.c_out}),
        ]

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (C_out, C_in, k…), or (G, C_out/G, C_in/G, k…) in groups; `bias` likewise."""
        group, c_in, c_out = self._split()
        weight = Tensor("weight", (*group, c_out, c_in, *self.kernel), latex_name="K")
        return (weight, Tensor("bias", (*group, c_out), latex_name="b")) if self.bias else (weight,)

    def _split(self) -> tuple[tuple[Size, ...], Size, Size]:
        if self.groups == 1:
            return (), self.c_in, self.c_out
        return (self.groups,), self.c_in / self.groups, self.c_out / self.groups

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) C_out and the outputs along each axis, with the groups side by side."""
        return (*batch_sizes(self.batch), self.c_out, *(window.output for window in windows(self)))

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """The named output extents in the input's sizes."""
        return outputs(self)[1]

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The windows fit, the groups divide the channels, and the padding can be taken from the input."""
        return require(self._demands())

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, input channels, output positions, output channels, groups."""
        return (*batch_sizes(self.batch), *self.kernel, self.c_in, *outputs(self)[0], self.c_out, self.groups)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        roles = {**window_roles(self), "c_in": ("C_in",), "c_out": ("C_out",)}
        return roles if self.groups == 1 else {**roles, "groups": ("G",)}

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        batch, (split, c_in, c_out) = leading(self.batch), self._split()
        group = tuple(Index("g", size) for size in split)
        o, c = Index("o", c_out), Index("c", c_in)
        sizes = tuple(index.dim for index in (*batch, *group))
        x = Tensor("x", (*sizes, c_in, *extents_of(self)))
        y = Tensor("y", (*sizes, c_out, *outputs(self)[0]))
        sliding = windows(self)
        continued: tuple[Definition, ...] = ()
        if self.padding_mode != "zeros":
            continued, sliding = padded_input(self.padding_mode, x, sliding)
        read = continued[-1].tensor if continued else x
        operands = {"weight": (self.parameters[0], (*group, o, c)), "x": (read, (*batch, *group, c))}
        if self.bias:
            operands["bias"] = (self.parameters[1], (*group, o))
        slid = slide(sliding, y, (*batch, *group, o), operands, c)
        return Program((x, *self.parameters), (*continued, slid), (y,))


def outputs(layer: Any) -> tuple[tuple[Size, ...], dict[Dim, Size]]:
    """The output extents as the program uses them, and what new names mean."""
    return primed(layer, [window.output for window in windows(layer)])


def slide(
    sliding: tuple[Window, ...],
    into: Tensor,
    free: tuple[Index, ...],
    operands: Mapping[str, tuple[Tensor, tuple[Any, ...]]],
    channel: Index | None,
) -> Definition:
    """`into[…, i, j] = Σ weight[…, u, v] · x[…, s·i + d·u − p, s·j + d·v − p] + bias[…]`.

    Args:
        sliding: the windows, one per axis.
        into: what is defined; its last axes are those of the windows.
        free: the free indices in front of them.
        operands: "weight", "x" and, if there is one, "bias": the tensor and its leading positions.
        channel: the input channel summed over, if there is one.
    """
    out = along(OUTPUT_LETTERS, into.shape[-len(sliding) :])
    taps = along(TAP_LETTERS, [window.kernel for window in sliding])
    weight, weight_axes = operands["weight"]
    x, x_axes = operands["x"]
    places = (window.position(i, u) for window, i, u in zip(sliding, out, taps, strict=True))
    bound = taps if channel is None else (channel, *taps)
    body = IndexSum(Entry(weight, *weight_axes, *taps) * Entry.at(x, *x_axes, *places), *bound)
    if "bias" in operands:
        bias, bias_axes = operands["bias"]
        body = body + Entry(bias, *bias_axes)
    return Definition(into, (*free, *out), body, pinned=True)
