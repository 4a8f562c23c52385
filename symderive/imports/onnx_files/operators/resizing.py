"""Arrays with other numbers of positions: copies of the nearest entries, or lines and curves between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from symderive.core.dims import same_size
from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.values import Value
from symderive.imports.reasons import SMOOTHED


def resize(call: Call) -> Value:
    """`Resize`, `Upsample`: copies of the nearest entries, or lines and curves between entries."""
    value = call.input(0)
    shape = _resized(call, value)
    mode = call.attribute("mode", "nearest")
    if mode == "nearest" or not value.is_data:
        return call.view(value, shape)
    if call.attribute("antialias", 0):
        raise Uncounted(SMOOTHED)
    return _between(call, value, shape, *BODIES[mode])


SHARE = sympy.Symbol("share", real=True)
WEIGHTS = sympy.symbols("weight1:5", real=True)
BODIES: Mapping[str, tuple[int, Callable[..., sympy.Expr]]] = {
    "linear": (2, lambda x, y: x + SHARE * (y - x)),
    "cubic": (4, lambda *x: sympy.Add(*(weight * one for weight, one in zip(WEIGHTS, x, strict=True)))),
}
"""How many entries are read along an axis, and what becomes of them; the weights are known beforehand."""


def _between(
    call: Call, value: Value, shape: Sequence[Any], taps: int, body: Callable[..., sympy.Expr]
) -> Value:
    """Along one axis after the other."""
    for axis, size in enumerate(shape):
        if not same_size(size, value.shape[axis]):
            near = call.view(value, (*value.shape[:axis], size, *value.shape[axis + 1 :]))
            value = pointwise(call, body, [near] * taps, name="between")
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
