"""Arrays read between their positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.functions.kinked import larger, smaller
from symderive.layers.equations import along, defined, entry_of, indices_over
from symderive.layers.fields import one_of, sizes
from symderive.networks.operations.operation import Operation

TAPS = {"nearest": 1, "linear": 2, "cubic": 4}
"""How many entries are read along each axis."""
SHARPNESS = sympy.Rational(-3, 4)
"""The parameter of the cubic convolution kernel, as PyTorch and ONNX have it."""


@dataclass(frozen=True)
class Sampled(Operation):
    """An array at places that another array holds, as coordinates from −1 to 1.

    `place_a = ((grid[n, p…, a] + 1) H_a − 1) / 2`, and what is behind its point is the share s between two
    positions. `y[n, c, p…] = Σ_k weights[n, p…, k…] · near[n, c, p…, k…]`, where `near` are the entries
    around a place, two (linear) or four (cubic) along each axis, and a weight is the product of one for each
    axis: 1 − s and s, or the cubic convolution kernel at the distances 1 + s, s, 1 − s and 2 − s.

    Source: R. Keys, Cubic convolution interpolation for digital image processing, 1981, equation 4.

    Args:
        shape: batch and channels.
        extents: the sizes of the other axes of the array that is read.
        places: the sizes of the axes of the places; as many.
        mode: "nearest", "linear" or "cubic".
        is_aligned: whether −1 and 1 are the middles of the outermost entries, or their outer ends.
        is_clipped: whether places outside are moved to the ends.

    Raises:
        ShapeError: not sizes.
        SymderiveError: an unknown mode.

    >>> print(Sampled((2, 3), (9,), (5,)).program())
    place_1[n, p] = 9*grid[n, p, 0]/2 + 4
    share_1[n, p] = -floor(place_1[n, p]) + place_1[n, p]
    weight_1_0[n, p] = 1 - share_1[n, p]
    weight_1_1[n, p] = share_1[n, p]
    weights[n, p, k] = weight_1_0[n, p]*[0 <= -k < 1] + weight_1_1[n, p]*[0 <= k - 1 < 1]
    y[n, c, p] = Sum[k](weights[n, p, k]*near[n, c, p, k])
    """

    extents: Any = sizes("H")
    places: Any = sizes("P")
    mode: str = "linear"
    is_aligned: bool = False
    is_clipped: bool = False

    def _settle(self) -> None:
        super()._settle()
        one_of(self.mode, TAPS, "Sampled: unknown mode")

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """Batch, channels and places."""
        return (*self.shape, *self.places)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, channels, places, and the sizes of what is read."""
        return tuple(dict.fromkeys((*self.shape, *self.places, *self.extents)))

    def program(self) -> Program:
        """The equations with the inputs grid and near, the entries around each place."""
        n, c = along(("n", "c"), self.shape)
        at, rank = indices_over("p", self.places), len(self.places)
        free, taps = (n, *at), TAPS[self.mode]
        grid = Tensor("grid", (n.dim, *self.places, rank))
        around = indices_over("k", (sympy.Integer(taps),) * rank) if taps > 1 else ()
        near = Tensor("near", (*self.shape, *self.places, *(k.dim for k in around)))
        made: list[Definition] = []
        chosen: list[sympy.Expr] = []
        for axis, size in enumerate(self.extents):
            place = self._place(Entry(grid, *free, sympy.Integer(rank - 1 - axis)), size)
            made.append(defined(f"place_{axis + 1}", free, place))
            made += self._shares(made[-1], axis + 1)
            if taps > 1:
                weights = list(self._weights(made[-1], axis + 1))
                chosen.append(_one_of(around[axis], weights))
                made += weights
        read = Entry(near, n, c, *at, *around)
        if taps > 1:
            made.append(defined("weights", (*free, *around), sympy.Mul(*chosen)))
            read = IndexSum(entry_of(made[-1]) * read, *around)
        made.append(defined("y", (n, c, *at), read))
        return Program((grid, near), tuple(made), (made[-1].tensor,))

    def _place(self, given: Entry, size: Size) -> sympy.Expr:
        place = (given + 1) * (size - 1) / 2 if self.is_aligned else ((given + 1) * size - 1) / 2
        return smaller(larger(place, sympy.S.Zero), size - 1) if self.is_clipped else place

    def _shares(self, made: Definition, axis: int) -> tuple[Definition, ...]:
        """How far a place is behind the position before it, or the nearest position."""
        place, free = entry_of(made), made.indices
        if self.mode == "nearest":
            return (defined(f"nearest_{axis}", free, sympy.floor(place + sympy.S.Half)),)
        return (defined(f"share_{axis}", free, place - sympy.floor(place)),)

    def _weights(self, made: Definition, axis: int) -> Iterator[Definition]:
        """The weights along an axis, that of the first entry first."""
        s, free, a = entry_of(made), made.indices, SHARPNESS
        if self.mode == "linear":
            bodies = [1 - s, s]
        else:
            outer = (((a * far - 5 * a) * far + 8 * a) * far - 4 * a for far in (1 + s, 2 - s))
            inner = (((a + 2) * far - (a + 3)) * far * far + 1 for far in (s, 1 - s))
            (first, last), between = outer, inner
            bodies = [first, *between, last]
        for tap, body in enumerate(bodies):
            yield defined(f"weight_{axis}_{tap}", free, body)


def _one_of(tap: Index, weights: list[Definition]) -> sympy.Expr:
    """The weight of a tap."""
    return sympy.Add(*(Inside(number - tap, 1) * entry_of(one) for number, one in enumerate(weights)))
