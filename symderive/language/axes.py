"""Shapes and axes as NumPy counts them: indices over a shape, broadcasting, which axes a reduction keeps."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import sympy

from symderive.core.dims import Size, same_size, shape_text
from symderive.core.identity import FREE_LETTERS, fresh
from symderive.core.nodes import Index
from symderive.errors import ShapeError

Shape = tuple[Size, ...]
Axis = int | tuple[int, ...] | None


def free_axes(shape: Sequence[Size]) -> tuple[Index, ...]:
    """Indices `i, j, k, …` over a shape."""
    return fresh(shape, (), FREE_LETTERS)


def broadcast(shapes: Sequence[Shape], symbol: str) -> Shape:
    """NumPy's broadcasting of shapes.

    Raises:
        ShapeError: two sizes differ and neither is 1; names both.
    """
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Size] = []
    for place in range(rank):
        sizes = [shape[place - rank + len(shape)] for shape in shapes if place - rank + len(shape) >= 0]
        size = next((size for size in sizes if size != 1), sympy.S.One)
        for other in sizes:
            if other != 1 and not same_size(size, other):
                both = " and ".join(shape_text(shape) for shape in shapes)
                raise ShapeError(
                    f"elementwise {symbol}: sizes {size} and {other} differ (shapes {both}); "
                    "give the arrays the same size, or add an axis of size 1 with [:, None]."
                )
        result.append(size)
    return tuple(result)


def stretched(index: Index, size: Size) -> sympy.Expr:
    """The position that broadcasting reads on an axis of this size: an axis of size 1 is always read at 0."""
    return sympy.S.Zero if size == 1 and index.dim != 1 else index


def normal_axes(axes: Sequence[Any], rank: int, what: str) -> tuple[int, ...]:
    """Axis numbers counted from the front, each once.

    Raises:
        ShapeError: an axis that does not exist, or twice the same.
    """
    normal = []
    for axis in axes:
        if isinstance(axis, bool) or not hasattr(axis, "__index__") or not -rank <= axis < rank:
            raise ShapeError(f"{what}: there is no axis {axis!r} in an array with {rank} axes.")
        normal.append(operator.index(axis) % rank)
    if len(set(normal)) != len(normal):
        raise ShapeError(f"{what}: an axis is named twice.")
    return tuple(normal)


def given_axes(axis: Axis, rank: int, what: str) -> tuple[int, ...]:
    """The axes of a reduction, counted from the front: all of them for None."""
    chosen = range(rank) if axis is None else (axis if isinstance(axis, (tuple, list)) else (axis,))
    return normal_axes(tuple(chosen), rank, what)


def kept_axes(
    shape: Shape, reduced: Sequence[int], keepdims: bool
) -> tuple[tuple[Index, ...], dict[int, Index]]:
    """The indices of the result of a reduction, and which of them stands at which kept axis."""
    kept = [place for place in range(len(shape)) if place not in reduced]
    if keepdims:
        sizes = [sympy.S.One if place in reduced else size for place, size in enumerate(shape)]
        indices = free_axes(sizes)
        return indices, dict(enumerate(indices))
    indices = free_axes([shape[place] for place in kept])
    return indices, dict(zip(kept, indices, strict=True))
