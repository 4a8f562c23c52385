"""Products that count: those not against zero padding, not added outside of the result, not masked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import sympy

from symderive.core.dims import Dim, Size
from symderive.core.identity import free_indices
from symderive.core.nodes import Index
from symderive.core.positions import Quotient, Remainder, is_surely_inside
from symderive.cost.choices import Range
from symderive.cost.count import Contraction
from symderive.cost.evaluation import evaluate
from symderive.errors import SymderiveError

Axis = Range
LARGEST_GRID = 20_000_000


def padded_axes(contraction: Contraction, relations: Mapping[Dim, Size]) -> list[Axis]:
    """The axes that may be out of range: of the entries, of the result, of brackets.

    Each is a pair of position and size. Positions are affine; an axis is left out where its smallest and
    largest position are inside for all sizes, with `relations` put in and `⌊a⌋ ≤ a`.
    """
    found = []
    for entry in contraction.entries:
        for position, size in zip(entry.axes, entry.tensor.shape, strict=True):
            if not isinstance(position, Index) and not _is_inside(position, size, relations):
                found.append((position, size))
    found += [axis for axis in (*contraction.lands, *contraction.chosen) if not _is_inside(*axis, relations)]
    return found


def _is_inside(position: sympy.Expr, size: Size, relations: Mapping[Dim, Size]) -> bool:
    if is_surely_inside(position, size):
        return True
    lowest, highest = position, position
    for index in sorted(free_indices(position), key=str):
        slope = position.coeff(index)
        last = slope * (index.dim.xreplace(dict(relations)) - 1)
        lowest = lowest.xreplace({index: sympy.S.Zero}) + (last if slope.is_negative else 0)
        highest = highest.xreplace({index: sympy.S.Zero}) + (0 if slope.is_negative else last)
        if slope.is_nonnegative is None:
            return False
    highest = sympy.expand(highest)
    for floor in sorted(highest.atoms(sympy.floor), key=str):
        if not highest.coeff(floor).is_nonnegative or floor.args[0].has(sympy.floor):
            return False
        highest = highest.xreplace({floor: floor.args[0]})
    room = sympy.expand(size.xreplace(dict(relations)) - 1 - sympy.expand(highest))
    return bool(sympy.expand(lowest).is_nonnegative and room.is_nonnegative)


def share_of_a_triangle(axes: list[Axis]) -> sympy.Expr | None:
    """Which part of a square `[j ≤ i]` leaves, `(n + 1)/2n`, if that is the only range; else None.

    >>> i, j = Index("i", Dim("n")), Index("j", Dim("n"))
    >>> share_of_a_triangle([(i - j, Dim("n"))])
    (n + 1)/(2*n)
    """
    if len(axes) != 1:
        return None
    ((position, size),) = axes
    indices = sorted(free_indices(position), key=str)
    if len(indices) != 2 or any(index.dim != size for index in indices):
        return None
    one, other = indices
    return (size + 1) / (2 * size) if position in (one - other, other - one) else None


def valid_products(contraction: Contraction, axes: list[Axis], values: Mapping[Dim, int]) -> int:
    """How many products of a contraction have all the given axes in range, at given sizes.

    Axes that share an index are counted together on one grid, independent ones are multiplied.

    Raises:
        SymderiveError: a grid that is too large to count.
    """
    total = 1
    rest = dict.fromkeys((*contraction.free, *contraction.bound))
    for group in _connected(axes):
        indices = sorted({index for position, _ in group for index in free_indices(position)}, key=str)
        for index in indices:
            rest.pop(index, None)
        total *= _count_inside(group, indices, values)
    return total * math.prod(int(evaluate(index.dim, values)) for index in rest)


def _connected(axes: list[Axis]) -> list[list[Axis]]:
    groups: list[tuple[set[Index], list[Axis]]] = []
    for axis in axes:
        indices = set(free_indices(axis[0]))
        joined = [axis]
        apart = []
        for other, members in groups:
            if other & indices:
                indices |= other
                joined = members + joined
            else:
                apart.append((other, members))
        groups = [*apart, (indices, joined)]
    return [members for _, members in groups]


def _count_inside(axes: list[Axis], indices: list[Index], values: Mapping[Dim, int]) -> int:
    """How many values of the indices have all axes in range; one index is solved for where it can be."""
    extents = {index: int(evaluate(index.dim, values)) for index in indices}
    solved = max(indices, key=lambda index: extents[index]) if len(axes) == 1 else None
    grid = [index for index in indices if index != solved]
    shape = [extents[index] for index in grid]
    if math.prod(shape) > LARGEST_GRID:
        raise SymderiveError(
            f"counting products against padding: {' × '.join(map(str, shape))} positions are too many."
        )
    if solved is not None:
        ((position, size),) = axes
        step, reached = (
            _whole(evaluate(position.coeff(solved), values)),
            _reached(position, grid, shape, values),
        )
        return _solutions(reached, step, extents[solved], int(evaluate(size, values)))
    inside = np.ones(shape, dtype=bool)
    for position, size in axes:
        reached = _reached(position, grid, shape, values)
        inside &= (reached >= 0) & (reached < int(evaluate(size, values)))
    return int(inside.sum())


def _reached(
    position: sympy.Expr, grid: list[Index], shape: list[int], values: Mapping[Dim, int]
) -> npt.NDArray[np.int64]:
    """The position at every value of the indices of a grid; all other indices are 0."""
    if position.has(Quotient, Remainder):
        raise SymderiveError(f"counting products against padding: the position {position} is not linear.")
    start = position.xreplace(dict.fromkeys(free_indices(position), sympy.S.Zero))
    reached = np.full(shape, _whole(evaluate(start, values)))
    for place, (index, extent) in enumerate(zip(grid, shape, strict=True)):
        step = _whole(evaluate(position.coeff(index), values))
        along = [extent if other == place else 1 for other in range(len(shape))]
        reached = reached + step * np.arange(extent).reshape(along)
    return reached


def _solutions(start: npt.NDArray[np.int64], step: int, extent: int, size: int) -> int:
    """How many t with `0 ≤ t < extent` have `0 ≤ start + step·t < size`, over all starts.

    >>> _solutions(np.array([-1, 0, 1]), 2, 3, 5)
    7
    """
    if step < 0:  # counted from the other end
        start, step = start + step * (extent - 1), -step
    if step == 0:
        return extent * int(np.sum((start >= 0) & (start < size)))
    first = np.maximum(-(start // step), 0)
    last = np.minimum((size - 1 - start) // step, extent - 1)
    return int(np.maximum(last - first + 1, 0).sum())


def _whole(value: int | Fraction) -> int:
    if value != int(value):
        raise SymderiveError(
            f"counting products against padding: a position comes to {value}, not a whole number."
        )
    return int(value)
