"""Convolutions and transposed convolutions: windows that slide along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import sympy

from symderive.core.dims import Size
from symderive.errors import SymderiveError
from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.values import WHOLE, Value, zeros_around
from symderive.layers import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)

CONVOLUTIONS: tuple[Any, ...] = (Conv1d, Conv2d, Conv3d)
TRANSPOSED: tuple[Any, ...] = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
Sides = tuple[tuple[Any, Any], ...]


class Frame(NamedTuple):
    """How windows slide along each axis."""

    kernel: tuple[Size, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def spans(self) -> tuple[Size, ...]:
        """How many positions the taps of each axis cover."""
        return tuple(step * (taps - 1) + 1 for taps, step in zip(self.kernel, self.dilation, strict=True))


def frame_of(call: Call, kernel: Sequence[Any]) -> Frame:
    """The windows of a node.

    Raises:
        SymderiveError: no, or more than three axes, or another number of strides.
    """
    count = len(kernel)
    if not 1 <= count <= 3:
        raise SymderiveError(f"windows along {count} axes are not known, those along 1 to 3 are.")
    stride, dilation = (tuple(call.attribute(name, [1] * count)) for name in ("strides", "dilations"))
    if len(stride) != count or len(dilation) != count:
        raise SymderiveError(f"{count} axes have {len(stride)} strides and {len(dilation)} dilations.")
    return Frame(tuple(map(sympy.sympify, kernel)), stride, dilation)


def sides_of(call: Call, frame: Frame, extents: Sequence[Size]) -> Sides:
    """What is added in front and behind along each axis."""
    count, way = len(frame.kernel), call.attribute("auto_pad", "NOTSET")
    if way in ("SAME_UPPER", "SAME_LOWER"):
        return tuple(
            _same(size, span, step, way)
            for size, span, step in zip(extents, frame.spans, frame.stride, strict=True)
        )
    pads = [0] * (2 * count) if way == "VALID" else list(call.attribute("pads", [0] * (2 * count)))
    if len(pads) != 2 * count:
        raise SymderiveError(f"{count} axes have {len(pads)} pads, of which there are two for each.")
    return tuple(zip(pads[:count], pads[count:], strict=True))


def _same(size: Size, span: Size, step: int, way: str) -> tuple[Size, Size]:
    """As many positions as it takes for ⌈size/step⌉ outputs, half of them on each side."""
    outputs = sympy.floor((size - 1) / step) + 1 if step > 1 else size
    total = sympy.expand((outputs - 1) * step + span - size)
    if total.is_number:
        total = sympy.Max(total, 0)
    elif span == 1:
        total = sympy.S.Zero
    elif span < step:
        raise SymderiveError(
            f"auto_pad {way} with a stride of {step} and a window of {span} depends on whether {size} is a "
            "multiple; give a number for it."
        )
    half = sympy.floor(total / 2)
    return (half, total - half) if way == "SAME_UPPER" else (total - half, half)


def convolution(call: Call, x: Value, weight: Value, bias: Value | None) -> Value:
    """A convolution of images with a kernel that is stored, or comes from data."""
    _, channels, *extents = call.rank(x, 3, 5)
    outer, inner, *kernel = call.rank(weight, len(x.shape), len(x.shape))
    call.same(channels, inner * _groups(call), "a convolution: the channels")
    frame = frame_of(call, kernel)
    padding = sides_of(call, frame, extents)
    read, sides = zeros_around(x).read_by_windows(padding)
    inner = replace(x, shape=(*x.shape[:2], *read), zeros=None)
    return _mixed(call, CONVOLUTIONS, (inner, weight, bias), (outer, frame), {"padding": sides})


def _mixed(
    call: Call,
    layers: Sequence[Any],
    values: tuple[Value, Value, Value | None],
    made: tuple[Size, Frame],
    options: Mapping[str, Any],
) -> Value:
    """A layer that mixes channels; a bias that it does not own is added behind it.

    Args:
        call: the node.
        layers: the layers along one, two and three axes.
        values: images, kernel and bias.
        made: how many channels there are behind it, and the windows.
        options: further fields of the layer.
    """
    (x, weight, bias), (outer, frame) = values, made
    batch, channels, *extents = x.shape
    is_own = call.belongs(weight, bias)
    layer = layers[len(extents) - 1](
        channels,
        outer,
        frame.kernel,
        *extents,
        stride=frame.stride,
        dilation=frame.dilation,
        groups=_groups(call),
        bias=is_own,
        batch=batch,
        **options,
    )
    weights = [weight, bias] if bias is not None and is_own else [weight]
    result = call.apply(layer, x, weights=weights)
    if bias is None or is_own:
        return result
    shaped = call.view(bias, (bias.count, *(1 for _ in extents)))
    return pointwise(call, lambda y, b: y + b, [result, shaped], name="bias")


def _groups(call: Call) -> int:
    return int(call.attribute("group", 1))


def conv(call: Call) -> Value:
    """A convolution."""
    return convolution(call, call.input(0), call.input(1), call.given(2))


def conv_integer(call: Call) -> Value:
    """A convolution of whole numbers."""
    made = convolution(call, call.input(0), call.input(1), None)
    return call.view(made, made.shape, kind=WHOLE)


def conv_transpose(call: Call) -> Value:
    """A transposed convolution; with a wanted shape of the output the padding follows from it."""
    x, weight = call.input(0), call.input(1)
    _, channels, *extents = call.rank(x, 3, 5)
    inner, outer, *kernel = call.rank(weight, len(x.shape), len(x.shape))
    call.same(channels, inner, "a transposed convolution: the channels")
    frame, added = frame_of(call, kernel), tuple(call.attribute("output_padding", [0] * len(kernel)))
    options = {"padding": _cropped(call, frame, extents, added), "output_padding": added}
    return _mixed(call, TRANSPOSED, (x, weight, call.given(2)), (outer * _groups(call), frame), options)


def _cropped(call: Call, frame: Frame, extents: Sequence[Size], added: Sequence[int]) -> Sides:
    """What is cropped in front and behind along each axis."""
    way, wanted = call.attribute("auto_pad", "NOTSET"), call.attribute("output_shape")
    if wanted is None and way not in ("SAME_UPPER", "SAME_LOWER"):
        return sides_of(call, frame, extents)
    wanted = list(wanted)[-len(extents) :] if wanted else None
    found = []
    for place, (size, span, step) in enumerate(zip(extents, frame.spans, frame.stride, strict=True)):
        target = wanted[place] if wanted else size * step
        total = sympy.expand(step * (size - 1) + added[place] + span - target)
        if total.is_negative:
            raise SymderiveError(f"the output would have {-total} positions more than are made.")
        half = sympy.floor(total / 2)
        found.append((half, total - half) if way == "SAME_UPPER" else (total - half, half))
    return tuple(found)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "Conv": conv,
    "ConvInteger": conv_integer,
    "ConvTranspose": conv_transpose,
}
