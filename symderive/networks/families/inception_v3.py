"""Inception V3: convolutions factored into smaller ones."""

from __future__ import annotations

from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family

LINE, COLUMN = (1, 7), (7, 1)


def inception_v3(x: Feature, auxiliary: bool = True, classes: Any = 1000) -> Feature:
    """A stem, and inception modules at three resolutions.

    Args:
        x: images.
        auxiliary: whether the auxiliary head is there; at inference it is not computed.
        classes: outputs.
    """
    x = _tight(_tight(x, 32, 2), 32, 1).conv_norm(64, 3).max_pool(3, 2)
    x = _tight(x.conv_norm(80, 1), 192, 1).max_pool(3, 2)
    for name, pooled in (("5b", 32), ("5c", 64), ("5d", 64)):
        x = x.block(f"mixed{name}", _fine, pooled)
    x = x.block("mixed6a", _to_medium)
    for name, inner in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
        x = x.block(f"mixed{name}", _medium, inner)
    if auxiliary:
        x.aside("auxiliary", _head, classes)
    x = x.block("mixed7a", _to_coarse)
    for name in ("7b", "7c"):
        x = x.block(f"mixed{name}", _coarse)
    return x.global_pool().dense(classes)


def _tight(x: Feature, channels: int, stride: int) -> Feature:
    return x.conv_norm(channels, 3, stride, padding=0)


def _fine(x: Feature, pooled: int) -> Feature:
    return x.conv_norm(64, 1).concat(
        x.conv_norm(48, 1).conv_norm(64, 5),
        x.conv_norm(64, 1).conv_norm(96, 3).conv_norm(96, 3),
        x.avg_pool(3, 1, 1).conv_norm(pooled, 1),
    )


def _to_medium(x: Feature) -> Feature:
    inside = x.conv_norm(64, 1).conv_norm(96, 3)
    return _tight(x, 384, 2).concat(_tight(inside, 96, 2), x.max_pool(3, 2))


def _medium(x: Feature, inner: int) -> Feature:
    twice = x.conv_norm(inner, 1)
    for kernel in (COLUMN, LINE, COLUMN):
        twice = twice.conv_norm(inner, kernel)
    return x.conv_norm(192, 1).concat(
        x.conv_norm(inner, 1).conv_norm(inner, LINE).conv_norm(192, COLUMN),
        twice.conv_norm(192, LINE),
        x.avg_pool(3, 1, 1).conv_norm(192, 1),
    )


def _to_coarse(x: Feature) -> Feature:
    inside = x.conv_norm(192, 1).conv_norm(192, LINE).conv_norm(192, COLUMN)
    return _tight(x.conv_norm(192, 1), 320, 2).concat(_tight(inside, 192, 2), x.max_pool(3, 2))


def _coarse(x: Feature) -> Feature:
    twice = x.conv_norm(448, 1).conv_norm(384, 3)
    return x.conv_norm(320, 1).concat(
        _both(x.conv_norm(384, 1)), _both(twice), x.avg_pool(3, 1, 1).conv_norm(192, 1)
    )


def _both(x: Feature) -> Feature:
    return x.conv_norm(384, (1, 3)).concat(x.conv_norm(384, (3, 1)))


def _head(x: Feature, classes: Any) -> Feature:
    return x.avg_pool(5, 3).conv_norm(128, 1).conv_norm(768, 5, padding=0).global_pool().dense(classes)


FAMILY = Family(
    inception_v3,
    {"inception_v3": {}},
    source="C. Szegedy et al., Rethinking the Inception Architecture, arXiv:1512.00567, table 1 "
    "and figures 5 to 7",
)
