"""The layers: one file each, holding the layer's index equation as a program.

A layer's file defines one class and `EXAMPLES`, a few small layers with pairwise different sizes. Being in
this folder is all that it takes to be in `catalogue` and in the tests over it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from symderive.layers.activation import Activation
from symderive.layers.adaptive_pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from symderive.layers.attention import Attention
from symderive.layers.avg_pool import AvgPool1d, AvgPool2d, AvgPool3d
from symderive.layers.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from symderive.layers.bilinear import Bilinear
from symderive.layers.conv1d import Conv1d
from symderive.layers.conv2d import Conv2d
from symderive.layers.conv3d import Conv3d
from symderive.layers.conv_transpose1d import ConvTranspose1d
from symderive.layers.conv_transpose2d import ConvTranspose2d
from symderive.layers.conv_transpose3d import ConvTranspose3d
from symderive.layers.dense import Dense
from symderive.layers.depthwise import DepthwiseConv2d
from symderive.layers.dropout import Dropout
from symderive.layers.einsum import Einsum
from symderive.layers.embedding import Embedding
from symderive.layers.group_norm import GroupNorm
from symderive.layers.gru import GRU
from symderive.layers.instance_norm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from symderive.layers.layer import Layer
from symderive.layers.layer_norm import LayerNorm
from symderive.layers.lstm import LSTM
from symderive.layers.max_pool import MaxPool1d, MaxPool2d, MaxPool3d
from symderive.layers.mixture import MixtureOfExperts
from symderive.layers.multi_head_attention import MultiHeadAttention
from symderive.layers.pointwise import PointwiseConv2d
from symderive.layers.rms_norm import RMSNorm
from symderive.layers.rnn import RNN
from symderive.layers.separable import SeparableConv2d
from symderive.layers.softmax import Softmax
from symderive.layers.state_space import StateSpaceScan
from symderive.layers.upsample import Upsample1d, Upsample2d, Upsample3d

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "Attention",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bilinear",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Dense",
    "DepthwiseConv2d",
    "Dropout",
    "Einsum",
    "Embedding",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "Layer",
    "LayerNorm",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MixtureOfExperts",
    "MultiHeadAttention",
    "PointwiseConv2d",
    "RMSNorm",
    "SeparableConv2d",
    "Softmax",
    "StateSpaceScan",
    "Upsample1d",
    "Upsample2d",
    "Upsample3d",
    "catalogue",
    "kinds",
]


@cache
def catalogue() -> tuple[Layer, ...]:
    """All examples of all layers, in the order of their file names.

    >>> {type(layer).__name__ for layer in catalogue()} >= {"Conv2d", "Dense"}
    True
    """
    examples: list[Layer] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        examples.extend(getattr(loaded, "EXAMPLES", ()))
    return tuple(examples)


@cache
def kinds() -> Mapping[str, type[Layer]]:
    """Every class of layers by its name in small letters, in alphabetical order.

    >>> kinds()["conv2d"] is Conv2d
    True
    """
    found = {type(layer).__name__.lower(): type(layer) for layer in catalogue()}
    return dict(sorted(found.items()))
