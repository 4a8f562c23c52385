"""VGG: stacks of 3×3 convolutions, with or without batch normalisation."""

from __future__ import annotations

from symderive.errors import SymderiveError
from symderive.networks.architecture import Feature
from symderive.networks.family import Family

STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
WIDTHS = (64, 128, 256, 512, 512)


def vgg(x: Feature, depth: int = 16, norm: bool = False, classes: int = 1000) -> Feature:
    """Stages of convolutions with a maximum pool behind each, then three linear layers.

    Args:
        x: images.
        depth: 11, 13, 16 or 19 layers with weights.
        norm: whether each convolution is normalised.
        classes: outputs.
    """
    if depth not in STAGES:
        raise SymderiveError(
            f"vgg: there is none of depth {depth}; give one of {', '.join(map(str, STAGES))}."
        )
    for number, (count, width) in enumerate(zip(STAGES[depth], WIDTHS, strict=True), 1):
        x = x.block(f"stage{number}", _stage, count, width, norm)
    x = x.adaptive_pool(7).flatten()
    return x.block("classifier", lambda y: y.dense(4096).relu().dense(4096).relu().dense(classes))


def _stage(x: Feature, count: int, width: int, norm: bool) -> Feature:
    for _ in range(count):
        x = x.conv(width, 3, 1, 1, bias=True)
        x = (x.batch_norm() if norm else x).relu()
    return x.max_pool(2)


FAMILY = Family(
    vgg,
    {
        f"vgg{depth}{'_bn' if norm else ''}": {"depth": depth, "norm": norm}
        for depth in STAGES
        for norm in (False, True)
    },
    source="K. Simonyan, A. Zisserman, Very Deep Convolutional Networks, arXiv:1409.1556, table 1",
)
