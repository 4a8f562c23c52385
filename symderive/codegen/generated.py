"""What all generated functions have, whatever library they are written for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symderive.core.nodes import Tensor
from symderive.core.program import Program


@dataclass(frozen=True)
class Generated:
    """Abstract: a function that was written here.

    Attributes:
        program: what it computes.
        source: its code, which runs without symderive.
        name: the name of the function in the source.
        accepted: further arrays that a call may give because the loss has them; their shapes are checked.
    """

    program: Program
    source: str
    name: str
    accepted: tuple[Tensor, ...]

    def arguments(self, arrays: Mapping[str, Any]) -> list[Tensor]:
        """The inputs, and those other arrays of the loss that a call gives."""
        inputs = self.program.inputs
        given = [one for one in self.accepted if one.name in arrays and one not in inputs]
        return [*inputs, *given]

    def needed(self, arrays: Mapping[str, Any]) -> dict[str, Any]:
        """Of the arrays of a call those that the code reads."""
        return {str(one.name): arrays[str(one.name)] for one in self.program.inputs}
