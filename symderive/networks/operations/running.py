"""Running sums, products and extrema along an axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sympy

from symderive.core.nodes import Entry, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Program
from symderive.functions import by_call
from symderive.functions.kinked import larger, smaller
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import one_of
from symderive.networks.operations.operation import Operation

RUNNING: Mapping[str, Callable[[sympy.Expr, sympy.Expr], sympy.Expr]] = {
    "sum": lambda before, each: before + each,
    "prod": lambda before, each: before * each,
    "max": larger,
    "min": smaller,
    "logsumexp": by_call()["numpy.logaddexp"].make,
}
"""What becomes of the result so far and the next entry."""


@dataclass(frozen=True)
class Running(Operation):
    """What a sum, product or extremum along an axis has come to at each position: `y[i] = y[i−1] + x[i]`.

    The first entry is joined with a start, as the others are with what stands before them.

    Args:
        shape: the shape of input and output.
        axis: the axis along which it runs; a negative one counts from the end.
        kind: "sum", "prod", "max", "min", or "logsumexp" (log of the sum of exponentials).

    Raises:
        ShapeError: not sizes, or no such axis.
        SymderiveError: an unknown kind.

    >>> print(Running((2, 3)).program())
    before[n1, n2] = start[n1]*[0 <= -n2 < 1] + y[n1, n2 - 1]*[0 <= n2 - 1 < 2]
    y[n1, n2] = before[n1, n2] + x[n1, n2]
    """

    axis: int = -1
    kind: str = "sum"

    def _settle(self) -> None:
        super()._settle()
        one_of(self.kind, RUNNING, "Running: unknown kind")
        object.__setattr__(self, "axis", self.axis_numbers((self.axis,))[0])

    def program(self) -> Program:
        """The equations with the inputs x and start."""
        indices = indices_over("n", self.shape)
        step = indices[self.axis]
        rest = tuple(index for index in indices if index != step)
        x, start = Tensor("x", self.shape), Tensor("start", tuple(index.dim for index in rest))
        y = Tensor("y", self.shape)
        back = (index - 1 if index == step else index for index in indices)
        handed = Inside(-step, 1) * Entry(start, *rest) + Inside(step - 1, step.dim - 1) * Entry(y, *back)
        before = replace(defined("before", indices, handed), along=step)
        result = RUNNING[self.kind](Entry(before.tensor, *indices), Entry(x, *indices))
        return Program((x, start), (before, replace(defined("y", indices, result), along=step)), (y,))
