"""AlexNet."""

from __future__ import annotations

from symderive.networks.architecture import Feature
from symderive.networks.family import Family


def alexnet(x: Feature, classes: int = 1000) -> Feature:
    """Five convolutions, then three linear layers."""
    x = x.block("features", _features)
    return x.adaptive_pool(6).flatten().block("classifier", _classifier, classes)


def _features(x: Feature) -> Feature:
    x = x.conv(64, 11, 4, 2, bias=True).relu().max_pool(3, 2)
    x = x.conv(192, 5, 1, 2, bias=True).relu().max_pool(3, 2)
    for channels in (384, 256, 256):
        x = x.conv(channels, 3, 1, 1, bias=True).relu()
    return x.max_pool(3, 2)


def _classifier(x: Feature, classes: int) -> Feature:
    return x.dense(4096).relu().dense(4096).relu().dense(classes)


FAMILY = Family(
    alexnet,
    {"alexnet": {}},
    source="A. Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997; "
    "without local response normalisation, as in torchvision",
)
