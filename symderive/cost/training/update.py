"""The record of an optimizer: what one step computes for each parameter, and what it keeps."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symderive.core.dims import Dim
from symderive.cost.count import count
from symderive.cost.record import Cost
from symderive.language.declaring import array
from symderive.language.programs import program_of

ENTRIES = Dim("P")
"""How many parameters there are."""


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
    def cost(self) -> Cost:
        """What a step costs for `P` parameters; the states are its buffers.

        >>> from symderive.cost.training.optimizers import optimizer
        >>> found = optimizer("momentum").cost
        >>> found.formula("muls").write(), found.formula("adds").write(), found.formula("buffers").write()
        ('2 · P', '2 · P', 'P')
        """
        arrays = [array(name, ENTRIES) for name in ("w", "g", *self.states)]
        program = program_of(*self.function(*arrays, *map(Dim, self.numbers)))
        kept = tuple(one.tensor for one in arrays[2:])
        return Cost(count(program), kept=kept, order=(ENTRIES,))
