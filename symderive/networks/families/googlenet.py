"""GoogLeNet, the first Inception network, with batch normalisation as in torchvision."""

from __future__ import annotations

from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family

MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Channels: 1×1; before and of the 3×3; before and of the second 3×3; behind the pool."""


def googlenet(x: Feature, auxiliary: bool = False, classes: Any = 1000) -> Feature:
    """A stem, nine inception modules, the mean over all positions.

    Args:
        x: images.
        auxiliary: whether the two auxiliary heads are there; at inference they are not computed.
        classes: outputs.
    """
    x = x.conv_norm(64, 7, 2, name="stem1").max_pool(3, 2, ceil=True)
    x = x.conv_norm(64, 1, name="stem2").conv_norm(192, 3, name="stem3").max_pool(3, 2, ceil=True)
    for name, widths in MODULES.items():
        if auxiliary and name in ("4b", "4e"):
            x.aside(f"auxiliary_{name}", _head, classes)
        x = x.block(f"inception{name}", _inception, *widths)
        if name == "3b":
            x = x.max_pool(3, 2, ceil=True)
        if name == "4e":
            x = x.max_pool(2, 2, ceil=True)
    return x.global_pool().dense(classes)


def _inception(x: Feature, one: int, into3: int, three: int, into5: int, five: int, pooled: int) -> Feature:
    """The branch that the paper gives a 5×5 convolution has a 3×3 one, as in torchvision."""
    return x.conv_norm(one, 1).concat(
        x.conv_norm(into3, 1).conv_norm(three, 3),
        x.conv_norm(into5, 1).conv_norm(five, 3),
        x.max_pool(3, 1, 1).conv_norm(pooled, 1),
    )


def _head(x: Feature, classes: Any) -> Feature:
    return x.adaptive_pool(4).conv_norm(128, 1).flatten().dense(1024).relu().dense(classes)


FAMILY = Family(
    googlenet,
    {"googlenet": {}},
    source="C. Szegedy et al., Going Deeper with Convolutions, arXiv:1409.4842, table 1",
)
