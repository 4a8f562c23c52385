"""Dropout: entries that are left out at random while training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Self

import sympy

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Program
from symderive.layers.elementwise import Elementwise
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import positive, sizes


@dataclass(frozen=True)
class Dropout(Elementwise):
    """At inference `y[n] = x[n]`; in training `y[n] = kept[n] · x[n] / (1 − rate)` with kept 0 or 1.

    Source: N. Srivastava et al., Dropout, JMLR 15 (2014), section 4, scaled while training.

    Args:
        batch: the shape of the input, one size or a tuple.
        training: whether entries are left out; which ones says a second input, `kept`.
        rate: how probable it is that an entry is left out, above 0 and below 1.

    Raises:
        ShapeError: not a size, or a rate of 1 or more.
        SymderiveError: a rate that is not a positive number.

    >>> print(Dropout(8, training=True).program())
    y[n] = 2*kept[n]*x[n]
    """

    batch: Any = sizes("N", default=("N", "d"))
    training: bool = False
    _: KW_ONLY
    rate: Any = positive("0.5")

    def _demands(self) -> Iterable[tuple[Any, str]]:
        yield sympy.Lt(self.rate, 1), f"Dropout: with the rate {self.rate} nothing is left; take less than 1."

    def in_training(self) -> Self:
        """The same layer with entries left out."""
        return replace(self, training=True)

    def program(self) -> Program:
        """The equation with the input x, in training also kept."""
        indices = indices_over("n", self.batch)
        x, kept = Tensor("x", self.batch), Tensor("kept", self.batch, "binary")
        body = Entry(x, *indices)
        if self.training:
            body = body * Entry(kept, *indices) / (1 - self.rate)
        y = defined("y", indices, body)
        return Program((x, kept) if self.training else (x,), (y,), (y.tensor,))


EXAMPLES = (Dropout((2, 3)), Dropout((3, 4), training=True, rate="0.2"))
