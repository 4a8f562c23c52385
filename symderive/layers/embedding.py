"""The embedding: a row of a table for each number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Program
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import size, sizes
from symderive.layers.layer import Layer


@dataclass(frozen=True)
class Embedding(Layer):
    """A table of rows, of which each entry of the input chooses one.

    `y[n, j] = Σ_v weight[v, j] · δ(v, x[n])`, which reads one row and adds and multiplies nothing.

    Args:
        vocabulary: rows of the table; entries of the input are whole numbers below it.
        d: entries of a row.
        batch: the shape of the input, one size or a tuple.

    Raises:
        ShapeError: not a size.

    >>> layer = Embedding(1000, 64, batch=(2, 10))
    >>> layer.output_shape, layer.parameters[0].shape
    ((2, 10, 64), (1000, 64))
    """

    vocabulary: Any = size("V")
    d: Any = size("d")
    batch: Any = sizes("N", default=("N", "T"))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (vocabulary, d)."""
        return (Tensor("weight", (self.vocabulary, self.d), latex_name="E"),)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, d)."""
        return (*self.batch, self.d)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Input, rows, entries of a row."""
        return (*self.batch, self.vocabulary, self.d)

    def program(self) -> Program:
        """The index equation with inputs x (whole numbers) and weight."""
        batch, v, j = indices_over("n", self.batch), Index("v", self.vocabulary), Index("j", self.d)
        x = Tensor("x", self.batch, "count")
        (weight,) = self.parameters
        y = defined("y", (*batch, j), IndexSum(Entry(weight, v, j) * Delta(v, Entry(x, *batch)), v))
        return Program((x, weight), (y,), (y.tensor,))


EXAMPLES = (Embedding(5, 3, 4), Embedding(4, 2, (2, 3)))
