"""Measured facts: layers of PyTorch 2.13.0 (CPU) with their costs.

Output shapes and parameters were read off the modules. `macs` are the scalar products of the contraction,
products against zero padding included, as counted by a naive NumPy loop whose output equals PyTorch's to
1e-14 and, where they support the layer, by torch's FlopCounterMode, fvcore and ptflops. `valid` leaves out
the products against zero padding, those that land in the cropped border of a transposed convolution, and
masked scores. `bias_adds` are the additions of bias vectors.

A fact stands in PyTorch's terms in `torch_facts.json`; `layer_of` says the same as a layer.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symderive.layers import (
    GRU,
    LSTM,
    RNN,
    Activation,
    Attention,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    Bilinear,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    Dense,
    DepthwiseConv2d,
    Einsum,
    Embedding,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    MultiHeadAttention,
)


@dataclass(frozen=True)
class Fact:
    id: str
    layer: str
    type: str
    hparams: dict[str, Any]
    input_shapes: list[list[int]]
    output_shape: list[int]
    params: int
    macs: int
    macs_valid: int
    bias_adds: int


FACTS = [Fact(**one) for one in json.loads(Path(__file__).with_suffix(".json").read_text())]


def tuples(value):
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def sliding(kind):
    """A (transposed) convolution; the spatial axes are the last ones, and there may be no batch."""

    def made(fact):
        (shape,), given = fact.input_shapes, fact.hparams
        count = len(kind.AXES)
        settings = {
            "c_in": given["in_channels"], "c_out": given["out_channels"], "bias": given["bias"],
            "batch": shape[0] if len(shape) == count + 2 else None,
            **dict(zip(kind.AXES, shape[-count:], strict=True)),
        }  # fmt: skip
        same = {"stride", "padding", "dilation", "groups", "output_padding", "padding_mode"}
        settings |= {name: tuples(value) for name, value in given.items() if name in same}
        if "output_padding" in given:
            del settings["padding_mode"]
        return kind(kernel=tuples(given["kernel_size"]), **settings)

    return made


def linear(fact):
    (shape,), given = fact.input_shapes, fact.hparams
    return Dense(given["in_features"], given["out_features"], given["bias"], tuple(shape[:-1]))


def bilinear(fact):
    (shape, _), given = fact.input_shapes, fact.hparams
    sizes = (given[name] for name in ("in1_features", "in2_features", "out_features"))
    return Bilinear(*sizes, given["bias"], tuple(shape[:-1]))


def heads(fact):
    """A module called as (x, x, x), (q, k, k) or (q, k, v); without batch_first the batch is second."""
    given, shapes = fact.hparams, fact.input_shapes
    lengths = [shape[-2] if given["batch_first"] or len(shape) == 2 else shape[0] for shape in shapes]
    batches = [shape[0] if given["batch_first"] else shape[1] for shape in shapes if len(shape) == 3]
    cross = {"keys": lengths[1], "d_k": given["kdim"], "d_v": given["vdim"]} if len(shapes) > 1 else {}
    return MultiHeadAttention(
        given["embed_dim"], given["num_heads"], lengths[0], bias=given["bias"],
        batch=batches[0] if batches else None, **cross,
    )  # fmt: skip


def attention(fact):
    query, key, value = fact.input_shapes
    return Attention(
        query[-1], query[-2], key[-2], value[-1], query[-3], key[-3], query[0],
        causal="is_causal=True" in fact.layer,
    )  # fmt: skip


def function(fact):
    """A call without a module; None for what is none of these."""
    if fact.layer.startswith("F.scaled_dot_product_attention(q, k, v"):
        return attention(fact)
    einsum = re.match(r'torch\.einsum\("(.*?)"', fact.layer)
    if einsum:
        return Einsum.of(einsum[1], *fact.input_shapes)
    if re.match(r"a @ b|torch\.(b?mm|matmul)\(a, b\)", fact.layer):
        return Einsum.matmul(*fact.input_shapes)
    return None


def embedding(fact):
    (shape,), given = fact.input_shapes, fact.hparams
    return Embedding(given["num_embeddings"], given["embedding_dim"], tuple(shape))


def pool(kind):
    def made(fact):
        (shape,), given = fact.input_shapes, fact.hparams
        count = len(kind.AXES)
        batch = shape[0] if len(shape) == count + 2 else None
        extents = dict(zip(kind.AXES, shape[-count:], strict=True))
        settings = (given["kernel_size"], given["stride"], given["padding"])
        kernel, stride, padding = map(tuples, settings)
        return kind(shape[-count - 1], kernel, **extents, stride=stride, padding=padding, batch=batch)

    return made


def recurrent(kind):
    """A recurrent module; without batch_first the steps come first."""

    def made(fact):
        (shape,), given = fact.input_shapes, fact.hparams
        batch, steps = shape[:2] if given["batch_first"] else shape[1::-1]
        options = {"projection": given["proj_size"]} if given["proj_size"] else {}
        return kind(
            given["input_size"], given["hidden_size"], steps, given["num_layers"], given["bias"],
            given["bidirectional"], batch, **options,
        )  # fmt: skip

    return made


def activation(function):
    return lambda fact: Activation(function, tuple(fact.input_shapes[0]))


LAYERS = {
    "AvgPool1d": pool(AvgPool1d),
    "AvgPool2d": pool(AvgPool2d),
    "AvgPool3d": pool(AvgPool3d),
    "Embedding": embedding,
    "GELU": activation("gelu"),
    "MaxPool1d": pool(MaxPool1d),
    "MaxPool2d": pool(MaxPool2d),
    "MaxPool3d": pool(MaxPool3d),
    "MultiheadAttention": heads,
    "ReLU": activation("relu"),
    "SiLU": activation("silu"),
    "Bilinear": bilinear,
    "function": function,
    "Conv1d": sliding(Conv1d),
    "Conv2d": sliding(Conv2d),
    "Conv3d": sliding(Conv3d),
    "ConvTranspose1d": sliding(ConvTranspose1d),
    "ConvTranspose2d": sliding(ConvTranspose2d),
    "ConvTranspose3d": sliding(ConvTranspose3d),
    "GRU": recurrent(GRU),
    "LSTM": recurrent(LSTM),
    "Linear": linear,
    "RNN": recurrent(RNN),
}
"""How to say a module of PyTorch as a layer, by its type."""


def layer_of(fact):
    """The fact as a layer."""
    return LAYERS[fact.type](fact)


DEPTHWISE = DepthwiseConv2d(3, 5, 12, 12, batch=1)
"""The same as `conv2d_depthwise_canonical`, as a layer of its own."""


def output_of(layer, fact):
    """The layer's output shape with the axes in the order of PyTorch, where the batch may be second."""
    shape = [int(size) for size in layer.output_shape]
    is_second = fact.hparams.get("batch_first") is False and len(shape) == 3
    return [shape[1], shape[0], *shape[2:]] if is_second else shape
