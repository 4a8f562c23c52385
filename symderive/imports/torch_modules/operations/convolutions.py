"""Convolutions, transposed or not, along one, two or three axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.imports.torch_modules.call import Call, Operation
from symderive.layers import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from symderive.networks import Feature

_CONVOLUTIONS = {1: Conv1d, 2: Conv2d, 3: Conv3d}
_TRANSPOSED = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}


def _convolution(call: Call) -> Feature:
    x, weight = call.feature("input"), call.record.sizes.shape(call["weight"])
    batch, c_in, extents = x.shape[0], x.shape[1], x.shape[2:]
    axes, groups = len(extents), call.size(call["groups"])
    options: dict[str, Any] = {name: call.sizes(name, axes) for name in ("stride", "padding", "dilation")}
    kind: Any = _CONVOLUTIONS[axes]
    c_out = weight[0]
    if call["transposed"]:
        kind, c_out = _TRANSPOSED[axes], weight[1] * groups
        options["output_padding"] = call.sizes("output_padding", axes)
    else:
        own = [(size, size) for size in options["padding"]]
        extents, options["padding"] = call.record.surrounded(call["input"]).read_by_windows(own)
    return call.step(
        [x],
        kind,
        c_in,
        c_out,
        weight[2:],
        *extents,
        **options,
        groups=groups,
        bias=call["bias"] is not None,
        batch=batch,
        weights=(call["weight"], call["bias"]),
        name="conv",
    )


def _along_the_first_axis(call: Call) -> Feature:
    """`conv_tbc`: steps, batch and channels in this order, with the kernel first in the weight."""
    x, (kernel, c_in, c_out) = call.feature("self"), call.record.sizes.shape(call["weight"])
    steps, batch, _ = x.shape
    weights, padding = (call["weight"], call["bias"]), call.size(call["pad"])
    options = {"padding": (padding,), "batch": batch, "bias": True}
    return call.step([x], Conv1d, c_in, c_out, (kernel,), steps, **options, weights=weights, name="conv")


OPERATIONS: Mapping[str, Operation] = {"convolution": _convolution, "conv_tbc": _along_the_first_axis}
CONTRACTIONS = tuple(OPERATIONS)
