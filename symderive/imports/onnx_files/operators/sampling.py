"""Arrays read between their positions, windows added up where they lie, and pools that are undone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.operators.convolutions import frame_of, sides_of
from symderive.imports.onnx_files.values import Value
from symderive.networks.operations import Folded, Rotary, Sampled

MODES = {"bilinear": "linear", "linear": "linear", "bicubic": "cubic", "cubic": "cubic", "nearest": "nearest"}
CLIPPED = {"zeros": False, "border": True}
"""Whether places outside are moved to the ends; mirrored ones are not counted."""


def sampled(call: Call) -> Value:
    """`GridSample`: entries at the places of a grid."""
    x, grid = call.input(0), call.input(1)
    padding = call.attribute("padding_mode", "zeros")
    if padding not in CLIPPED:
        raise Uncounted("mirrored places")
    batch, channels, *extents = call.rank(x, 3, 5)
    _, *places, _ = call.rank(grid, len(x.shape), len(x.shape))
    layer = Sampled(
        (batch, channels),
        tuple(extents),
        tuple(places),
        MODES[call.attribute("mode", "linear")],
        bool(call.attribute("align_corners", 0)),
        CLIPPED[padding],
    )
    return call.apply(layer, grid, x)


def folded(call: Call) -> Value:
    """`Col2Im`: windows added up where they lie."""
    x = call.input(0)
    extents, kernel = call.entries(1, "its image_shape"), call.entries(2, "its block_shape")
    frame = frame_of(call, kernel)
    sides = sides_of(call, frame, extents)
    batch, flat, _ = call.rank(x, 3, 3)
    counts = tuple(
        sympy.floor((size + before + after - span) / step) + 1
        for size, (before, after), span, step in zip(extents, sides, frame.spans, frame.stride, strict=True)
    )
    front, begins = (batch, flat / math.prod(kernel)), tuple(before for before, _ in sides)
    return call.apply(Folded(front, extents, kernel, counts, frame.stride, frame.dilation, begins), x)


def unpooled(call: Call) -> Value:
    """`MaxUnpool`: entries put where they were the largest ones."""
    x = call.input(0)
    if call.has(2):
        return call.view(x, call.entries(2, "its output_shape"))
    batch, channels, *extents = call.rank(x, 3, 5)
    frame = frame_of(call, call.attribute("kernel_shape", []))
    sides = sides_of(call, frame, extents)
    return call.view(x, (batch, channels, *_before_pool(extents, frame, sides)))


def _before_pool(extents: Sequence[Any], frame: Any, sides: Any) -> list[Any]:
    return [
        (size - 1) * step + span - before - after
        for size, step, span, (before, after) in zip(extents, frame.stride, frame.spans, sides, strict=True)
    ]


def rotated(call: Call) -> Value:
    """`RotaryEmbedding`: positions as rotations of pairs of entries, of all of them or the first ones."""
    x, cos, sin = (call.input(place) for place in range(3))
    if len(x.shape) == 4:
        batch, heads, length, width = x.shape
    else:
        batch, length, flat = call.rank(x, 3, 3)
        heads = sympy.Integer(call.attribute("num_heads", 0))
        if not heads:
            raise Uncounted("heads side by side, and how many is not said")
        width = flat / heads
    turned = sympy.Integer(call.attribute("rotary_embedding_dim", 0)) or width
    half = (batch, length, heads, turned / 2)
    angles = [call.view(one, (length, turned / 2)) for one in (cos, sin)]
    made = call.apply(Rotary((batch, length, heads, turned)), *[call.view(x, half)] * 2, *angles)
    return call.view(made, x.shape)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "GridSample": sampled,
    "Col2Im": folded,
    "MaxUnpool": unpooled,
    "RotaryEmbedding": rotated,
}
