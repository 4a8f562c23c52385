"""What all layers share that slide a window along one, two or three axes: fields, names, indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Index
from symderive.errors import SymderiveError
from symderive.layers.layer import symbols_in
from symderive.layers.window import extents, padding_per_axis, per_axis, windows

SYMBOLS = {"length": "L", "depth": "D", "height": "H", "width": "W"}
OUTPUT_LETTERS = ("i", "j", "l")
TAP_LETTERS = ("u", "v", "w")


def settle_window(layer: Any, sizes: Iterable[str]) -> None:
    """Turn the fields of a layer with a window into sizes.

    Args:
        layer: the frozen dataclass under construction; its class has `AXES`.
        sizes: the fields that hold one size each; the input's extents and the batch are added.

    Raises:
        ShapeError: a field that is not a size.
        SymderiveError: padding "same" with a stride.
    """
    name = type(layer).__name__
    for field in (*sizes, *layer.AXES, *(("batch",) if layer.batch is not None else ())):
        object.__setattr__(layer, field, as_size(getattr(layer, field), f"{name}: {field}"))
    for field in ("kernel", "stride", "dilation"):
        object.__setattr__(layer, field, per_axis(getattr(layer, field), layer.AXES, f"{name}: {field}"))
    padding = padding_per_axis(layer.padding, layer.AXES, f"{name}: padding")
    object.__setattr__(layer, "padding", padding)
    if padding == "same" and any(stride != 1 for stride in layer.stride):
        raise SymderiveError(
            f'{name}: padding "same" means an output as large as the input; it needs stride 1.'
        )


def fitting(layer: Any) -> list[tuple[Any, str]]:
    """The windows fit the padded axes; with what to say if one does not."""
    name = type(layer).__name__
    return [one for window in windows(layer) for one in window.conditions(name)]


def names_in(layer: Any) -> set[str]:
    """The names of all sizes in the fields of a layer."""
    return {symbol.name for field in fields(layer) for symbol in symbols_in(getattr(layer, field.name))}


def primed(layer: Any, sizes: Iterable[Size]) -> tuple[tuple[Size, ...], dict[Dim, Size]]:
    """The output extents as the program uses them, and what new names such as `H′` mean."""
    return extents(sizes, [f"{SYMBOLS[axis]}prime" for axis in layer.AXES], names_in(layer))


def window_roles(layer: Any) -> dict[str, tuple[str, ...]]:
    """The roles of kernel, input extents and batch: `k` for a kernel of equal sizes, else `k_h`, `k_w`."""
    axes = layer.AXES
    equal = all(size == layer.kernel[0] for size in layer.kernel)
    kernel = tuple("k" if equal else f"k_{SYMBOLS[axis].lower()}" for axis in axes)
    roles: dict[str, tuple[str, ...]] = {"kernel": kernel, **{axis: (SYMBOLS[axis],) for axis in axes}}
    return roles if layer.batch is None else {"batch": ("N",), **roles}


def leading(batch: Size | None) -> tuple[Index, ...]:
    """The batch index, if there is a batch."""
    return () if batch is None else (Index("n", batch),)


def batch_sizes(batch: Size | None) -> tuple[Size, ...]:
    """The size of the batch axis, if there is one."""
    return () if batch is None else (batch,)


def along(letters: Iterable[str], sizes: Iterable[Size]) -> tuple[Index, ...]:
    """One index per axis, with the first letters."""
    return tuple(Index(letter, size) for letter, size in zip(letters, sizes, strict=False))


def extents_of(layer: Any) -> tuple[Size, ...]:
    """The input's extents along the axes of the window."""
    return tuple(getattr(layer, axis) for axis in layer.AXES)


def divisible(name: str, groups: Size, channels: Mapping[str, Size]) -> list[tuple[Any, str]]:
    """The groups divide the channels; with what to say if not."""
    return [
        (
            sympy.Eq(sympy.Mod(size, groups), 0),
            f"{name}: {groups} groups do not divide {size} {which}; change one.",
        )
        for which, size in channels.items()
    ]
