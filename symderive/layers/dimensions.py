"""Fields that several layers have, as bases: the fields of a layer are those of its bases from right to left.

`class Conv2d(Convolution, Plane, Taps, InOut)` has the channels, the kernel, height and width, and then the
options of a convolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.core.dims import Size
from symderive.layers.fields import size


@dataclass(frozen=True)
class Channels:
    """Channels that are kept."""

    channels: Any = size("C")


@dataclass(frozen=True)
class In:
    """Channels that are read."""

    c_in: Any = size("C_in")


@dataclass(frozen=True)
class InOut(In):
    """Channels that are read, and those that are made of them."""

    c_out: Any = size("C_out")


@dataclass(frozen=True)
class Taps:
    """A kernel: one number for all axes, or one for each."""

    kernel: Any = "k"


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
    """The input's sizes along the axes of a layer; one that may be left out and is, is not among them."""
    found = (getattr(layer, axis) for axis in layer.AXES)
    return tuple(one for one in found if one is not None)
