"""Trained arrays that are no weights of a layer."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.equations import indices_over
from symderive.networks.operations.operation import Operation


@dataclass(frozen=True)
class Learned(Operation):
    """A trained array that is no weight of a layer: positions, a class token, a scale.

    >>> Learned((1, 768)).parameters[0].shape
    (1, 768)
    """

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` of this shape."""
        return (Tensor("weight", self.shape),)

    def program(self) -> Program:
        """The equation `y[n] = weight[n]`: a copy."""
        indices = indices_over("n", self.shape)
        (weight,), y = self.parameters, Tensor("y", self.shape)
        return Program((weight,), (Definition(y, indices, Entry(weight, *indices), pinned=True),), (y,))
