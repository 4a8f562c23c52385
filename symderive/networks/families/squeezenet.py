"""SqueezeNet: fire modules, which squeeze the channels before they expand them."""

from __future__ import annotations

from collections.abc import Sequence

from symderive.networks.architecture import Feature
from symderive.networks.family import Family

FIRES = (16, 16, 32, 32, 48, 48, 64, 64)


def squeezenet(
    x: Feature,
    stem: tuple[int, int] = (64, 3),
    pools: Sequence[int] = (0, 2, 4),
    classes: int = 1000,
) -> Feature:
    """A stem, eight fire modules, and a convolution with one channel per class.

    Args:
        x: images.
        stem: channels and kernel of the first convolution.
        pools: before which fire modules the maximum is pooled.
        classes: outputs.
    """
    channels, kernel = stem
    x = x.conv(channels, kernel, 2, bias=True, name="stem").relu()
    for place, squeeze in enumerate(FIRES):
        if place in pools:
            x = x.max_pool(3, 2, ceil=True)
        x = x.block(f"fire{place + 2}", _fire, squeeze)
    return x.conv(classes, 1, bias=True, name="classifier").relu().global_pool()


def _fire(x: Feature, squeeze: int) -> Feature:
    x = x.conv(squeeze, 1, bias=True, name="squeeze").relu()
    one, three = (
        x.conv(4 * squeeze, kernel, 1, kernel // 2, bias=True, name=f"expand{kernel}x{kernel}").relu()
        for kernel in (1, 3)
    )
    return one.concat(three)


FAMILY = Family(
    squeezenet,
    {"squeezenet1_0": {"stem": (96, 7), "pools": (0, 3, 7)}, "squeezenet1_1": {}},
    source="F. Iandola et al., SqueezeNet, arXiv:1602.07360, table 1; version 1.1 by the authors",
)
