"""MobileNet V2: inverted residuals, narrow outside and wide inside."""

from __future__ import annotations

from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family
from symderive.networks.residuals import inverted
from symderive.networks.widths import multiple

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, how many, stride of the first."""


def mobilenet_v2(x: Feature, width: Any = 1, classes: Any = 1000) -> Feature:
    """A stem, seven stages of inverted residuals, a wide 1×1 convolution.

    Args:
        x: images.
        width: the width multiplier, an exact number such as "0.75".
        classes: outputs.
    """
    x = x.conv_norm(multiple(32, width), 3, 2, function="relu6", name="stem")
    for number, (expand, channels, count, stride) in enumerate(STAGES, 1):
        x = x.stage(f"stage{number}", count, _unit, stride, expand, multiple(channels, width))
    x = x.conv_norm(max(1280, multiple(1280, width)), 1, function="relu6", name="last")
    return x.global_pool().dense(classes)


def _unit(x: Feature, stride: int, expand: int, channels: int) -> Feature:
    return inverted(x, stride, expand * x.channels, channels, function="relu6")


FAMILY = Family(
    mobilenet_v2,
    {"mobilenet_v2": {}},
    source="M. Sandler et al., MobileNetV2, arXiv:1801.04381, table 2",
)
