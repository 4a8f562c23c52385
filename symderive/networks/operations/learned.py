"""Trained arrays that are no weights of a layer."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.equations import indices_over
from symderive.networks.operations.operation import Operation


@dataclass(frozen=True)
class Learned(Operation):
    """An array that is no weight of a layer: positions, a class token, a scale.

    Args:
        shape: its shape.
        is_trained: whether it is a parameter; otherwise it is kept and not trained, as a buffer is.

    >>> Learned((1, 768)).parameters[0].shape, Learned((1, 768), is_trained=False).buffers[0].shape
    ((1, 768), (1, 768))
    """

    is_trained: bool = True

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` of this shape, if it is trained."""
        return (self._weight,) if self.is_trained else ()

    @property
    def buffers(self) -> tuple[Tensor, ...]:
        """`weight` of this shape, if it is not trained."""
        return () if self.is_trained else (self._weight,)

    @property
    def _weight(self) -> Tensor:
        return Tensor("weight", self.shape)

    def program(self) -> Program:
        """The equation `y[n] = weight[n]`: a copy."""
        indices, y = indices_over("n", self.shape), Tensor("y", self.shape)
        copied = Definition(y, indices, Entry(self._weight, *indices), pinned=True)
        return Program((self._weight,), (copied,), (y,))
