"""What is read at positions that an array holds, and what is only copied or chosen."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from symderive.imports.torch_modules.call import Call, Made, Operation
from symderive.layers import Embedding
from symderive.networks import Feature
from symderive.networks.operations import Join, Scatter


def _embedding(call: Call) -> Feature:
    vocabulary, width = call.record.sizes.shape(call["weight"])
    x = call.feature("indices")
    return call.step([x], Embedding, vocabulary, width, x.shape, weights=(call["weight"],))


def _cat(call: Call) -> Feature:
    reads = [call.record.feature(one) for one in call["tensors"]]
    reads = [one for one in reads if one.shape != (0,)]
    if len(reads) == 1:
        return reads[0]
    first = reads[0].shape
    (axis,) = call.axes("dim", len(first)) if call["dim"] is not None else (0,)
    rest = tuple(size for place, size in enumerate(first) if place != axis)
    parts = tuple(one.shape[axis] for one in reads)
    return call.step(reads, Join, rest, parts=parts, axis=axis, name="concat")


def _stack(call: Call) -> Feature:
    reads = [call.record.feature(one) for one in call["tensors"]]
    axis = int(call["dim"] or 0) % (len(reads[0].shape) + 1)
    parts = (sympy.S.One,) * len(reads)
    return call.step(reads, Join, reads[0].shape, parts=parts, axis=axis, name="stack")


def _copied(call: Call) -> Made:
    """Entries that are moved, repeated, chosen or put in: nothing is computed."""
    given = list(call.given())
    numbers = [one for one in given if one.is_floating_point() == call.tensors[0].is_floating_point()]
    varying = [one for one in numbers if not call.record.is_known(one)]
    source = call.record.feature((varying or numbers or given)[0])
    return (source,) * len(call.tensors)


def _index_add(call: Call) -> Feature:
    x, source, places = (call.feature(name) for name in ("self", "source", "index"))
    (axis,) = call.axes("dim", len(x.shape))
    return call.step([x, source, places], Scatter, x.shape, axis, places.shape)


COPIES = (
    "clone", "_to_copy", "lift_fresh_copy", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d",
    "replication_pad1d", "replication_pad2d", "pad", "roll", "flip", "repeat", "tril", "triu", "where",
    "masked_fill", "index", "index_select", "gather", "take_along_dim", "index_put", "scatter", "copy",
    "fill", "zero", "zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones",
    "new_full", "new_empty", "rand_like", "randn_like", "im2col", "unfold", "pixel_shuffle",
    "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "slice_scatter", "select_scatter",
    "repeat_interleave", "bernoulli", "diag_embed", "_unsafe_index", "_unsafe_view",
    "unsafe_split", "unsafe_chunk",
)  # fmt: skip
"""Operations that only move entries; those of torch that give a view are not listed."""

OPERATIONS: Mapping[str, Operation] = {
    **dict.fromkeys(COPIES, _copied),
    "embedding": _embedding,
    "cat": _cat,
    "stack": _stack,
    "index_add": _index_add,
}
