"""Normalisations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.operators.reductions import reduced
from symderive.imports.onnx_files.values import Value
from symderive.layers import (
    AvgPool1d,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    RMSNorm,
)

BATCH: tuple[Any, ...] = (BatchNorm1d, BatchNorm1d, BatchNorm2d, BatchNorm3d)
INSTANCE: tuple[Any, ...] = (InstanceNorm1d, InstanceNorm2d, InstanceNorm3d)
SIZE, SHIFT, POWER = sympy.symbols("size shift power", positive=True)


def batch_norm(call: Call) -> list[Value]:
    """Batch normalisation with the running statistics, which are buffers."""
    if call.attribute("training_mode", 0):
        raise Uncounted("in training mode")
    x = call.input(0)
    batch, channels, *extents = call.rank(x, 2, 5)
    kind = BATCH[len(extents)]
    weights = [call.input(place) for place in range(1, 5)]
    made = call.apply(kind(channels, *extents, batch=batch), x, weights=weights)
    return [made, *weights[2:]]


def instance_norm(call: Call) -> Value:
    """Instance normalisation, with a weight and a bias for each channel."""
    x = call.input(0)
    batch, channels, *extents = call.rank(x, 3, 5)
    layer = INSTANCE[len(extents) - 1](channels, *extents, batch=batch, affine=True)
    return call.apply(layer, x, weights=[call.input(1), call.input(2)])


def layer_norm(call: Call) -> list[Value]:
    """Layer normalisation over the axes from one on."""
    x = call.input(0)
    return _of_last(call, x, call.axis(len(x.shape), -1), LayerNorm, call.given(1), call.given(2))


def rms_norm(call: Call) -> list[Value]:
    """Normalisation by the root mean square over the axes from one on."""
    x = call.input(0)
    return _of_last(call, x, call.axis(len(x.shape), -1), RMSNorm, call.given(1), None)


def skip_layer_norm(call: Call) -> list[Value]:
    """Layer normalisation of a sum."""
    return _skipped(call, LayerNorm, call.given(3), call.given(4))


def skip_rms_norm(call: Call) -> list[Value]:
    """Normalisation by the root mean square of a sum."""
    return _skipped(call, RMSNorm, None, call.given(3))


def _skipped(call: Call, kind: Any, shift: Value | None, bias: Value | None) -> list[Value]:
    total = pointwise(call, lambda x, y: x + y, [call.input(0), call.input(1)], name="sum")
    if bias is not None:
        total = pointwise(call, lambda x, y: x + y, [total, bias], name="bias")
    made = _of_last(call, total, len(total.shape) - 1, kind, call.input(2), shift)
    return [*made, total]


def _of_last(
    call: Call, x: Value, axis: int, kind: Any, scale: Value | None, shift: Value | None
) -> list[Value]:
    """A normalisation over the axes from one on, with stored weights of their shape or others."""
    own, front = x.shape[axis:], x.shape[:axis]
    fits = [one is not None and bool(one.weights) and tuple(one.shape) == own for one in (scale, shift)]
    options: dict[str, Any] = {"affine": fits[0]}
    if kind is LayerNorm:
        options["bias"] = all(fits)
    weights = [one for one, fit in zip((scale, shift), (fits[0], all(fits)), strict=True) if fit and one]
    made = call.apply(kind(own, front, **options), x, weights=weights)
    if scale is not None and not fits[0]:
        made = pointwise(call, lambda y, w: y * w, [made, scale], name="scale")
    if shift is not None and not all(fits):
        made = pointwise(call, lambda y, b: y + b, [made, shift], name="shift")
    rest = call.view(made, (*front, *(sympy.S.One for _ in own)))
    return [made, rest, rest]


def group_norm(call: Call) -> Value:
    """Group normalisation; before version 21 the weights are one for each group."""
    x, scale, shift = call.input(0), call.input(1), call.input(2)
    batch, channels, *extents = call.rank(x, 2)
    groups = int(call.attribute("num_groups", 1))
    is_own = bool(scale.weights) and tuple(scale.shape) == (channels,)
    layer = GroupNorm(groups, channels, tuple(extents), batch=(batch,), affine=is_own)
    made = call.apply(layer, x, weights=[scale, shift] if is_own else [])
    if is_own:
        return made
    inner = (groups, channels / groups, *extents) if scale.count == groups else (channels, *extents)
    split = call.view(made, (batch, *inner))
    one, other = (call.view(value, (value.count, *(1 for _ in inner[1:]))) for value in (scale, shift))
    return call.view(pointwise(call, lambda y, w, b: y * w + b, [split, one, other]), x.shape)


def lp_norm(call: Call) -> Value:
    """Entries over the norm along an axis."""
    x = call.input(0)
    kind = "norm1" if call.attribute("p", 2) == 1 else "norm2"
    length = reduced(call, x, (call.axis(len(x.shape), -1),), kind)
    return pointwise(call, lambda y, n: y / n, [x, length], name="div")


def local_response(call: Call) -> Value:
    """`x / (shift + scale · mean of the squares of neighbouring channels)^power`."""
    x, size = call.input(0), int(call.attribute("size", 1))
    batch, channels, *extents = call.rank(x, 3)
    squares = pointwise(call, lambda y: y**2, [x], name="squares")
    last = call.view(squares, (batch, *extents, channels))
    front = (batch, *extents)
    if size > 1:
        sides = (((size - 1) // 2, size // 2),)
        layer = AvgPool1d(front[-1], size, channels, stride=1, padding=sides, batch=front[:-1])
        last = call.apply(layer, last, name="mean")
    mean = call.view(last, x.shape)
    return pointwise(call, lambda y, m: y / (SHIFT + SIZE * m) ** POWER, [x, mean], name="div")


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "BatchNormalization": batch_norm,
    "InstanceNormalization": instance_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "SimplifiedLayerNormalization": rms_norm,
    "com.microsoft:SkipLayerNormalization": skip_layer_norm,
    "com.microsoft:SkipSimplifiedLayerNormalization": skip_rms_norm,
    "GroupNormalization": group_norm,
    "LpNormalization": lp_norm,
    "LRN": local_response,
}
