"""The axes in front of those that a layer works on: none, one or several."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import Size, as_size
from symderive.core.nodes import Index
from symderive.layers.layer import as_tuple


def leading_sizes(batch: Any, what: str) -> tuple[Size, ...]:
    """The sizes of the axes in front: None or () for none, one size, or several.

    Raises:
        ShapeError: not sizes.

    >>> leading_sizes(None, "Dense: batch"), leading_sizes([2, "T"], "Dense: batch")
    ((), (2, T))
    """
    given = () if batch is None else tuple(batch) if isinstance(batch, list) else as_tuple(batch)
    return tuple(as_size(size, what) for size in given)


def leading_indices(sizes: tuple[Size, ...]) -> tuple[Index, ...]:
    """One index for each: `n`, or `n1`, `n2` and so on."""
    return tuple(Index(name, size) for name, size in zip(_numbered("n", len(sizes)), sizes, strict=True))


def leading_roles(sizes: tuple[Size, ...]) -> tuple[str, ...]:
    """The customary names: `N`, or `N_1`, `N_2` and so on."""
    return _numbered("N_", len(sizes)) if len(sizes) > 1 else ("N",) * len(sizes)


def _numbered(letter: str, count: int) -> tuple[str, ...]:
    return (letter,) if count == 1 else tuple(f"{letter}{place}" for place in range(1, count + 1))
