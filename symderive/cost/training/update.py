"""The record of an optimizer: what one step computes for each parameter, and what it keeps."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symderive.core.dims import Dim
from symderive.core.nodes import Tensor
from symderive.cost.count import MACS, count
from symderive.cost.formula import Formula
from symderive.cost.record import Cost
from symderive.language.declaring import array
from symderive.language.programs import program_of

ENTRIES = Dim("P")
"""How many parameters there are."""
STATES = "optimizer_state"
"""The quantity that is the entries of the optimizer's states."""


@dataclass(frozen=True, repr=False)
class UpdateCost(Cost):
    """What an update costs; `optimizer_state` is a quantity of it.

    Attributes:
        states: the arrays that are kept from step to step.
    """

    states: tuple[Tensor, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of all quantities that are not 0."""
        return (*super().quantities, *([STATES] if self.states else []))

    def formula(self, quantity: str = MACS) -> Formula:
        """The formula of a quantity.

        Raises:
            SymderiveError: an unknown quantity.
        """
        return self._entries(self.states) if quantity == STATES else super().formula(quantity)


@dataclass(frozen=True)
class Update:
    """One step of an optimizer, entry by entry.

    Attributes:
        function: takes the parameters, their gradient, the states and the numbers that are the same for all
            entries; gives the new parameters and the new states. It works on NumPy's arrays, too.
        states: the names of the arrays that are kept from step to step, each as large as the parameters.
        source: where the update is written down.
    """

    function: Callable[..., tuple[Any, ...]]
    states: tuple[str, ...]
    source: str

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the numbers that are the same for all entries, as the learning rate is."""
        return tuple(inspect.signature(self.function).parameters)[2 + len(self.states) :]

    @cached_property
    def cost(self) -> UpdateCost:
        """What a step costs for `P` parameters.

        >>> from symderive.cost.training.optimizers import optimizer
        >>> found = optimizer("momentum").cost
        >>> [found.formula(name).write() for name in ("muls", "adds", "optimizer_state")]
        ['2 · P', '2 · P', 'P']
        """
        arrays = [array(name, ENTRIES) for name in ("w", "g", *self.states)]
        program = program_of(*self.function(*arrays, *map(Dim, self.numbers)))
        return UpdateCost(count(program), order=(ENTRIES,), states=tuple(one.tensor for one in arrays[2:]))
