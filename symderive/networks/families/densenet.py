"""DenseNet: each layer reads all feature maps before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symderive.core.dims import as_size
from symderive.networks.architecture import Feature
from symderive.networks.family import Family


def densenet(
    x: Feature,
    growth: Any = 32,
    blocks: Sequence[Any] = (6, 12, 24, 16),
    stem: Any = 64,
    classes: Any = 1000,
) -> Feature:
    """A stem, dense blocks with a transition between two of them, the mean over all positions.

    Args:
        x: images.
        growth: the channels that each layer adds, a number or a name.
        blocks: how many layers each block has, numbers or names.
        stem: channels of the first convolution.
        classes: outputs.
    """
    growth = as_size(growth, "densenet: growth")
    x = x.conv_norm(stem, 7, 2, name="stem").max_pool(3, 2, 1)
    for number, count in enumerate(blocks, 1):
        x = x.repeated(f"dense{number}", count, _layer, growth)
        if number < len(blocks):
            x = x.block(f"transition{number}", _transition)
    return x.batch_norm().relu().global_pool().dense(classes)


def _layer(x: Feature, growth: Any) -> Feature:
    narrow = x.batch_norm().relu().conv(4 * growth, 1)
    return x.concat(narrow.batch_norm().relu().conv(growth, 3, 1, 1))


def _transition(x: Feature) -> Feature:
    return x.batch_norm().relu().conv(x.channels / 2, 1).avg_pool(2)


FAMILY = Family(
    densenet,
    {
        "densenet121": {},
        "densenet161": {"growth": 48, "blocks": (6, 12, 36, 24), "stem": 96},
        "densenet169": {"blocks": (6, 12, 32, 32)},
        "densenet201": {"blocks": (6, 12, 48, 32)},
    },
    source="G. Huang et al., Densely Connected Convolutional Networks, arXiv:1608.06993, table 1",
)
