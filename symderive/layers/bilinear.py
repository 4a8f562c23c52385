"""The bilinear layer: a form in two inputs for each output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.layer import Layer
from symderive.layers.leading import leading_indices, leading_roles, leading_sizes


@dataclass(frozen=True)
class Bilinear(Layer):
    """A bilinear map of the last axes of two inputs.

    `y[o] = Σ_{i,j} x1[i] · weight[o, i, j] · x2[j] + bias[o]`, computed from left to right:
    `left[o, j] = Σ_i x1[i] · weight[o, i, j]`, then `y[o] = Σ_j left[o, j] · x2[j] + bias[o]`.

    Args:
        d_1: features of the first input.
        d_2: features of the second input.
        d_out: output features.
        bias: whether one number per output feature is added.
        batch: the sizes of the axes in front, which both inputs have, one or a tuple; () for none.

    Raises:
        ShapeError: not a size.

    >>> layer = Bilinear(5, 6, 7, batch=3)
    >>> layer.output_shape, layer.parameters[0].shape
    ((3, 7), (7, 5, 6))
    >>> print(layer.program())
    left[n, o, j] = Sum[i](x1[n, i]*weight[o, i, j])
    y[n, o] = bias[o] + Sum[j](x2[n, j]*left[n, o, j])
    """

    d_1: Any = "d_1"
    d_2: Any = "d_2"
    d_out: Any = "d_out"
    bias: bool = True
    batch: Any = ()

    def __post_init__(self) -> None:
        for field in ("d_1", "d_2", "d_out"):
            object.__setattr__(self, field, as_size(getattr(self, field), f"Bilinear: {field}"))
        object.__setattr__(self, "batch", leading_sizes(self.batch, "Bilinear: batch"))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (d_out, d_1, d_2), and `bias` (d_out) if there is one."""
        weight = Tensor("weight", (self.d_out, self.d_1, self.d_2), latex_name="W")
        return (weight, Tensor("bias", (self.d_out,), latex_name="b")) if self.bias else (weight,)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, d_out)."""
        return (*self.batch, self.d_out)

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """None: the output's sizes are given."""
        return {}

    @property
    def conditions(self) -> tuple[Any, ...]:
        """None."""
        return ()

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, inputs, output."""
        return (*self.batch, self.d_1, self.d_2, self.d_out)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        return {"batch": leading_roles(self.batch), **{name: (name,) for name in ("d_1", "d_2", "d_out")}}

    def program(self) -> Program:
        """The two index equations with inputs x1, x2, weight and, if there is one, bias."""
        batch = leading_indices(self.batch)
        i, j, o = Index("i", self.d_1), Index("j", self.d_2), Index("o", self.d_out)
        first, second = (
            Tensor(f"x{place}", (*self.batch, size), latex_name=f"x^{{({place})}}")
            for place, size in enumerate((self.d_1, self.d_2), 1)
        )
        weight, *bias = self.parameters
        left = Tensor("left", (*self.batch, self.d_out, self.d_2), latex_name="z")
        y = Tensor("y", self.output_shape)
        inner = IndexSum(Entry(first, *batch, i) * Entry(weight, o, i, j), i)
        body = IndexSum(Entry(left, *batch, o, j) * Entry(second, *batch, j), j)
        for one in bias:
            body = body + Entry(one, o)
        equations = (
            Definition(left, (*batch, o, j), inner, pinned=True),
            Definition(y, (*batch, o), body, pinned=True),
        )
        return Program((first, second, *self.parameters), equations, (y,))


EXAMPLES = (Bilinear(3, 2, 4, batch=2), Bilinear(2, 3, 5, bias=False), Bilinear(2, 4, 3, batch=(3, 2)))
