"""Pools: largest entries, means and norms of windows, and largest entries put back where they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from symderive.errors import SymderiveError
from symderive.functions.kinked import absolute
from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.operators.convolutions import Frame, Sides, frame_of, sides_of
from symderive.imports.onnx_files.operators.reductions import reduced
from symderive.imports.onnx_files.values import WHOLE, Value
from symderive.layers import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d
from symderive.layers.window import Window

AVERAGES: tuple[Any, ...] = (AvgPool1d, AvgPool2d, AvgPool3d)
LARGEST: tuple[Any, ...] = (MaxPool1d, MaxPool2d, MaxPool3d)


def _frame(call: Call, count: int) -> Frame:
    frame = frame_of(call, call.attribute("kernel_shape", []))
    if len(frame.kernel) != count:
        raise SymderiveError(f"{count} axes have windows along {len(frame.kernel)}.")
    return frame


def _pooled(call: Call, layers: Sequence[Any], x: Value, **options: Any) -> Value:
    """A pool; padding that is more than half of what a window covers is put around the array first."""
    batch, channels, *extents = call.rank(x, 3, 5)
    frame = _frame(call, len(extents))
    sides = sides_of(call, frame, extents)
    is_same = call.attribute("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER")  # the windows fit
    rounds_up = bool(call.attribute("ceil_mode", 0)) and not is_same
    if not _is_small(sides, frame):
        windows = _around(frame, extents, sides, rounds_up)
        x = call.view(x, (batch, channels, *(window.room for window in windows)))
        extents, sides, rounds_up = list(x.shape[2:]), tuple((0, 0) for _ in extents), False
    layer = layers[len(extents) - 1](
        channels,
        frame.kernel,
        *extents,
        stride=frame.stride,
        padding=sides,
        dilation=frame.dilation,
        batch=batch,
        ceil_mode=rounds_up,
        **options,
    )
    return call.apply(layer, x)


def _is_small(sides: Sides, frame: Frame) -> bool:
    """Whether no padding is surely too large for the layers."""
    pairs = zip(sides, frame.spans, strict=True)
    return not any(sympy.Gt(2 * side, span) == sympy.true for pair, span in pairs for side in pair)


def _around(frame: Frame, extents: Sequence[Any], sides: Sides, rounds_up: bool) -> list[Window]:
    rows = zip(extents, frame.kernel, frame.stride, sides, frame.dilation, strict=True)
    windows = [
        Window("axis", *map(sympy.sympify, (size, kernel, stride, *pair, dilation)))
        for size, kernel, stride, pair, dilation in rows
    ]
    return [window.rounded_up("a pool") for window in windows] if rounds_up else windows


def largest(call: Call) -> list[Value]:
    """The largest entry of each window, and where it is."""
    made = _pooled(call, LARGEST, call.input(0))
    return [made, call.view(made, made.shape, kind=WHOLE)]


def mean(call: Call) -> Value:
    """The mean of each window, as a rule over the positions inside."""
    counts = bool(call.attribute("count_include_pad", 0))
    return _pooled(call, AVERAGES, call.input(0), count_include_pad=counts)


def _powers(call: Call, x: Value) -> tuple[Value, Callable[[Value], Value]]:
    """`|x|^p`, and what takes the root of a sum of them."""
    degree = sympy.Rational(str(call.attribute("p", 2)))
    if degree == 1:
        return pointwise(call, absolute, [x], name="absolute"), lambda total: total
    base: Callable[..., Any] = (lambda x: x) if degree == 2 else absolute
    powers = pointwise(call, lambda x: base(x) ** degree, [x], name="powers")
    return powers, lambda total: pointwise(call, lambda x: x ** (1 / degree), [total], name="root")


def norm(call: Call) -> Value:
    """The norm of each window, `(Σ |x|^p)^(1/p)`."""
    powers, root = _powers(call, call.input(0))
    return root(_pooled(call, AVERAGES, powers, divisor=1))


def norm_of_all(call: Call) -> Value:
    """The norm over all positions of each channel."""
    powers, root = _powers(call, call.input(0))
    return root(reduced(call, powers, tuple(range(2, len(call.rank(powers, 3)))), "sum"))


def over_positions(kind: str) -> Callable[[Call], Value]:
    """A pool over all positions of each channel."""

    def operator(call: Call) -> Value:
        value = call.input(0)
        return reduced(call, value, tuple(range(2, len(call.rank(value, 3)))), kind)

    return operator


def unpooled(call: Call) -> Value:
    """Entries put where they were before a pool, zeros elsewhere; nothing is computed."""
    x = call.input(0)
    batch, channels, *extents = call.rank(x, 3, 5)
    if call.has(2):
        return call.view(x, call.entries(2, "its shape"))
    frame = _frame(call, len(extents))
    rows = zip(extents, frame.stride, frame.kernel, sides_of(call, frame, extents), strict=True)
    shape = [(size - 1) * stride + kernel - sum(pair) for size, stride, kernel, pair in rows]
    return call.view(x, (batch, channels, *shape))


def of_regions(call: Call) -> Value:
    """The largest entries of regions; how large they are only the data say, so that it is not counted."""
    x, regions = call.input(0), call.input(1)
    shape = (regions.shape[0], call.rank(x, 4, 4)[1], *call.attribute("pooled_shape", []))
    return call.walk.opaque(f"{call.op} (how large its regions are only the data say)", shape, call.all)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "AveragePool": mean,
    "MaxPool": largest,
    "LpPool": norm,
    "GlobalAveragePool": over_positions("mean"),
    "GlobalMaxPool": over_positions("max"),
    "GlobalLpPool": norm_of_all,
    "MaxUnpool": unpooled,
    "MaxRoiPool": of_regions,
}
