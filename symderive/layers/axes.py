"""The axes along which a layer slides a window or takes a mean: one, two or three."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.core.dims import Size
from symderive.layers.fields import size


@dataclass(frozen=True)
class Line:
    """One axis."""

    AXES: ClassVar[tuple[str, ...]] = ("length",)

    length: Any = size("L")


@dataclass(frozen=True)
class Plane:
    """Two axes."""

    AXES: ClassVar[tuple[str, ...]] = ("height", "width")

    height: Any = size("H")
    width: Any = size("W")


@dataclass(frozen=True)
class Volume:
    """Three axes; the first may be time."""

    AXES: ClassVar[tuple[str, ...]] = ("depth", "height", "width")

    depth: Any = size("D")
    height: Any = size("H")
    width: Any = size("W")


def extents_of(layer: Any) -> tuple[Size, ...]:
    """The input's sizes along these axes; one that may be left out and is, is not among them."""
    found = (getattr(layer, axis) for axis in layer.AXES)
    return tuple(one for one in found if one is not None)
