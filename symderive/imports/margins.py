"""Zeros that were put around an array, which are padding to a convolution that reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import sympy

from symderive.core.dims import Size

Sides = tuple[Size, Size]
"""How many positions stand in front and behind along one axis."""
NONE: Sides = (sympy.S.Zero, sympy.S.Zero)


@dataclass(frozen=True)
class Surrounded:
    """An array with zeros around it.

    Attributes:
        inner: its sizes without them.
        sides: how many zeros there are along each axis; fewer than none where positions are cut off.
    """

    inner: tuple[Size, ...]
    sides: tuple[Sides, ...]

    @classmethod
    def by_none(cls, shape: Iterable[Size]) -> Self:
        """An array that is not known to have zeros around it."""
        inner = tuple(shape)
        return cls(inner, (NONE,) * len(inner))

    def padded(self, added: Iterable[Sides]) -> Surrounded:
        """The same with more zeros along each axis, or with positions cut off.

        >>> one, two = sympy.Integer(1), sympy.Integer(2)
        >>> more, fewer = (two, one), (one, -two)
        >>> Surrounded.by_none((one, 9 * one)).padded((NONE, more)).padded((NONE, fewer))
        Surrounded(inner=(1, 8), sides=((0, 0), (3, 0)))
        """
        axes = [_axis(*one) for one in zip(self.inner, self.sides, added, strict=True)]
        return Surrounded(tuple(size for size, _ in axes), tuple(sides for _, sides in axes))

    def read_by_windows(self, padding: Iterable[Sides]) -> tuple[tuple[Size, ...], tuple[Sides, ...]]:
        """The extents that windows slide along, the last axes, and their padding with the zeros in it.

        Args:
            padding: what is added to the last axes besides.
        """
        own = tuple(padding)
        front = len(self.inner) - len(own)
        if any(sides != NONE for sides in self.sides[:front]):
            whole = (
                size + before + after for size, (before, after) in zip(self.inner, self.sides, strict=True)
            )
            return tuple(whole)[front:], own
        both = zip(own, self.sides[front:], strict=True)
        return self.inner[front:], tuple((a + before, b + after) for (a, b), (before, after) in both)

    def with_an_axis_in_front(self) -> Surrounded:
        """The same as one of a batch of one."""
        return Surrounded((sympy.S.One, *self.inner), (NONE, *self.sides))


def _axis(size: Size, sides: Sides, added: Sides) -> tuple[Size, Sides]:
    """One axis with more zeros; those of before are data where they may be positions that are cut off."""
    if added != NONE and not all(side.is_nonnegative for side in sides):
        size, sides = size + sides[0] + sides[1], NONE
    front, back = (side + more for side, more in zip(sides, added, strict=True))
    cut = [side for side in (front, back) if side.is_negative]
    kept = (sympy.S.Zero if side.is_negative else side for side in (front, back))
    return sympy.expand(size + sympy.Add(*cut)), (next(kept), next(kept))
