"""The embedding: a row of a table for each number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.layer import Layer
from symderive.layers.leading import leading_indices, leading_roles, leading_sizes


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

    vocabulary: Any = "V"
    d: Any = "d"
    batch: Any = ("N", "T")

    def __post_init__(self) -> None:
        for field in ("vocabulary", "d"):
            object.__setattr__(self, field, as_size(getattr(self, field), f"Embedding: {field}"))
        object.__setattr__(self, "batch", leading_sizes(self.batch, "Embedding: batch"))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` (vocabulary, d)."""
        return (Tensor("weight", (self.vocabulary, self.d), latex_name="E"),)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, d)."""
        return (*self.batch, self.d)

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
        """Input, rows, entries of a row."""
        return (*self.batch, self.vocabulary, self.d)

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        return {"batch": leading_roles(self.batch), "vocabulary": ("V",), "d": ("d",)}

    def program(self) -> Program:
        """The index equation with inputs x (whole numbers) and weight."""
        batch, v, j = leading_indices(self.batch), Index("v", self.vocabulary), Index("j", self.d)
        x = Tensor("x", self.batch, "count")
        (weight,) = self.parameters
        y = Tensor("y", self.output_shape)
        body = IndexSum(Entry(weight, v, j) * Delta(v, Entry(x, *batch)), v)
        return Program((x, weight), (Definition(y, (*batch, j), body, pinned=True),), (y,))


EXAMPLES = (Embedding(5, 3, 4), Embedding(4, 2, (2, 3)))
