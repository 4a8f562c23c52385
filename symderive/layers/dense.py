"""The fully connected layer."""

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

    d_in: Any = "d_in"
    d_out: Any = "d_out"
    bias: bool = True
    batch: Any = ()

    def __post_init__(self) -> None:
        for field in ("d_in", "d_out"):
            object.__setattr__(self, field, as_size(getattr(self, field), f"Dense: {field}"))
        object.__setattr__(self, "batch", leading_sizes(self.batch, "Dense: batch"))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (d_out, d_in), and `bias` (d_out) if there is one."""
        weight = Tensor("weight", (self.d_out, self.d_in), latex_name="W")
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
        """Batch, input, output."""
        return (*self.batch, self.d_in, self.d_out)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        return {"batch": leading_roles(self.batch), "d_in": ("d_in",), "d_out": ("d_out",)}

    def program(self) -> Program:
        """The index equation with inputs x, weight and, if there is one, bias."""
        batch = leading_indices(self.batch)
        i, j = Index("i", self.d_in), Index("j", self.d_out)
        weight, *bias = self.parameters
        x, y = Tensor("x", (*self.batch, self.d_in)), Tensor("y", self.output_shape)
        body = IndexSum(Entry(weight, j, i) * Entry(x, *batch, i), i)
        for one in bias:
            body = body + Entry(one, j)
        return Program((x, *self.parameters), (Definition(y, (*batch, j), body, pinned=True),), (y,))


EXAMPLES = (Dense(3, 2), Dense(2, 5, bias=False, batch=3), Dense(4, 3, batch=(2, 5)))
