"""MnasNet: inverted residuals found by a search."""

from __future__ import annotations

from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family
from symderive.networks.residuals import inverted
from symderive.networks.widths import multiple

STAGES = (
    (3, 2, 3, 24, 3),
    (5, 2, 3, 40, 3),
    (5, 2, 6, 80, 3),
    (3, 1, 6, 96, 2),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
"""Kernel, stride of the first, expansion, channels, how many."""


def mnasnet(x: Feature, width: Any = 1, classes: Any = 1000) -> Feature:
    """A separable stem, six stages of inverted residuals, a wide 1×1 convolution.

    Args:
        x: images.
        width: the width multiplier, an exact number such as "0.75".
        classes: outputs.
    """
    stem = multiple(32, width)
    x = x.conv_norm(stem, 3, 2, name="stem").conv_norm(stem, 3, groups=stem, name="depthwise")
    x = x.conv_norm(multiple(16, width), 1, function=None, name="project")
    for number, (kernel, stride, expand, channels, count) in enumerate(STAGES, 1):
        options = {"kernel": kernel, "expand": expand, "channels": multiple(channels, width)}
        x = x.stage(f"stage{number}", count, _unit, stride, **options)
    return x.conv_norm(1280, 1, name="last").global_pool().dense(classes)


def _unit(x: Feature, stride: int, kernel: int, expand: int, channels: int) -> Feature:
    return inverted(x, stride, expand * x.channels, channels, kernel)


FAMILY = Family(
    mnasnet,
    {
        "mnasnet0_5": {"width": "0.5"},
        "mnasnet0_75": {"width": "0.75"},
        "mnasnet1_0": {},
        "mnasnet1_3": {"width": "1.3"},
    },
    source="M. Tan et al., MnasNet, arXiv:1807.11626, figure 7",
)
