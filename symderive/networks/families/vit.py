"""Vision Transformer."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import as_size
from symderive.networks.architecture import Feature
from symderive.networks.family import Family


def vit(
    x: Feature,
    patch: Any = 16,
    width: Any = 768,
    heads: Any = 12,
    layers: Any = 12,
    inner: Any = None,
    classes: Any = 1000,
) -> Feature:
    """Patches as tokens, a class token, and a transformer; positions are learned for this resolution.

    Args:
        x: images.
        patch: height and width of a patch.
        width: entries of a token, a number or a name; likewise the others.
        heads: heads of the attention.
        layers: how many blocks there are.
        inner: the width inside the linear layers of a block; four times `width` where it is not given.
        classes: outputs.
    """
    width = as_size(width, "vit: width")
    inner = 4 * width if inner is None else as_size(inner, "vit: inner")
    tokens = x.conv(width, patch, patch, bias=True, name="patches").tokens().prepended("class_token")
    tokens = tokens + x.learned(*tokens.shape[1:], name="positions")
    tokens = tokens.repeated("blocks", layers, _block, heads, inner).layer_norm()
    return tokens.first_token().dense(classes)


def _block(x: Feature, heads: Any, inner: Any) -> Feature:
    x = x.layer_norm().attention(heads) + x
    return x.layer_norm().feed_forward(inner, "gelu") + x


_LARGE = {"width": 1024, "heads": 16, "layers": 24}

FAMILY = Family(
    vit,
    {
        "vit_b_16": {},
        "vit_b_32": {"patch": 32},
        "vit_l_16": _LARGE,
        "vit_l_32": {"patch": 32, **_LARGE},
        "vit_h_14": {"patch": 14, "width": 1280, "heads": 16, "layers": 32},
    },
    source="A. Dosovitskiy et al., An Image is Worth 16x16 Words, arXiv:2010.11929, table 1",
)
