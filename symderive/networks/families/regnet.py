"""RegNet: widths and depths of the stages follow from a line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family
from symderive.networks.widths import multiple


def regnet(
    x: Feature,
    depth: int = 16,
    start: int = 48,
    slope: float = 27.89,
    ratio: float = 2.09,
    group_width: int = 8,
    gated: bool = True,
    classes: Any = 1000,
) -> Feature:
    """A stem and four stages of bottlenecks that do not narrow.

    Args:
        x: images.
        depth: how many blocks there are.
        start: the width at the beginning of the line.
        slope: by how much it grows from block to block.
        ratio: the ratio of the widths of two stages before they are rounded.
        group_width: channels of a group of the 3×3 convolutions.
        gated: whether they have a gate behind them (RegNetY) or none (RegNetX).
        classes: outputs.
    """
    x = x.conv_norm(32, 3, 2, name="stem")
    for number, (width, count) in enumerate(stages(depth, start, slope, ratio).items(), 1):
        group = min(group_width, width)
        options = {"channels": multiple(width, of=group), "group": group, "gated": gated}
        x = x.stage(f"stage{number}", count, _block, 2, **options)
    return x.global_pool().dense(classes)


def stages(depth: int, start: int, slope: float, ratio: float) -> Mapping[int, int]:
    """How many blocks there are of each width, from equations 2 to 4 of the paper.

    >>> stages(16, 48, 27.89, 2.09)
    {48: 1, 104: 3, 208: 6, 440: 6}
    """
    found: dict[int, int] = {}
    for block in range(depth):
        power = round(math.log((start + slope * block) / start) / math.log(ratio))
        width = 8 * round(start * ratio**power / 8)
        found[width] = found.get(width, 0) + 1
    return found


def _block(x: Feature, stride: int, channels: int, group: int, gated: bool) -> Feature:
    groups = channels // group
    inside = x.conv_norm(channels, 1).conv_norm(channels, 3, stride, groups=groups)
    if gated:
        inside = inside.gated(round(x.channels / 4))
    inside = inside.conv_norm(channels, 1, function=None)
    same = stride == 1 and x.channels == channels
    return (inside + (x if same else x.conv_norm(channels, 1, stride, function=None, name="shortcut"))).relu()


_Y = {
    "400mf": (16, 48, 27.89, 2.09, 8),
    "800mf": (14, 56, 38.84, 2.4, 16),
    "1_6gf": (27, 48, 20.71, 2.65, 24),
    "3_2gf": (21, 80, 42.63, 2.66, 24),
    "8gf": (17, 192, 76.82, 2.19, 56),
    "16gf": (18, 200, 106.23, 2.48, 112),
    "32gf": (20, 232, 115.89, 2.53, 232),
    "128gf": (27, 456, 160.83, 2.52, 264),
}
_X = {
    "400mf": (22, 24, 24.48, 2.54, 16),
    "800mf": (16, 56, 35.73, 2.28, 16),
    "1_6gf": (18, 80, 34.01, 2.25, 24),
    "3_2gf": (25, 88, 26.31, 2.25, 48),
    "8gf": (23, 80, 49.56, 2.88, 120),
    "16gf": (22, 216, 55.59, 2.1, 128),
    "32gf": (23, 320, 69.86, 2.0, 168),
}
_FIELDS = ("depth", "start", "slope", "ratio", "group_width")

FAMILY = Family(
    regnet,
    {
        f"regnet_{letter}_{size}": {**dict(zip(_FIELDS, values, strict=True)), "gated": letter == "y"}
        for letter, some in (("x", _X), ("y", _Y))
        for size, values in some.items()
    },
    source="I. Radosavovic et al., Designing Network Design Spaces, arXiv:2003.13678, section 3.3; "
    "the settings of the authors, as in torchvision",
)
