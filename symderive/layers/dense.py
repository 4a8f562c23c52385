"""The fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Program
from symderive.layers.equations import defined, indices_over, weight_and_bias
from symderive.layers.fields import size, sizes
from symderive.layers.layer import Layer


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer, applied to the last axis.

    `y[j] = Σ_i weight[j, i] · x[i] + bias[j]`

    Args:
        d_in: input features.
        d_out: output features.
        bias: whether one number per output feature is added.
        batch: the sizes of the axes in front, one or a tuple; () for none.

    Raises:
        ShapeError: not a size.

    >>> print(Dense(784, 10).program())
    y[j] = bias[j] + Sum[i](x[i]*weight[j, i])
    >>> Dense(64, 256, batch=(2, 7)).output_shape
    (2, 7, 256)
    """

    d_in: Any = size("d_in")
    d_out: Any = size("d_out")
    bias: bool = True
    batch: Any = sizes("N", default=())

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (d_out, d_in), and `bias` (d_out) if there is one."""
        return weight_and_bias((self.d_out, self.d_in), (self.d_out,) if self.bias else None)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, d_out)."""
        return (*self.batch, self.d_out)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, input, output."""
        return (*self.batch, self.d_in, self.d_out)

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        batch = indices_over("n", self.batch)
        i, j = Index("i", self.d_in), Index("j", self.d_out)
        weight, *bias = self.parameters
        x = Tensor("x", (*self.batch, self.d_in))
        body = IndexSum(Entry(weight, j, i) * Entry(x, *batch, i), i)
        for one in bias:
            body = body + Entry(one, j)
        y = defined("y", (*batch, j), body)
        return Program((x, *self.parameters), (y,), (y.tensor,))


EXAMPLES = (Dense(3, 2), Dense(2, 5, bias=False, batch=3), Dense(4, 3, batch=(2, 5)))
