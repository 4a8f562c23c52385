"""The gated recurrent unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import sympy

from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition
from symderive.functions.sigmoid import sigmoid
from symderive.layers.equations import entry_of
from symderive.layers.recurrent import Recurrent, Steps


@dataclass(frozen=True)
class GRU(Recurrent):
    """A state that keeps as much of itself as a gate says; for the fields see `Recurrent`.

    The gates are r, z and that of the candidate: `r = σ(from_x[0] + from_h[0])`,
    `z = σ(from_x[1] + from_h[1])`, `candidate = tanh(from_x[2] + r · from_h[2])` and
    `h[t] = (1 − z[t]) · candidate[t] + z[t] · h[t − 1]`.

    Source: K. Cho et al., Learning Phrase Representations using RNN Encoder–Decoder, arXiv:1406.1078,
    equations 5 to 8, with r behind the product with the state, as PyTorch and cuDNN have it.

    Raises:
        ShapeError: not a size.

    >>> GRU(16, 32, 5, batch=3).output_shape, GRU(16, 32).parameters[0].shape
    ((3, 5, 32), (3, 32, 16))
    """

    GATES: ClassVar[int] = 3

    def updates(self, at: Steps, k: Index, made: tuple[Tensor, Tensor]) -> Iterator[Definition]:
        """Both gates, the candidate, and the mean of candidate and state."""
        reset = at.step("r", (k,), sigmoid(sympy.Add(*at.gate(made, 0, k))), "r")
        update = at.step("z", (k,), sigmoid(sympy.Add(*at.gate(made, 1, k))), "z")
        from_x, from_h = at.gate(made, 2, k)
        candidate = at.step("candidate", (k,), sympy.tanh(from_x + entry_of(reset) * from_h), r"\tilde{h}")
        yield from (reset, update, candidate)
        before = Entry(at.before("h", k).tensor, *at.free(k))
        kept = entry_of(update)
        yield at.step("h", (k,), (1 - kept) * entry_of(candidate) + kept * before, "h")


EXAMPLES = (
    GRU(3, 2, 4),
    GRU(1, 2, 3, layers=2, batch=4, batch_first=False),
)
