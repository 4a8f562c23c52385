"""BERT: a transformer that sees the whole text."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import as_size
from symderive.networks.architecture import Feature
from symderive.networks.family import TEXTS, Family


def bert(
    x: Feature,
    width: Any = "d",
    layers: Any = "L",
    heads: Any = "h",
    inner: Any = None,
    vocabulary: Any = "V",
    context: Any = "C",
    kinds: Any = 2,
) -> Feature:
    """Embeddings of tokens, positions and kinds of text, blocks, and a linear layer of the first token.

    Args:
        x: numbers of tokens.
        width: entries of a token, a number or a name; likewise the others.
        layers: how many blocks there are.
        heads: heads of the attention.
        inner: the width inside the linear layers of a block; four times `width` where it is not given.
        vocabulary: how many tokens there are.
        context: for how many positions there is an embedding.
        kinds: how many kinds of text there are.
    """
    width = as_size(width, "bert: width")
    inner = 4 * width if inner is None else as_size(inner, "bert: inner")
    positions = x.table(x.shape[1], name="positions").embedded(context, width, name="positions")
    tokens = x.embedded(vocabulary, width, name="tokens") + x.embedded(kinds, width, name="kinds") + positions
    tokens = tokens.layer_norm().repeated("blocks", layers, _block, heads, inner)
    first = tokens.first_token()
    return first.dense(width, name="pooler").activation("tanh")


def _block(x: Feature, heads: Any, inner: Any) -> Feature:
    x = (x.attention(heads) + x).layer_norm()
    return (x.feed_forward(inner, "gelu") + x).layer_norm()


_BERT = {"vocabulary": 30522, "context": 512}

FAMILY = Family(
    bert,
    {
        "bert": {},
        "bert_base": {"width": 768, "layers": 12, "heads": 12, **_BERT},
        "bert_large": {"width": 1024, "layers": 24, "heads": 16, **_BERT},
    },
    source="J. Devlin et al., BERT, arXiv:1810.04805, section 3",
    sizes=TEXTS,
)
