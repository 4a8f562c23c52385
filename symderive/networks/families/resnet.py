"""ResNet, ResNeXt and Wide ResNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symderive.networks.architecture import Feature
from symderive.networks.family import Family


def resnet(
    x: Feature,
    blocks: Sequence[Any] = (2, 2, 2, 2),
    bottleneck: bool = False,
    groups: int = 1,
    group_width: int = 64,
    stride_in_first: bool = False,
    classes: Any = 1000,
) -> Feature:
    """A stem, four stages of residual blocks, the mean over all positions, a linear layer.

    Args:
        x: images.
        blocks: how many blocks each stage has, numbers or names.
        bottleneck: blocks of three convolutions (1×1, 3×3, 1×1) in place of two (3×3).
        groups: groups of the 3×3 convolution.
        group_width: channels per group of it where the stage has 64.
        stride_in_first: the stride stands in the first 1×1 convolution, as in the paper (v1); by default in
            the 3×3 one, as in torchvision (v1.5).
        classes: outputs.
    """
    x = x.conv_norm(64, 7, 2, name="stem").max_pool(3, 2, 1)
    unit, grows = (_bottleneck, 4) if bottleneck else (_basic, 1)
    for number, count in enumerate(blocks):
        width = 64 * 2**number
        options = {
            "inner": width * group_width // 64 * groups if bottleneck else width,
            "outer": grows * width,
            "groups": groups,
            "stride_in_first": stride_in_first,
        }
        stride = 1 if number == 0 else 2
        x = x.stage(f"stage{number + 1}", count, unit, stride, **options)
    return x.global_pool().dense(classes)


def _basic(x: Feature, stride: int, inner: int, outer: int, **_: Any) -> Feature:
    inside = x.conv_norm(inner, 3, stride).conv_norm(outer, 3, function=None)
    return (inside + _shortcut(x, outer, stride)).relu()


def _bottleneck(
    x: Feature, stride: int, inner: int, outer: int, groups: int, stride_in_first: bool
) -> Feature:
    strides = (stride, 1) if stride_in_first else (1, stride)
    inside = x.conv_norm(inner, 1, strides[0]).conv_norm(inner, 3, strides[1], groups=groups)
    return (inside.conv_norm(outer, 1, function=None) + _shortcut(x, outer, stride)).relu()


def _shortcut(x: Feature, outer: int, stride: int) -> Feature:
    if stride == 1 and x.channels == outer:
        return x
    return x.conv_norm(outer, 1, stride, function=None, name="shortcut")


_DEEP = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3), "resnet152": (3, 8, 36, 3)}
_MEMBERS: dict[str, dict[str, Any]] = {
    "resnet18": {"blocks": (2, 2, 2, 2)},
    "resnet34": {"blocks": (3, 4, 6, 3)},
    **{name: {"blocks": blocks, "bottleneck": True} for name, blocks in _DEEP.items()},
    **{
        f"{name}_v1": {"blocks": blocks, "bottleneck": True, "stride_in_first": True}
        for name, blocks in _DEEP.items()
    },
    **{
        f"resnext{depth}_{groups}x{width}d": {
            "blocks": _DEEP[f"resnet{depth}"],
            "bottleneck": True,
            "groups": groups,
            "group_width": width,
        }
        for depth, groups, width in ((50, 32, 4), (101, 32, 8), (101, 64, 4))
    },
    **{
        f"wide_resnet{depth}_2": {
            "blocks": _DEEP[f"resnet{depth}"],
            "bottleneck": True,
            "group_width": 128,
        }
        for depth in (50, 101)
    },
}

FAMILY = Family(
    resnet,
    _MEMBERS,
    source="K. He et al., Deep Residual Learning, arXiv:1512.03385, table 1; "
    "S. Xie et al., Aggregated Residual Transformations, arXiv:1611.05431; "
    "S. Zagoruyko, N. Komodakis, Wide Residual Networks, arXiv:1605.07146",
)
