"""The plain recurrent layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import sympy

from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition
from symderive.functions.kinked import relu
from symderive.layers.fields import one_of
from symderive.layers.recurrent import Recurrent, Steps

FUNCTIONS = {"tanh": sympy.tanh, "relu": relu}


@dataclass(frozen=True)
class RNN(Recurrent):
    """A state that is a function of the input and of itself one step before; for the fields see `Recurrent`.

    `h[t, k] = tanh(Σ_m w_ih[k, m] · x[t, m] + b_ih[k] + Σ_j w_hh[k, j] · h[t − 1, j] + b_hh[k])`

    Source: J. L. Elman, Finding structure in time, Cognitive Science 14 (1990).

    Args:
        function: "tanh" or "relu".

    Raises:
        ShapeError: not a size.
        SymderiveError: an unknown function.

    >>> print(RNN(3, 2, 5, bias=False).program())
    from_x[t, k] = Sum[m](w_ih[k, m]*x[t, m])
    h_before[t, j] = h_start[j]*[0 <= -t < 1] + h[t - 1, j]*[0 <= t - 1 < 4]
    from_h[t, k] = Sum[j](h_before[t, j]*w_hh[k, j])
    h[t, k] = tanh(from_h[t, k] + from_x[t, k])
    """

    GATES: ClassVar[int] = 1

    function: str = "tanh"

    def _settle(self) -> None:
        super()._settle()
        one_of(self.function, FUNCTIONS, "RNN: unknown function")

    def updates(self, at: Steps, k: Index, made: tuple[Tensor, Tensor]) -> Iterator[Definition]:
        """`h[t, k] = f(from_x[t, k] + from_h[t, k])`."""
        yield at.step("h", (k,), FUNCTIONS[self.function](sum(Entry(one, *at.free(k)) for one in made)), "h")


EXAMPLES = (
    RNN(3, 2, 4),
    RNN(2, 3, 4, bias=False, batch=5, batch_first=False),
    RNN(1, 2, 3, layers=2, bidirectional=True, batch=4, function="relu"),
)
