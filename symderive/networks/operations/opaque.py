"""An operation whose equation is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Program
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import sizes_from
from symderive.networks.operations.operation import Operation


@dataclass(frozen=True)
class Opaque(Operation):
    """Something of which only the shape of the result is known; it is listed as unknown.

    Its equation has an undefined function of the first entry of each input.

    Args:
        shape: the shape of the result.
        called: the name of the operation.
        inputs: the shape of each input.

    >>> from symderive.cost import cost
    >>> cost(Opaque((5, 6), "NonMaxSuppression", ((9, 4),))).unknown
    ('NonMaxSuppression in the equation of y',)
    """

    called: str = "operation"
    inputs: tuple[tuple[Any, ...], ...] = ()

    def _settle(self) -> None:
        super()._settle()
        shapes = (sizes_from(one, f"{self.called}: input {n}") for n, one in enumerate(self.inputs, 1))
        object.__setattr__(self, "inputs", tuple(shapes))

    def program(self) -> Program:
        """The equation with inputs x1, x2 and so on."""
        indices = indices_over("n", self.shape)
        inputs = tuple(Tensor(f"x{number}", shape) for number, shape in enumerate(self.inputs, 1))
        first = (Entry(one, *(sympy.S.Zero,) * one.rank) for one in inputs)
        y = defined("y", indices, sympy.Function(self.called)(*indices, *first))
        return Program(inputs, (y,), (y.tensor,))
