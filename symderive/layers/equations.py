"""Indices over given sizes, and equations and arrays made of them."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition
from symderive.layers.fields import numbered

POSITIONS = ("i", "j", "l")
"""The indices of the outputs along up to three axes."""


def indices_over(letter: str, given: tuple[Size, ...]) -> tuple[Index, ...]:
    """One index for each size: `n`, or `n1`, `n2` and so on."""
    return tuple(map(Index, numbered(letter, len(given)), given))


def along(letters: Iterable[str], given: Iterable[Size]) -> tuple[Index, ...]:
    """One index for each size, with the first of the letters."""
    return tuple(Index(letter, size) for letter, size in zip(letters, given, strict=False))


def positions_over(given: tuple[Size, ...]) -> tuple[Index, ...]:
    """One index for each size: i, j, l for up to three, else `i1`, `i2` and so on."""
    return along(POSITIONS, given) if len(given) <= len(POSITIONS) else indices_over("i", given)


def sizes_of(indices: Iterable[Index]) -> tuple[Size, ...]:
    """How many values each index has."""
    return tuple(index.dim for index in indices)


def count_of(indices: Iterable[Index]) -> Size:
    """How many values some indices have together."""
    return sympy.Mul(*sizes_of(indices))


def defined(name: str, free: tuple[Index, ...], body: sympy.Expr, latex: str | None = None) -> Definition:
    """The equation of an array with one entry for each value of the indices.

    >>> i, x = Index("i", 3), Tensor("x", (3,))
    >>> print(defined("y", (i,), x[i] ** 2))
    y[i] = x[i]**2
    """
    return Definition(Tensor(name, sizes_of(free), latex_name=latex), free, body, pinned=True)


def entry_of(definition: Definition) -> Entry:
    """The entry that an equation defines."""
    return Entry(definition.tensor, *definition.indices)


def weight_and_bias(
    shape: tuple[Size, ...], ends: tuple[Size, ...] | None, latex: str = "W", prefix: str = ""
) -> tuple[Tensor, ...]:
    """The arrays `weight` of one shape and `bias` of another; no bias where that is None."""
    weight = Tensor(f"{prefix}weight", shape, latex_name=latex)
    return (weight,) if ends is None else (weight, Tensor(f"{prefix}bias", ends, latex_name="b"))
