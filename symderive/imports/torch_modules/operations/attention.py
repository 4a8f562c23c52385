"""Scaled dot-product attention, however torch computes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from symderive.imports.torch_modules.call import Call, Operation
from symderive.layers import Attention, Einsum, Softmax
from symderive.networks import Feature
from symderive.networks.operations import argument


def _attention(call: Call) -> Feature:
    """Attention; with a mask that is an array, its parts one by one."""
    q, k, v = (call.feature(name) for name in ("query", "key", "value"))
    mask = call["attn_mask"] if call["attn_bias"] is None else call["attn_bias"]
    if mask is not None:
        return _masked(call, q, k, v, mask)
    has_heads = len(q.shape) > 2
    return call.step(
        [q, k, v],
        Attention,
        q.shape[-1],
        q.shape[-2],
        k.shape[-2],
        v.shape[-1],
        heads=q.shape[-3] if has_heads else 1,
        kv_heads=k.shape[-3] if has_heads else 1,
        batch=q.shape[:-3],
        causal=bool(call["is_causal"]),
        name="attention",
    )


def _masked(call: Call, q: Feature, k: Feature, v: Feature, given: Any) -> Feature:
    """Scores, their sum with the mask (one of truth values only chooses), softmax, the mean of the values."""
    has_groups = len(q.shape) > 2 and q.shape[-3] != k.shape[-3]
    front = "abde"[: max(0, len(q.shape) - 3)]
    shared = front + ("h" if len(q.shape) > 2 else "")
    own = shared + ("r" if has_groups else "")
    *batch, queries, d = q.shape
    split = (*batch[:-1], k.shape[-3], batch[-1] / k.shape[-3]) if has_groups else tuple(batch)
    fits = Einsum.of(f"{own}ic,{shared}jc->{own}ij", (*split, queries, d), k.shape)
    scores = call.step([q, k], Einsum, fits.subscripts, fits.sizes, name="scores")
    scores = scores.with_shape((*batch, queries, k.shape[-2]))
    body, mask = argument(1) / sympy.sqrt(d), call.record.feature(given)
    if "bool" in str(given.dtype):
        scaled = call.pointwise(body, scores, name="scaled")
    else:
        scaled = call.pointwise(body + argument(2), scores, mask, name="scaled")
    shares = call.step([scaled], Softmax, scores.shape[-1], scores.shape[:-1], name="softmax")
    mixed = Einsum.of(f"{own}ij,{shared}je->{own}ie", (*split, queries, k.shape[-2]), v.shape)
    return call.step([shares, v], Einsum, mixed.subscripts, mixed.sizes, name="mixed")


OPERATIONS: Mapping[str, Operation] = dict.fromkeys(
    (
        "scaled_dot_product_attention",
        "_scaled_dot_product_flash_attention",
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_efficient_attention",
        "_scaled_dot_product_cudnn_attention",
        "_scaled_dot_product_fused_attention_overrideable",
    ),
    _attention,
)
"""The function, and the kernels that it becomes where a model has kept the function under another name."""
