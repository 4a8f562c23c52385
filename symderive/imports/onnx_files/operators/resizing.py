"""Arrays with other numbers of positions: copies of the nearest entries, or straight lines between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from symderive.core.dims import same_size
from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.values import Value


def resize(call: Call) -> Value:
    """`Resize`, `Upsample`: copies of the nearest entries, or straight lines between entries."""
    value = call.input(0)
    shape = _resized(call, value)
    mode = call.attribute("mode", "nearest")
    if mode == "nearest" or not value.is_data:
        return call.view(value, shape)
    if mode != "linear":
        raise Uncounted(f"mode {mode}")
    return _lines(call, value, shape)


def _lines(call: Call, value: Value, shape: Sequence[Any]) -> Value:
    """Along one axis after the other: `lower + share · (upper − lower)`."""
    share = sympy.Symbol("share", real=True)
    for axis, size in enumerate(shape):
        if not same_size(size, value.shape[axis]):
            ends = [call.view(value, (*value.shape[:axis], size, *value.shape[axis + 1 :])) for _ in range(2)]
            value = pointwise(call, lambda x, y: x + share * (y - x), ends, name="between")
    return value


def _resized(call: Call, value: Value) -> tuple[Any, ...]:
    """The shape of a resized array, by sizes or by factors."""
    factors = 1 if call.op == "Upsample" else 2 if call.version > 10 else 1
    rank = len(value.shape)
    axes = [call.place(axis, rank) for axis in call.attribute("axes", range(rank))]
    shape = list(value.shape)
    if call.has(3) and call.entries(3, "its sizes"):
        for axis, size in zip(axes, call.entries(3, "its sizes"), strict=True):
            shape[axis] = size
    else:
        for axis, factor in zip(axes, call.whole(factors, "scales"), strict=True):
            shape[axis] = sympy.floor(sympy.expand(sympy.Rational(factor) * shape[axis]))
    return tuple(call.walk.size(size) for size in shape)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {"Resize": resize, "Upsample": resize}
