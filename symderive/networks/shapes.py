"""Shapes of feature maps side by side: lined up, compared, and growing from one repetition to the next."""

from __future__ import annotations

from typing import TypeAlias

import sympy

from symderive.core.dims import Size, same_size, shape_text
from symderive.errors import ShapeError

Shape: TypeAlias = tuple[Size, ...]


def same_shape(left: Shape, right: Shape) -> bool:
    """Whether two shapes are equal for all values of their symbols."""
    return len(left) == len(right) and all(map(same_size, left, right))


def exchanged(shape: Shape, axis: int, size: Size) -> Shape:
    """The shape with another size of one axis."""
    places = range(len(shape))
    return tuple(size if place == places[axis] else one for place, one in enumerate(shape))


def broadcast(left: Shape, right: Shape, doing: str) -> Shape:
    """The shape of an operation entry by entry: axes line up from the last, one of size 1 is repeated.

    Raises:
        ShapeError: two sizes differ.

    >>> broadcast((sympy.S(2), sympy.S(3)), (sympy.S(3),), "adding")
    (2, 3)
    """
    rank = max(len(left), len(right))
    lined = [(sympy.S.One,) * (rank - len(one)) + one for one in (left, right)]
    found = []
    for one, other in zip(*lined, strict=True):
        if not (one == 1 or other == 1 or same_size(one, other)):
            raise ShapeError(
                f"{doing} {shape_text(left)} and {shape_text(right)}: {one} differs from {other}; "
                "make the sizes equal, or one of them 1."
            )
        found.append(other if one == 1 else one)
    return tuple(found)


def missing_axes(shape: Shape, whole: Shape) -> tuple[int, ...]:
    """The axes of `whole` along which an array of this shape is the same."""
    ahead = len(whole) - len(shape)
    repeated = [axis + ahead for axis, size in enumerate(shape) if size == 1 and whole[axis + ahead] != 1]
    return (*range(ahead), *repeated)


def steps_between(before: Shape, after: Shape, name: str) -> Shape:
    """By how much each axis grows.

    Raises:
        ShapeError: another number of axes.
    """
    if len(before) != len(after):
        raise ShapeError(
            f"repeating {name}: {shape_text(before)} becomes {shape_text(after)}; "
            "what is repeated keeps the number of axes."
        )
    return tuple(sympy.expand(end - start) for start, end in zip(before, after, strict=True))


def grown(shape: Shape, steps: Shape, times: Size) -> Shape:
    """The shape after so many repetitions."""
    return tuple(sympy.expand(size + times * step) for size, step in zip(shape, steps, strict=True))
