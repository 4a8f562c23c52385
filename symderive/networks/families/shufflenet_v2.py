"""ShuffleNet V2: half of the channels pass each unit as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family


def shufflenet_v2(
    x: Feature, stages: Sequence[int] = (116, 232, 464), last: int = 1024, classes: Any = 1000
) -> Feature:
    """A stem, three stages of units, a wide 1×1 convolution. To shuffle channels costs nothing.

    Args:
        x: images.
        stages: channels of each stage.
        last: channels of the last convolution.
        classes: outputs.
    """
    x = x.conv_norm(24, 3, 2, name="stem").max_pool(3, 2, 1)
    for number, (channels, count) in enumerate(zip(stages, (4, 8, 4), strict=True), 2):
        x = x.block(f"stage{number}", _stage, channels, count)
    return x.conv_norm(last, 1, name="last").global_pool().dense(classes)


def _stage(x: Feature, channels: int, count: int) -> Feature:
    x = x.block("first", _down, channels // 2)
    return x.repeated("rest", count - 1, _unit, channels // 2)


def _down(x: Feature, half: int) -> Feature:
    passed = x.conv_norm(x.channels, 3, 2, groups=x.channels, function=None, name="depthwise")
    return passed.conv_norm(half, 1).concat(_branch(x, half, 2))


def _unit(x: Feature, half: int) -> Feature:
    passed, changed = x.split(half, half)
    return passed.concat(_branch(changed, half, 1))


def _branch(x: Feature, half: int, stride: int) -> Feature:
    x = x.conv_norm(half, 1)
    return x.conv_norm(half, 3, stride, groups=half, function=None, name="depthwise").conv_norm(half, 1)


FAMILY = Family(
    shufflenet_v2,
    {
        "shufflenet_v2_x0_5": {"stages": (48, 96, 192)},
        "shufflenet_v2_x1_0": {},
        "shufflenet_v2_x1_5": {"stages": (176, 352, 704)},
        "shufflenet_v2_x2_0": {"stages": (244, 488, 976), "last": 2048},
    },
    source="N. Ma et al., ShuffleNet V2, arXiv:1807.11164, table 5",
)
