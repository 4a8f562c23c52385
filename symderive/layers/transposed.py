"""Transposed convolutions along one, two or three axes: everything but the list of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import SymderiveError
from symderive.layers.layer import Layer, require
from symderive.layers.sliding import (
    OUTPUT_LETTERS,
    TAP_LETTERS,
    along,
    batch_sizes,
    divisible,
    extents_of,
    leading,
    primed,
    settle_window,
    window_roles,
)
from symderive.layers.window import per_axis, windows

INPUT_LETTERS = ("p", "q", "r")


class TransposedConvolution(Layer):
    """Abstract: a transposed convolution along the axes `AXES`, the adjoint of a convolution in its input.

    `y[o, i…] = Σ_{c,u…,p…} weight[c, o, u…] · x[c, p…] · δ(i, s·p + d·u − padding) ⋯ + bias[o]`

    Each product of a tap and an input entry is added at the one output where it lands; those that land
    outside of the output are cropped by the padding. With G groups an axis g is written out as for a
    convolution: `weight[g, c, o, u…]` with c < C_in/G, o < C_out/G.
    """

    AXES: ClassVar[tuple[str, ...]]
    c_in: Any
    c_out: Any
    kernel: Any
    stride: Any
    padding: Any
    output_padding: Any
    dilation: Any
    groups: Any
    bias: bool
    batch: Any

    def __post_init__(self) -> None:
        """Turn the fields into sizes and check them."""
        name = type(self).__name__
        if self.padding == "same":
            raise SymderiveError(f'{name}: padding "same" is not defined here; give the cropped sizes.')
        settle_window(self, ("c_in", "c_out", "groups"))
        added = per_axis(self.output_padding, self.AXES, f"{name}: output_padding", 0)
        object.__setattr__(self, "output_padding", added)
        require(self._demands())

    def _demands(self) -> list[tuple[Any, str]]:
        name = type(self).__name__
        demands = []
        for window, added in zip(windows(self), self.output_padding, strict=True):
            whole, cropped = _uncropped(window, added), window.before + window.after
            step = sympy.Max(window.stride, window.dilation)
            demands += [
                (
                    sympy.Ge(sympy.expand(whole - cropped), 1),
                    f"{name}: {cropped} of {whole} positions are cropped along the {window.axis}, so that "
                    "nothing is left; take less padding.",
                ),
                (
                    sympy.Lt(added, step),
                    f"{name}: output_padding {added} along the {window.axis} must be smaller than the larger "
                    f"of stride and dilation, {step}.",
                ),
            ]
        return [
            *demands,
            *divisible(name, self.groups, {"input channels": self.c_in, "output channels": self.c_out}),
        ]

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (C_in, C_out, k…), or (G, C_in/G, C_out/G, k…) in groups; `bias` (C_out)."""
        group, c_in, c_out = self._split()
        weight = Tensor("weight", (*group, c_in, c_out, *self.kernel), latex_name="K")
        return (weight, Tensor("bias", (*group, c_out), latex_name="b")) if self.bias else (weight,)

    def _split(self) -> tuple[tuple[Size, ...], Size, Size]:
        if self.groups == 1:
            return (), self.c_in, self.c_out
        return (self.groups,), self.c_in / self.groups, self.c_out / self.groups

    def _spatial(self) -> tuple[Size, ...]:
        """`(size − 1)·stride + dilation·(kernel − 1) + 1 + output_padding`, less what is cropped.

        Source: V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285,
        relation 14.
        """
        return tuple(
            sympy.expand(_uncropped(window, added) - (window.before + window.after))
            for window, added in zip(windows(self), self.output_padding, strict=True)
        )

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) C_out and the outputs along each axis, with the groups side by side."""
        return (*batch_sizes(self.batch), self.c_out, *self._spatial())

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """The named output extents in the input's sizes."""
        return primed(self, self._spatial())[1]

    @property
    def conditions(self) -> tuple[Any, ...]:
        """Something is left, the output is padded by less than a step, and the groups divide the channels."""
        return require(self._demands())

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, input channels, input positions, output channels, groups."""
        return (*batch_sizes(self.batch), *self.kernel, self.c_in, *extents_of(self), self.c_out, self.groups)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        roles = {**window_roles(self), "c_in": ("C_in",), "c_out": ("C_out",)}
        return roles if self.groups == 1 else {**roles, "groups": ("G",)}

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        batch, (split, c_in, c_out) = leading(self.batch), self._split()
        group = tuple(Index("g", size) for size in split)
        outer = (*batch, *group)
        o, c = Index("o", c_out), Index("c", c_in)
        sliding = windows(self)
        spatial = primed(self, self._spatial())[0]
        out, taps = along(OUTPUT_LETTERS, spatial), along(TAP_LETTERS, self.kernel)
        read = along(INPUT_LETTERS, extents_of(self))
        sizes = tuple(index.dim for index in outer)
        x, y = Tensor("x", (*sizes, c_in, *extents_of(self))), Tensor("y", (*sizes, c_out, *spatial))
        weight, *bias = self.parameters
        lands = [
            Delta(i, window.position(p, u)) for window, i, p, u in zip(sliding, out, read, taps, strict=True)
        ]
        product = Entry(weight, *group, c, o, *taps) * Entry(x, *outer, c, *read)
        body = IndexSum(sympy.Mul(product, *lands), c, *taps, *read)
        for one in bias:
            body = body + Entry(one, *group, o)
        return Program((x, *self.parameters), (Definition(y, (*outer, o, *out), body, pinned=True),), (y,))


def _uncropped(window: Any, added: Size) -> Size:
    """All positions where products land, and those that output_padding adds."""
    return (window.size - 1) * window.stride + window.span + added
