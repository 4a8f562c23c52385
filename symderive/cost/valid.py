"""Products that count: those not against zero padding, not added outside of the result, not masked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
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
    extents = [int(evaluate(index.dim, values)) for index in indices]
    if math.prod(extents) > LARGEST_GRID:
        raise SymderiveError(
            f"counting products against padding: {' × '.join(map(str, extents))} positions are too many."
        )
    inside = np.ones(extents, dtype=bool)
    for position, size in axes:
        start = position.xreplace(dict.fromkeys(indices, sympy.S.Zero))
        if position.has(Quotient, Remainder):
            raise SymderiveError(f"counting products against padding: the position {position} is not linear.")
        reached = np.full(extents, _whole(evaluate(start, values)))
        for place, (index, extent) in enumerate(zip(indices, extents, strict=True)):
            step = _whole(evaluate(position.coeff(index), values))
            shape = [extent if other == place else 1 for other in range(len(extents))]
            reached = reached + step * np.arange(extent).reshape(shape)
        inside &= (reached >= 0) & (reached < int(evaluate(size, values)))
    return int(inside.sum())


def _whole(value: int | Fraction) -> int:
    if value != int(value):
        raise SymderiveError(
            f"counting products against padding: a position comes to {value}, not a whole number."
        )
    return int(value)
