"""How the equations of a layer go over memory: what each pass reads and writes.

By convention nothing is fused across layers: each reads what it is given once and writes its result once.
Inside a layer each contraction is a pass of its own; the equations between two contractions are one pass, as
in a softmax or a normalisation, and so is a recurrence. An array stays inside a pass where nothing else reads
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import sympy

from symderive.core.dims import Size
from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import Entry, IndexSum, Tensor
from symderive.core.recurrence import run_of
from symderive.cost.choices import looked_up
from symderive.cost.count import Part


@dataclass(frozen=True)
class Kernel:
    """One pass over memory.

    Attributes:
        reads: the arrays that are read, and the shape of what is read of each: of a table only the rows that
            are looked up.
        writes: the arrays that are written.
    """

    reads: tuple[tuple[Tensor, tuple[Size, ...]], ...]
    writes: tuple[Tensor, ...]


def kernels(parts: Sequence[Part], outputs: Iterable[Tensor]) -> tuple[Kernel, ...]:
    """The passes of a program, in order.

    Args:
        parts: its equations with their counts.
        outputs: the arrays that are handed on.

    >>> from symderive.cost.count import count
    >>> from symderive.layers import Attention
    >>> program = Attention("d", "T", heads="H").program()
    >>> for one in kernels(count(program), program.outputs):
    ...     print([tensor.name for tensor, _ in one.reads], "→", [tensor.name for tensor in one.writes])
    ['k', 'q'] → ['scores']
    ['scores'] → ['weights']
    ['v', 'weights'] → ['y']
    """
    passes = [tuple(some) for _, some in groupby(parts, _Passes(parts).number)]
    outputs = set(outputs)
    found = []
    for place, some in enumerate(passes):
        made = [part.definition.tensor for part in some]
        later = {one for other in passes[place + 1 :] for part in other for one in _read(part)}
        reads: dict[Tensor, tuple[Size, ...]] = {}
        for part in some:
            for tensor in sorted(_read(part) - set(made), key=lambda one: str(one.name)):
                reads.setdefault(tensor, _shape_read(part, tensor))
        writes = tuple(one for one in made if one in outputs or one in later)
        found.append(Kernel(tuple(reads.items()), writes))
    return tuple(found)


class _Passes:
    """Numbers the passes of a program."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.definitions = [part.definition for part in parts]
        self.now, self.last = 0, ""

    def number(self, part: Part) -> int:
        """The pass that an equation belongs to; asked for in their order."""
        made = part.definition
        if made.along is not None:
            kind = f"along {run_of(made, self.definitions)[0].tensor.name}"
        else:
            kind = f"contraction {made.tensor.name}" if part.contractions else "between"
        if kind != self.last:
            self.now, self.last = self.now + 1, kind
        return self.now


def _read(part: Part) -> set[Tensor]:
    return set(tensors_of(part.definition.body))


def _shape_read(part: Part, tensor: Tensor) -> tuple[Size, ...]:
    """The shape of what is read of an array: all of it, or where rows are only looked up, these rows."""
    if part.contractions:
        return tensor.shape
    for total in sorted(part.definition.body.atoms(IndexSum), key=sympy.default_sort_key):
        factors = sympy.Mul.make_args(total.body)
        picked = looked_up(factors, total.indices)
        for entry in factors:
            if (
                isinstance(entry, Entry)
                and entry.tensor == tensor
                and any(one in picked for one in entry.axes)
            ):
                used = {index for axis in entry.axes for index in free_indices(picked.get(axis, axis))}
                rows = sorted(used.difference(picked), key=lambda index: str(index.name))
                return tuple(index.dim for index in rows)
    return tensor.shape
