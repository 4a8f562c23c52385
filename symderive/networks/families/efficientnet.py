"""EfficientNet, both versions: inverted residuals with gates, scaled in depth and width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family
from symderive.networks.residuals import inverted, with_shortcut
from symderive.networks.widths import multiple, multiplier

Row = tuple[bool, int, int, int, int, int]
BASE: Sequence[Row] = (
    (False, 1, 3, 1, 16, 1),
    (False, 6, 3, 2, 24, 2),
    (False, 6, 5, 2, 40, 2),
    (False, 6, 3, 2, 80, 3),
    (False, 6, 5, 1, 112, 3),
    (False, 6, 5, 2, 192, 4),
    (False, 6, 3, 1, 320, 1),
)
"""Fused, expansion, kernel, stride of the first, channels, how many."""
SMALL: Sequence[Row] = (
    (True, 1, 3, 1, 24, 2),
    (True, 4, 3, 2, 48, 4),
    (True, 4, 3, 2, 64, 4),
    (False, 4, 3, 2, 128, 6),
    (False, 6, 3, 1, 160, 9),
    (False, 6, 3, 2, 256, 15),
)
MEDIUM: Sequence[Row] = (
    (True, 1, 3, 1, 24, 3),
    (True, 4, 3, 2, 48, 5),
    (True, 4, 3, 2, 80, 5),
    (False, 4, 3, 2, 160, 7),
    (False, 6, 3, 1, 176, 14),
    (False, 6, 3, 2, 304, 18),
    (False, 6, 3, 1, 512, 5),
)
LARGE: Sequence[Row] = (
    (True, 1, 3, 1, 32, 4),
    (True, 4, 3, 2, 64, 7),
    (True, 4, 3, 2, 96, 7),
    (False, 4, 3, 2, 192, 10),
    (False, 6, 3, 1, 224, 19),
    (False, 6, 3, 2, 384, 25),
    (False, 6, 3, 1, 640, 7),
)


def efficientnet(
    x: Feature,
    rows: Sequence[Row] = BASE,
    stem: int = 32,
    width: Any = 1,
    depth: Any = 1,
    last: int | None = None,
    classes: Any = 1000,
) -> Feature:
    """A stem, stages of inverted residuals, a wide 1×1 convolution.

    Args:
        x: images.
        rows: the stages.
        stem: channels of the first convolution before scaling.
        width: the width multiplier, an exact number such as "1.1".
        depth: the depth multiplier.
        last: channels of the last convolution; four times those before it where it is not given.
        classes: outputs.
    """
    x = x.conv_norm(multiple(stem, width), 3, 2, function="silu", name="stem")
    for number, (is_fused, expand, kernel, stride, channels, count) in enumerate(rows, 1):
        unit = _fused if is_fused else _gated
        times = math.ceil(multiplier(depth, "depth") * count)
        options = {"kernel": kernel, "expand": expand, "channels": multiple(channels, width)}
        x = x.stage(f"stage{number}", times, unit, stride, **options)
    x = x.conv_norm(4 * x.channels if last is None else last, 1, function="silu", name="last")
    return x.global_pool().dense(classes)


def _gated(x: Feature, stride: int, kernel: int, expand: int, channels: int) -> Feature:
    inner, squeeze = multiple(x.channels, expand), max(1, x.channels // 4)
    return inverted(x, stride, inner, channels, kernel, "silu", squeeze, ("silu", "sigmoid"))


def _fused(x: Feature, stride: int, kernel: int, expand: int, channels: int) -> Feature:
    """One convolution in place of the first two; where it does not widen, in place of all three."""
    inner = multiple(x.channels, expand)
    if inner == x.channels:
        return with_shortcut(x, x.conv_norm(channels, kernel, stride, function="silu"), stride)
    inside = x.conv_norm(inner, kernel, stride, function="silu", name="expand")
    return with_shortcut(x, inside.conv_norm(channels, 1, function=None, name="project"), stride)


_WIDTHS = (1, 1, "1.1", "1.2", "1.4", "1.6", "1.8", 2)
_DEPTHS = (1, "1.1", "1.2", "1.4", "1.8", "2.2", "2.6", "3.1")

FAMILY = Family(
    efficientnet,
    {
        **{
            f"efficientnet_b{number}": {"width": width, "depth": depth}
            for number, (width, depth) in enumerate(zip(_WIDTHS, _DEPTHS, strict=True))
        },
        "efficientnet_v2_s": {"rows": SMALL, "stem": 24, "last": 1280},
        "efficientnet_v2_m": {"rows": MEDIUM, "stem": 24, "last": 1280},
        "efficientnet_v2_l": {"rows": LARGE, "stem": 32, "last": 1280},
    },
    source="M. Tan, Q. Le, EfficientNet, arXiv:1905.11946, table 1; EfficientNetV2, "
    "arXiv:2104.00298, table 4",
)
