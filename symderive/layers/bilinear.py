"""The bilinear layer: a form in two inputs for each output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Program
from symderive.layers.equations import defined, entry_of, indices_over, weight_and_bias
from symderive.layers.fields import size, sizes
from symderive.layers.layer import Layer


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

    d_1: Any = size("d_1")
    d_2: Any = size("d_2")
    d_out: Any = size("d_out")
    bias: bool = True
    batch: Any = sizes("N", default=())

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (d_out, d_1, d_2), and `bias` (d_out) if there is one."""
        shape = (self.d_out, self.d_1, self.d_2)
        return weight_and_bias(shape, (self.d_out,) if self.bias else None)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, d_out)."""
        return (*self.batch, self.d_out)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, inputs, output."""
        return (*self.batch, self.d_1, self.d_2, self.d_out)

    def program(self) -> Program:
        """The two index equations with inputs x1, x2, weight and, if there is one, bias."""
        batch = indices_over("n", self.batch)
        i, j, o = Index("i", self.d_1), Index("j", self.d_2), Index("o", self.d_out)
        first, second = (
            Tensor(f"x{place}", (*self.batch, size), latex_name=f"x^{{({place})}}")
            for place, size in enumerate((self.d_1, self.d_2), 1)
        )
        weight, *bias = self.parameters
        inner = IndexSum(Entry(first, *batch, i) * Entry(weight, o, i, j), i)
        left = defined("left", (*batch, o, j), inner, "z")
        body = IndexSum(entry_of(left) * Entry(second, *batch, j), j)
        for one in bias:
            body = body + Entry(one, o)
        y = defined("y", (*batch, o), body)
        return Program((first, second, *self.parameters), (left, y), (y.tensor,))


EXAMPLES = (Bilinear(3, 2, 4, batch=2), Bilinear(2, 3, 5, bias=False), Bilinear(2, 4, 3, batch=(3, 2)))
