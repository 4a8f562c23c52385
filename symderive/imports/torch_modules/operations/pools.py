"""Pools, with windows of given sizes or of as many as are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.imports.torch_modules.call import Call, Operation
from symderive.layers import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from symderive.networks import Feature
from symderive.networks.operations import Reduction

_MAX = {1: MaxPool1d, 2: MaxPool2d, 3: MaxPool3d}
_MEAN = {1: AvgPool1d, 2: AvgPool2d, 3: AvgPool3d}
_ADAPTIVE_MAX = {1: AdaptiveMaxPool1d, 2: AdaptiveMaxPool2d, 3: AdaptiveMaxPool3d}
_ADAPTIVE_MEAN = {1: AdaptiveAvgPool1d, 2: AdaptiveAvgPool2d, 3: AdaptiveAvgPool3d}


def _pool(kinds: Mapping[int, Any], axes: int) -> Operation:
    def pool(call: Call) -> Feature | None:
        """A pool with windows; with a negative divisor it is not known."""
        x = call.feature("self")
        *batch, channels = x.shape[:-axes]
        kernel, padding = call.sizes("kernel_size", axes), call.sizes("padding", axes)
        stride = call.sizes("stride", axes) if call["stride"] else kernel
        options: dict[str, Any] = {"stride": stride, "padding": padding, "batch": tuple(batch)}
        options["ceil_mode"] = bool(call["ceil_mode"])
        if kinds is _MAX:
            options["dilation"] = call.sizes("dilation", axes)
        else:
            options["count_include_pad"] = call["count_include_pad"] is not False
            options["divisor"] = call["divisor_override"]
            if options["divisor"] is not None and options["divisor"] < 1:
                return None
        return call.step([x], kinds[axes], channels, kernel, *x.shape[-axes:], **options, name="pool")

    return pool


def _adaptive(kinds: Mapping[int, Any], axes: int) -> Operation:
    def pool(call: Call) -> Feature:
        x, output = call.feature("self"), call.sizes("output_size", axes)
        if all(one == 1 for one in output):
            over = tuple(range(len(x.shape) - axes, len(x.shape)))
            kind = "mean" if kinds is _ADAPTIVE_MEAN else "max"
            return call.step([x], Reduction, x.shape, over, kind, name="pool")
        *batch, channels = x.shape[:-axes]
        extents = x.shape[-axes:]
        return call.step([x], kinds[axes], channels, *extents, output, batch=tuple(batch), name="pool")

    return pool


def _fractional(axes: int) -> Operation:
    def pool(call: Call) -> tuple[Feature, Feature]:
        """The largest entries of windows that begin at random places, and their places."""
        window = sympy.Mul(*call.sizes("kernel_size", axes))
        x = call.feature("self").with_shape((*call.shape, window))
        made = call.step([x], Reduction, x.shape, (len(x.shape) - 1,), "max", name="pool")
        return made, made

    return pool


def _each(name: str, made: Callable[[int], Operation]) -> dict[str, Operation]:
    return {name.format(axes): made(axes) for axes in (1, 2, 3)}


OPERATIONS: Mapping[str, Operation] = {
    "fractional_max_pool2d": _fractional(2),
    "fractional_max_pool3d": _fractional(3),
    **_each("max_pool{}d_with_indices", lambda axes: _pool(_MAX, axes)),
    **_each("max_pool{}d", lambda axes: _pool(_MAX, axes)),
    **_each("avg_pool{}d", lambda axes: _pool(_MEAN, axes)),
    **_each("_adaptive_avg_pool{}d", lambda axes: _adaptive(_ADAPTIVE_MEAN, axes)),
    **_each("adaptive_avg_pool{}d", lambda axes: _adaptive(_ADAPTIVE_MEAN, axes)),
    **_each("adaptive_max_pool{}d", lambda axes: _adaptive(_ADAPTIVE_MAX, axes)),
}
