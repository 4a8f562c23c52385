"""GPT: a transformer that sees what came before."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import as_size
from symderive.networks.architecture import Feature
from symderive.networks.family import TEXTS, Family


def gpt(
    x: Feature,
    width: Any = "d",
    layers: Any = "L",
    heads: Any = "h",
    inner: Any = None,
    vocabulary: Any = "V",
    context: Any = "C",
) -> Feature:
    """Embeddings of tokens and positions, blocks, and the embedding of tokens once more for the outputs.

    Args:
        x: numbers of tokens.
        width: entries of a token, a number or a name; likewise the others.
        layers: how many blocks there are.
        heads: heads of the attention.
        inner: the width inside the linear layers of a block; four times `width` where it is not given.
        vocabulary: how many tokens there are.
        context: for how many positions there is an embedding.
    """
    width, vocabulary = as_size(width, "gpt: width"), as_size(vocabulary, "gpt: vocabulary")
    inner = 4 * width if inner is None else as_size(inner, "gpt: inner")
    positions = x.table(x.shape[1], name="positions").embedded(context, width, name="positions")
    tokens = x.embedded(vocabulary, width, name="tokens") + positions
    tokens = tokens.repeated("blocks", layers, _block, heads, inner).layer_norm()
    return tokens.tied("output", lambda y: y.dense(vocabulary, bias=False))


def _block(x: Feature, heads: Any, inner: Any) -> Feature:
    x = x.layer_norm().attention(heads, causal=True) + x
    return x.layer_norm().feed_forward(inner, "gelu_tanh") + x


_GPT2 = {"vocabulary": 50257, "context": 1024}
_GPT3 = {"vocabulary": 50257, "context": 2048}
_GPT3_SIZES = {
    "small": (12, 768, 12),
    "medium": (24, 1024, 16),
    "large": (24, 1536, 16),
    "xl": (24, 2048, 16),
    "2_7b": (32, 2560, 32),
    "6_7b": (32, 4096, 32),
    "13b": (40, 5120, 40),
    "175b": (96, 12288, 96),
    "": (96, 12288, 96),
}
"""Layers, width and heads. The table of the paper has 24 heads of 128 entries for XL, and a width of 5140 for
13B: neither fits the other numbers of its row, and the published parameters are those of the sizes here."""

FAMILY = Family(
    gpt,
    {
        "gpt": {},
        "gpt2": {"width": 768, "layers": 12, "heads": 12, **_GPT2},
        "gpt2_medium": {"width": 1024, "layers": 24, "heads": 16, **_GPT2},
        "gpt2_large": {"width": 1280, "layers": 36, "heads": 20, **_GPT2},
        "gpt2_xl": {"width": 1600, "layers": 48, "heads": 25, **_GPT2},
        **{
            f"gpt3{name and '_'}{name}": {"width": width, "layers": layers, "heads": heads, **_GPT3}
            for name, (layers, width, heads) in _GPT3_SIZES.items()
        },
    },
    source="A. Radford et al., Language Models are Unsupervised Multitask Learners, 2019, table 2; "
    "T. Brown et al., arXiv:2005.14165, table 2.1, with dense attention in every layer",
    sizes=TEXTS,
)
