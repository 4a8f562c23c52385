"""The backward pass of a layer or a network as a cost of its own."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.cost.count import Part


@dataclass(frozen=True)
class Pulled:
    """The counts of one adjoint.

    Attributes:
        of: the array that it is the adjoint of; for a window, what it is read from.
        part: the counts.
    """

    of: str
    part: Part
