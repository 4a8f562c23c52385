"""MobileNet V3: inverted residuals with gates and hard activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family
from symderive.networks.residuals import inverted
from symderive.networks.widths import multiple

Row = tuple[int, int, int, bool, str, int]
R, S = "relu", "hardswish"
LARGE: Sequence[Row] = (
    (3, 16, 16, False, R, 1),
    (3, 64, 24, False, R, 2),
    (3, 72, 24, False, R, 1),
    (5, 72, 40, True, R, 2),
    (5, 120, 40, True, R, 1),
    (5, 120, 40, True, R, 1),
    (3, 240, 80, False, S, 2),
    (3, 200, 80, False, S, 1),
    (3, 184, 80, False, S, 1),
    (3, 184, 80, False, S, 1),
    (3, 480, 112, True, S, 1),
    (3, 672, 112, True, S, 1),
    (5, 672, 160, True, S, 2),
    (5, 960, 160, True, S, 1),
    (5, 960, 160, True, S, 1),
)
"""Kernel, channels inside, channels outside, gate, activation, stride."""
SMALL: Sequence[Row] = (
    (3, 16, 16, True, R, 2),
    (3, 72, 24, False, R, 2),
    (3, 88, 24, False, R, 1),
    (5, 96, 40, True, S, 2),
    (5, 240, 40, True, S, 1),
    (5, 240, 40, True, S, 1),
    (5, 120, 48, True, S, 1),
    (5, 144, 48, True, S, 1),
    (5, 288, 96, True, S, 2),
    (5, 576, 96, True, S, 1),
    (5, 576, 96, True, S, 1),
)


def mobilenet_v3(x: Feature, rows: Sequence[Row] = LARGE, last: int = 1280, classes: Any = 1000) -> Feature:
    """A stem, inverted residuals, a wide 1×1 convolution and two linear layers.

    Args:
        x: images.
        rows: the inverted residuals.
        last: the width of the first linear layer.
        classes: outputs.
    """
    x = x.conv_norm(16, 3, 2, function=S, name="stem")
    for number, (kernel, inner, channels, is_gated, function, stride) in enumerate(rows, 1):
        squeeze = multiple(inner // 4) if is_gated else 0
        options = {"kernel": kernel, "function": function, "squeeze": squeeze, "gate": (R, "hardsigmoid")}
        x = x.block(f"block{number}", inverted, stride, inner, channels, **options)
    x = x.conv_norm(6 * rows[-1][2], 1, function=S, name="last")
    return x.global_pool().dense(last).activation(S).dense(classes)


FAMILY = Family(
    mobilenet_v3,
    {"mobilenet_v3_large": {}, "mobilenet_v3_small": {"rows": SMALL, "last": 1024}},
    source="A. Howard et al., Searching for MobileNetV3, arXiv:1905.02244, tables 1 and 2",
)
