"""What is read at positions that an array holds, and what is only copied or chosen."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from symderive.imports.margins import NONE
from symderive.imports.torch_modules.call import Call, Made, Operation, number
from symderive.layers import Einsum, Embedding
from symderive.networks import Feature
from symderive.networks.operations import Join, Reduction, Scatter, ScatterAlong, argument


def _embedding(call: Call) -> Feature:
    vocabulary, width = call.record.sizes.shape(call["weight"])
    x = call.feature("indices")
    return call.step([x], Embedding, vocabulary, width, x.shape, weights=(call["weight"],))


def _cat(call: Call) -> Feature:
    reads = [call.record.feature(one) for one in call["tensors"]]
    reads = [one for one in reads if sympy.S.Zero not in one.shape] or reads[:1]
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


def _padded(call: Call) -> Made:
    """A copy with further positions, or fewer; where those are zeros, the record knows of them."""
    if call["value"] == 0:
        zeros, pads = call.record.surrounded(call["self"]), map(call.size, call["pad"])
        each = [call.record.sizes.extents.meaning(one) for one in pads]
        added = [*zip(each[::2], each[1::2], strict=True), *(NONE for _ in zeros.inner)]
        call.record.surround(call.tensors[0], zeros.padded(added[len(zeros.inner) - 1 :: -1]))
    return _copied(call)


def _index_add(call: Call) -> Feature:
    x, source, places = (call.feature(name) for name in ("self", "source", "index"))
    (axis,) = call.axes("dim", len(x.shape))
    if call["alpha"] != 1:
        source = call.pointwise(number(call["alpha"]) * argument(1), source, name="scaled")
    return call.step([x, source, places], Scatter, x.shape, axis, places.shape)


def _scatter_add(call: Call) -> Feature | None:
    """Entries added where positions of their own say, if these have the array's other sizes."""
    x, source, places = (call.feature(name) for name in ("self", "src", "index"))
    (axis,) = call.axes("dim", len(x.shape))
    if any(
        one != other
        for place, (one, other) in enumerate(zip(x.shape, places.shape, strict=True))
        if place != axis
    ):
        return None
    read = source.with_shape(places.shape)
    return call.step([x, read, places], ScatterAlong, x.shape, axis, places.shape[axis])


def _scatter(call: Call) -> Made:
    """Entries put where positions say; where they are added they are counted."""
    if call["reduce"] == "add" and call["src"] is not None:
        return _scatter_add(call)
    return _copied(call) if call["reduce"] is None else None


def _index_put(call: Call) -> Made:
    """Slices put where positions say along one axis; where they are added they are counted."""
    if not call["accumulate"]:
        return _copied(call)
    chosen = [(axis, one) for axis, one in enumerate(call["indices"]) if one is not None]
    if len(chosen) != 1:
        return None
    ((axis, held),) = chosen
    x, places = call.feature("self"), call.record.feature(held)
    shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
    return call.step(
        [x, call.feature("values").with_shape(shape), places], Scatter, x.shape, axis, places.shape
    )


def _put(call: Call) -> Made:
    """Entries put where positions in all of the array say."""
    if not call["accumulate"]:
        return _copied(call)
    x, places = call.feature("self"), call.feature("index")
    flat = (sympy.Mul(*x.shape),)
    return call.step([x, call.feature("source"), places], Scatter, flat, 0, places.shape)


_BAGS = {0: "sum", 1: "mean", 2: "max"}


def _bags(call: Call) -> Feature | None:
    """Rows of a table, chosen by positions and put together in bags that are taken to be not empty.

    N rows in M bags take (N − M) operations for each column, however they are distributed, which is what M
    bags of N / M rows take; weighted rows are multiplied and added up.
    """
    table, places = call.record.sizes.shape(call["weight"]), call.feature("indices")
    bags, chosen = call.record.sizes.shape(call["offsets"])[0], places.shape[0]
    if call["include_last_offset"]:
        bags = bags - 1
    each, scales = sympy.cancel(chosen / bags), call["per_sample_weights"]
    if not each.is_integer:
        return None
    rows = call.step([places], Embedding, *table, places.shape, weights=(call["weight"],), name="embedding")
    rows = rows.with_shape((bags, each, table[1]))
    if scales is None:
        made = call.step([rows], Reduction, rows.shape, (1,), _BAGS[int(call["mode"])], name="bags")
    else:
        shares = call.record.feature(scales).with_shape((bags, each))
        made = call.step([shares, rows], Einsum, "mk,mkd->md", rows.shape, name="bags")
    return made


COPIES = (
    "clone", "_to_copy", "lift_fresh_copy", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d",
    "replication_pad1d", "replication_pad2d", "pad", "roll", "flip", "repeat", "tril", "triu", "where",
    "masked_fill", "index", "index_select", "gather", "take_along_dim", "copy", "fill", "zero",
    "zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full", "new_empty",
    "im2col", "unfold", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle",
    "slice_scatter", "select_scatter", "repeat_interleave", "diag_embed", "_unsafe_index", "_unsafe_view",
    "unsafe_split", "unsafe_chunk", "reflection_pad3d", "replication_pad3d", "max_unpool2d", "max_unpool3d",
    "rot90", "take", "masked_scatter", "block_diag", "complex", "squeeze", "unsqueeze", "transpose", "t",
    "swapaxes", "swapdims", "resolve_conj", "resolve_neg", "index_fill", "diagonal_scatter",
    "as_strided", "as_strided_scatter", "lift", "new_empty_strided", "unsafe_split_with_sizes", "lu_unpack",
)  # fmt: skip
"""Operations that only move entries; those of torch that give a view are not listed."""

MOVES = (*COPIES, "cat", "stack", "embedding")
"""What may be done with entries of any kind without computing."""

OPERATIONS: Mapping[str, Operation] = {
    **dict.fromkeys(COPIES, _copied),
    "constant_pad_nd": _padded,
    "embedding": _embedding,
    "cat": _cat,
    "stack": _stack,
    "index_add": _index_add,
    "scatter": _scatter,
    "scatter_add": _scatter_add,
    "index_put": _index_put,
    "put": _put,
    "_embedding_bag": _bags,
    "_embedding_bag_forward_only": _bags,
}
