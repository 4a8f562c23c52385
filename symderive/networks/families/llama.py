"""Llama: a transformer with rotated positions, fewer heads for keys, and gated linear layers."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import as_size
from symderive.networks.architecture import Feature
from symderive.networks.family import TEXTS, Family


def llama(
    x: Feature,
    width: Any = "d",
    layers: Any = "L",
    heads: Any = "h",
    kv_heads: Any = "g",
    inner: Any = "m",
    vocabulary: Any = "V",
) -> Feature:
    """An embedding, blocks, and a linear layer for the outputs; nothing has a bias.

    Args:
        x: numbers of tokens.
        width: entries of a token, a number or a name; likewise the others.
        layers: how many blocks there are.
        heads: heads of the queries.
        kv_heads: heads of keys and values.
        inner: the width inside the linear layers of a block.
        vocabulary: how many tokens there are.
    """
    tokens = x.embedded(vocabulary, width, name="tokens")
    sizes = [as_size(size, "llama") for size in (heads, kv_heads, inner)]
    tokens = tokens.repeated("blocks", layers, _block, *sizes).rms_norm()
    return tokens.dense(vocabulary, bias=False, name="output")


def _block(x: Feature, heads: Any, kv_heads: Any, inner: Any) -> Feature:
    x = x.rms_norm().block("attention", Feature.grouped_attention, heads, kv_heads) + x
    return x.rms_norm().block("gated", _gated, inner) + x


def _gated(x: Feature, inner: Any) -> Feature:
    gate = x.dense(inner, bias=False, name="gate").activation("silu")
    return (gate * x.dense(inner, bias=False, name="up")).dense(x.width, bias=False, name="down")


def _sizes(*sizes: int) -> dict[str, int]:
    names = ("width", "layers", "heads", "kv_heads", "inner", "vocabulary")
    return dict(zip(names, sizes, strict=True))


FAMILY = Family(
    llama,
    {
        "llama": {},
        "llama_7b": _sizes(4096, 32, 32, 32, 11008, 32000),
        "llama_13b": _sizes(5120, 40, 40, 40, 13824, 32000),
        "llama_33b": _sizes(6656, 60, 52, 52, 17920, 32000),
        "llama_65b": _sizes(8192, 80, 64, 64, 22016, 32000),
        "llama_2_7b": _sizes(4096, 32, 32, 32, 11008, 32000),
        "llama_2_13b": _sizes(5120, 40, 40, 40, 13824, 32000),
        "llama_2_70b": _sizes(8192, 80, 64, 8, 28672, 32000),
        "llama_3_8b": _sizes(4096, 32, 32, 8, 14336, 128256),
        "llama_3_70b": _sizes(8192, 80, 64, 8, 28672, 128256),
        "llama_3_405b": _sizes(16384, 126, 128, 8, 53248, 128256),
        "mistral_7b": _sizes(4096, 32, 32, 8, 14336, 32000),
    },
    source="H. Touvron et al., LLaMA, arXiv:2302.13971, table 2; "
    "H. Touvron et al., Llama 2, arXiv:2307.09288, section 2.2 and table 1; "
    "A. Grattafiori et al., Llama 3, arXiv:2407.21783, table 3; "
    "A. Jiang et al., Mistral 7B, arXiv:2310.06825, table 1, without its window",
    sizes=TEXTS,
)
