"""What the operations between layers share: they are about arrays whose axes are those of one shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size, shape_text
from symderive.core.nodes import Entry, Index, Tensor
from symderive.errors import ShapeError
from symderive.layers.fields import sizes
from symderive.layers.layer import Layer


@dataclass(frozen=True)
class Operation(Layer):
    """Abstract: an operation on arrays whose axes are those of one shape.

    Args:
        shape: the sizes of all axes.
    """

    shape: Any = sizes("N")

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """That of the input, unless an operation says otherwise."""
        return self.shape

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The sizes in their order."""
        return tuple(dict.fromkeys(self.shape))

    def axis_numbers(self, given: Iterable[int]) -> tuple[int, ...]:
        """Axes counted from the front, each once and in order; negative ones count from the end.

        Raises:
            ShapeError: there is no such axis.
        """
        rank = len(self.shape)
        axes = tuple(given)
        for axis in axes:
            if not -rank <= axis < rank:
                raise ShapeError(
                    f"{type(self).__name__}: no axis {axis} in {shape_text(self.shape)}; "
                    f"give one from {-rank} to {rank - 1}."
                )
        return tuple(sorted({axis % rank for axis in axes}))


def numbered_inputs(
    indices: tuple[Index, ...], missing: Iterable[tuple[int, ...]]
) -> tuple[tuple[Tensor, ...], tuple[Entry, ...]]:
    """Arrays `x1`, `x2`, … and the entry of each at these indices, less those of the axes that it lacks."""
    entries = []
    for number, lacks in enumerate(missing, 1):
        kept = [index for axis, index in enumerate(indices) if axis not in lacks]
        entries.append(Entry(Tensor(f"x{number}", tuple(index.dim for index in kept)), *kept))
    return tuple(entry.tensor for entry in entries), tuple(entries)
