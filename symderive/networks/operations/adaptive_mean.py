"""Means over a fixed number of windows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.equations import indices_over
from symderive.networks.operations.operation import Operation


@dataclass(frozen=True)
class AdaptiveMean(Operation):
    """Means of the last two axes over so many windows, of whatever size that takes: one equation for each.

    Window a of o along an axis of size n begins at ⌊a·n/o⌋ and ends before ⌈(a + 1)·n/o⌉, as in PyTorch.

    Args:
        shape: the shape of the input.
        outputs: how many windows there are along each of the two axes.

    >>> AdaptiveMean((2, 3, 5, 7), 2).output_shape
    (2, 3, 2, 2)
    """

    outputs: int = 1

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axes in front, and the windows along each axis."""
        return (*self.shape[:-2], *(sympy.Integer(self.outputs),) * 2)

    def program(self) -> Program:
        """One equation for each pair of windows, with the input x."""
        *front, height, width = self.shape
        free, x = indices_over("n", tuple(front)), Tensor("x", self.shape)
        made = []
        for row, column in product(range(self.outputs), repeat=2):
            (top, tall), (left, wide) = self._window(row, height), self._window(column, width)
            i, j = Index("i", tall), Index("j", wide)
            body = IndexSum(Entry.at(x, *free, top + i, left + j), i, j) / (tall * wide)
            made.append(Definition(Tensor(f"y_{row}_{column}", tuple(front)), free, body, pinned=True))
        return Program((x,), tuple(made), tuple(one.tensor for one in made))

    def _window(self, number: int, size: Size) -> tuple[Size, Size]:
        """Where a window begins, and how many positions it has."""
        begin = sympy.floor(number * size / self.outputs)
        end = sympy.floor(((number + 1) * size + self.outputs - 1) / self.outputs)
        return begin, end - begin
