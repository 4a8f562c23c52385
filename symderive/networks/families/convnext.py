"""ConvNeXt: wide depthwise convolutions, and linear layers of each position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symderive.core.dims import as_size
from symderive.networks.architecture import Feature
from symderive.networks.family import Family


def convnext(
    x: Feature, width: Any = 96, blocks: Sequence[Any] = (3, 3, 9, 3), classes: Any = 1000
) -> Feature:
    """Four stages with twice the channels each.

    Args:
        x: images.
        width: channels of the first stage, a number or a name.
        blocks: how many blocks each stage has, numbers or names.
        classes: outputs.
    """
    width = as_size(width, "convnext: width")
    x = x.conv(width, 4, 4, bias=True, name="stem").channel_norm()
    for number, count in enumerate(blocks, 1):
        if number > 1:
            x = x.block(f"down{number - 1}", lambda y: y.channel_norm().conv(2 * y.channels, 2, 2, bias=True))
        x = x.repeated(f"stage{number}", count, _block)
    return x.global_pool().layer_norm().dense(classes)


def _block(x: Feature) -> Feature:
    batch, channels, height, width = x.shape
    inside = x.conv(channels, 7, 1, 3, groups=channels, bias=True, name="depthwise").channel_norm()
    inside = inside.moved(batch, height, width, channels)
    inside = inside.dense(4 * channels).activation("gelu").dense(channels)
    scale = x.learned(channels, 1, 1, name="scale")
    return inside.moved(batch, channels, height, width) * scale + x


FAMILY = Family(
    convnext,
    {
        "convnext_tiny": {},
        "convnext_small": {"blocks": (3, 3, 27, 3)},
        "convnext_base": {"width": 128, "blocks": (3, 3, 27, 3)},
        "convnext_large": {"width": 192, "blocks": (3, 3, 27, 3)},
    },
    source="Z. Liu et al., A ConvNet for the 2020s, arXiv:2201.03545, section 3 and figure 4",
)
