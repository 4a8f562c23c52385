"""Transposed convolutions along one, two or three axes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.errors import SymderiveError
from symderive.layers.dimensions import extents_of
from symderive.layers.equations import along
from symderive.layers.fields import size, sizes
from symderive.layers.grouped import Grouped
from symderive.layers.layer import divisible
from symderive.layers.sliding import TAPS
from symderive.layers.window import Window, per_axis, windows

INPUTS = ("p", "q", "r")
"""The indices of the inputs along up to three axes."""


@dataclass(frozen=True)
class TransposedConvolution(Grouped):
    """Abstract: a transposed convolution along the axes `AXES`, the adjoint of a convolution in its input.

    `y[o, i…] = Σ_{c,u…,p…} weight[c, o, u…] · x[c, p…] · δ(i, s·p + d·u − padding) ⋯ + bias[o]`

    Each product of a tap and an input entry is added at the one output where it lands; those that land
    outside of the output are cropped by the padding, and are not in `valid_macs`. With G groups an axis g is
    written out as for a convolution: `weight[g, c, o, u…]` with c < C_in/G, o < C_out/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for all axes or one for each; likewise stride, padding, output_padding and
            dilation. Behind it stand the sizes of the input, in the order of the axes.
        stride: step between the outputs of neighbouring inputs.
        padding: what is cropped on each side, also a pair (before, after) for each axis.
        output_padding: positions added behind; they get what was cropped there, or nothing.
        dilation: step between taps.
        groups: groups of channels that do not see each other.
        bias: whether one number per output channel is added.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.

    Raises:
        ShapeError: not a size, an output of which nothing is left, an output_padding that is not smaller than
            stride or dilation, or groups that do not divide the channels.
        SymderiveError: padding "same".
    """

    stride: Any = 1
    padding: Any = 0
    output_padding: Any = 0
    dilation: Any = 1
    groups: Any = size("G", default=1)
    bias: bool = False
    batch: Any = sizes("N", default=())

    def _settle(self) -> None:
        name = type(self).__name__
        if self.padding == "same":
            raise SymderiveError(f'{name}: padding "same" is not defined here; give the cropped sizes.')
        super()._settle()
        added = per_axis(self.output_padding, self.AXES, f"{name}: output_padding", 0)
        object.__setattr__(self, "output_padding", added)

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """Something is left, the output is padded by less than a step, and the groups divide the channels."""
        for window, added in zip(windows(self), self.output_padding, strict=True):
            yield from self._leaves_something(window, added)
        ends = {"input channels": self.c_in, "output channels": self.c_out}
        yield from divisible(type(self).__name__, self.groups, ends)

    def _leaves_something(self, window: Window, added: Size) -> Iterator[tuple[Any, str]]:
        name, cropped = type(self).__name__, window.before + window.after
        whole = _uncropped(window, added)
        yield (
            sympy.Ge(sympy.expand(whole - cropped), 1),
            f"{name}: {cropped} of {whole} positions are cropped along the {window.axis}, so that nothing is "
            "left; take less padding.",
        )
        step = sympy.Max(window.stride, window.dilation)
        yield (
            sympy.Lt(added, step),
            f"{name}: output_padding {added} along the {window.axis} must be smaller than the larger of "
            f"stride and dilation, {step}.",
        )

    @property
    def spatial(self) -> tuple[Size, ...]:
        """`(size − 1)·stride + dilation·(kernel − 1) + 1 + output_padding`, less what is cropped.

        Source: V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285,
        relation 14.
        """
        return tuple(
            sympy.expand(_uncropped(window, added) - (window.before + window.after))
            for window, added in zip(windows(self), self.output_padding, strict=True)
        )

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, input channels, input positions, output channels, groups."""
        return (*self.batch, *self.kernel, self.c_in, *extents_of(self), self.c_out, self.groups)

    @property
    def kernel_axes(self) -> tuple[Index, ...]:
        """Group, input channel, output channel."""
        return (*self._group, *self.channels)

    def summed(
        self, x: Tensor, front: tuple[Index, ...], weight: Tensor, out: tuple[Index, ...]
    ) -> tuple[tuple[Definition, ...], IndexSum]:
        """`Σ_{c,u…,p…} weight[c, o, u…] · x[c, p…] · δ(i, s·p + d·u − padding) ⋯`."""
        taps, read = along(TAPS, self.kernel), along(INPUTS, extents_of(self))
        places = zip(out, windows(self), read, taps, strict=True)
        lands = (Delta(i, window.position(p, u)) for i, window, p, u in places)
        product = Entry(weight, *self.kernel_axes, *taps) * Entry(x, *front, *read)
        return (), IndexSum(sympy.Mul(product, *lands), *front[-1:], *taps, *read)


def _uncropped(window: Window, added: Size) -> Size:
    """All positions where products land, and those that output_padding adds."""
    return (window.size - 1) * window.stride + window.span + added
