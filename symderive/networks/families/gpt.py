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

FAMILY = Family(
    gpt,
    {
        "gpt": {},
        "gpt2": {"width": 768, "layers": 12, "heads": 12, **_GPT2},
        "gpt2_medium": {"width": 1024, "layers": 24, "heads": 16, **_GPT2},
        "gpt2_large": {"width": 1280, "layers": 36, "heads": 20, **_GPT2},
        "gpt2_xl": {"width": 1600, "layers": 48, "heads": 25, **_GPT2},
        "gpt3": {"width": 12288, "layers": 96, "heads": 96, "vocabulary": 50257, "context": 2048},
    },
    source="A. Radford et al., Language Models are Unsupervised Multitask Learners, 2019, table 2; "
    "T. Brown et al., arXiv:2005.14165, table 2.1, with dense attention in every layer",
    sizes=TEXTS,
)
