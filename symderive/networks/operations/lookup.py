"""Entries that are read or written at positions which an array holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Program
from symderive.layers.equations import defined, indices_over, sizes_of
from symderive.layers.fields import sizes
from symderive.networks.operations.operation import Operation


@dataclass(frozen=True)
class Lookup(Operation):
    """Abstract: positions along one axis of an array stand in another array.

    Args:
        shape: the shape of the array that is read, or written to.
        axis: the axis along which the positions are; a negative one counts from the end.
        places: the shape of the array of positions.

    Raises:
        ShapeError: not sizes, or no such axis.
    """

    axis: int = 0
    places: Any = sizes("P")

    def _settle(self) -> None:
        super()._settle()
        object.__setattr__(self, "axis", self.axis_numbers((self.axis,))[0])

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The array's sizes, then those of the positions."""
        return tuple(dict.fromkeys((*self.shape, *self.places)))

    @property
    def _parts(self) -> tuple[tuple[Index, ...], tuple[Index, ...], Index, Entry]:
        """The indices of the array and of the positions, that of the axis, and the position that is held."""
        indices, at = indices_over("n", self.shape), indices_over("p", self.places)
        return indices, at, indices[self.axis], Entry(Tensor("index", self.places, "count"), *at)

    def _around(self, indices: tuple[Index, ...], at: tuple[Index, ...]) -> tuple[Index, ...]:
        """The indices with those of the positions in place of the axis."""
        return (*indices[: self.axis], *at, *indices[self.axis + 1 :])


@dataclass(frozen=True)
class Gather(Lookup):
    """Slices of an array, of which each position chooses one: `y[p, j] = Σ_v x[v, j] · δ(v, index[p])`.

    It reads, and adds and multiplies nothing.

    >>> Gather((10, 4), 0, (2, 3)).output_shape
    (2, 3, 4)
    """

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axis becomes the axes of the positions."""
        return (*self.shape[: self.axis], *self.places, *self.shape[self.axis + 1 :])

    def program(self) -> Program:
        """The equation with the inputs x and index."""
        indices, at, along, held = self._parts
        x = Tensor("x", self.shape)
        y = defined("y", self._around(indices, at), IndexSum(Entry(x, *indices) * Delta(along, held), along))
        return Program((x, held.tensor), (y,), (y.tensor,))


@dataclass(frozen=True)
class Scatter(Lookup):
    """Slices added to an array where positions say: `y[v, j] = x[v, j] + Σ_p source[p, j] · δ(v, index[p])`.

    Each entry of the source is one addition to a sum that begins with 0, and the sums are added to x.

    >>> Scatter((10, 4), 0, (3,)).program().inputs[1].shape
    (3, 4)
    """

    def program(self) -> Program:
        """The equations with the inputs x, source and index."""
        indices, at, along, held = self._parts
        around = self._around(indices, at)
        x, source = Tensor("x", self.shape), Tensor("source", sizes_of(around))
        landed = defined("landed", indices, IndexSum(Entry(source, *around) * Delta(along, held), *at))
        y = defined("y", indices, Entry(x, *indices) + Entry(landed.tensor, *indices))
        return Program((x, source, held.tensor), (landed, y), (y.tensor,))


@dataclass(frozen=True)
class ScatterAlong(Lookup):
    """Entries added to an array where positions of their own say.

    `y[n, v] = x[n, v] + Σ_p source[n, p] · δ(v, index[n, p])`. Source and positions have the axes of the
    array, with a size of their own along the axis in question, which is `places`. The count is that of
    `Scatter`.

    >>> ScatterAlong((10, 4), 1, (3,)).program().inputs[1].shape
    (10, 3)
    """

    def program(self) -> Program:
        """The equations with the inputs x, source and index."""
        indices = indices_over("n", self.shape)
        at = self._around(indices, (Index("p", self.places[0]),))
        along, places = indices[self.axis], sizes_of(at)
        x, source = Tensor("x", self.shape), Tensor("source", places)
        held = Entry(Tensor("index", places, "count"), *at)
        landed = defined("landed", indices, IndexSum(Entry(source, *at) * Delta(along, held), at[self.axis]))
        y = defined("y", indices, Entry(x, *indices) + Entry(landed.tensor, *indices))
        return Program((x, source, held.tensor), (landed, y), (y.tensor,))
