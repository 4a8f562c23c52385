"""Names for intermediate results of the code: capitals for matrices, small letters for vectors."""

from __future__ import annotations

from collections.abc import Iterable

from symderive.core.identity import letters
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Program

_KINDS = {0: ("c", "a", "e"), 1: ("s", "a", "c", "u", "v"), 2: ("Z", "A", "B", "C", "D", "E", "F", "G")}
RESERVED = frozenset({"np", "special", "result", "xp"})


class NewNames:
    """Names that no array, size or module has."""

    def __init__(self, programs: Iterable[Program], sizes: Iterable[str]) -> None:
        self.taken = {*RESERVED, *sizes}.union(*(program.names for program in programs))

    def tensor(self, labels: tuple[Index, ...]) -> Tensor:
        """A new array with these axes."""
        source = letters(_KINDS[min(len(labels), 2)])
        name = next(one for one in source if one not in self.taken)
        self.taken.add(name)
        return Tensor(name, tuple(label.dim for label in labels))

    def like(self, wish: str) -> str:
        """A new name, the wished one where it is free."""
        name = next(one for one in letters((wish,)) if one not in self.taken)
        self.taken.add(name)
        return name
