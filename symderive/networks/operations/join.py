"""Arrays side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Program
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import sizes
from symderive.networks.operations.operation import Operation


@dataclass(frozen=True)
class Join(Operation):
    """Several arrays side by side along an axis: entries are copied, and nothing is computed.

    Args:
        shape: the sizes of the axes that all of them have, without that along which they are joined.
        parts: the size of each array along it.
        axis: which axis of the result it is.

    >>> print(Join((5,), (2, 3)).program())
    y[n1, n2] = x1[n1, n2]*[0 <= 1 - n2 < 2] + x2[n1, n2 - 2]*[0 <= n2 - 2 < 3]
    """

    parts: Any = sizes("P")
    axis: int = 1

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axes of all, and the sum of the parts."""
        return self._with(sympy.Add(*self.parts))

    def _with(self, size: Size) -> tuple[Size, ...]:
        return (*self.shape[: self.axis], size, *self.shape[self.axis :])

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The axes of the result, the parts in place of their sum."""
        return tuple(dict.fromkeys((*self.shape[: self.axis], *self.parts, *self.shape[self.axis :])))

    def program(self) -> Program:
        """The equation with inputs x1, x2 and so on."""
        indices = indices_over("n", self.output_shape)
        *front, along = indices[: self.axis + 1]
        behind, start = indices[self.axis + 1 :], sympy.S.Zero
        terms, inputs = [], []
        for number, part in enumerate(self.parts, 1):
            inputs.append(Tensor(f"x{number}", self._with(part)))
            place = along - start
            terms.append(Inside(place, part) * Entry.at(inputs[-1], *front, place, *behind))
            start = start + part
        y = defined("y", indices, sympy.Add(*terms))
        return Program(tuple(inputs), (y,), (y.tensor,))
