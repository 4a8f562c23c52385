"""MobileNet V1: depthwise convolutions, each with a pointwise one behind it."""

from __future__ import annotations

from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family
from symderive.networks.widths import multiplier

LAYERS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def mobilenet_v1(x: Feature, width: Any = 1, classes: Any = 1000) -> Feature:
    """A stem and thirteen separable convolutions.

    Args:
        x: images.
        width: the width multiplier α, an exact number such as "0.75".
        classes: outputs.
    """
    share = multiplier(width)
    x = x.conv_norm(int(32 * share), 3, 2, name="stem")
    for number, (channels, stride) in enumerate(LAYERS, 1):
        x = x.block(f"separable{number}", _separable, int(channels * share), stride)
    return x.global_pool().dense(classes)


def _separable(x: Feature, channels: int, stride: int) -> Feature:
    x = x.conv_norm(x.channels, 3, stride, groups=x.channels, name="depthwise")
    return x.conv_norm(channels, 1, name="pointwise")


FAMILY = Family(
    mobilenet_v1,
    {
        f"mobilenet_v1{'' if width == '1' else f'_{width}'}": {"width": width}
        for width in ("1", "0.75", "0.5", "0.25")
    },
    source="A. Howard et al., MobileNets, arXiv:1704.04861, table 1",
)
