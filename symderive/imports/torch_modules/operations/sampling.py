"""Arrays read between their positions, and windows added up where they lie."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from symderive.functions.kinked import larger, smaller
from symderive.imports.torch_modules.call import Call, Operation
from symderive.layers import Einsum
from symderive.networks import Feature
from symderive.networks.block import Array
from symderive.networks.operations import Folded, argument

X = argument(1)
_ZEROS, _BORDER = 0, 1
_LINEAR, _NEAREST, _CUBIC = 0, 1, 2
_SHARPNESS = sympy.Rational(-3, 4)
"""The parameter of the cubic convolution kernel, as torch has it."""


def _sampled(call: Call) -> Feature | None:
    """Entries at the places of a grid: the nearest one, or a weighted sum of the nearest ones.

    The weights of a place are the products of those along each axis, and are shared by all channels.
    """
    x, grid, mode = call.feature("input"), call.feature("grid"), int(call["interpolation_mode"])
    is_cubic = mode == _CUBIC
    if int(call["padding_mode"]) not in (_ZEROS, _BORDER):
        return None
    places = _places(call, grid, is_clipped=int(call["padding_mode"]) == _BORDER and not is_cubic)
    shape = (*x.shape[:2], *grid.shape[1:-1])
    if mode == _NEAREST:
        call.pointwise(sympy.floor(X + sympy.S.Half), places, name="nearest")
        return x
    share = call.pointwise(X - sympy.floor(X), places, name="share")
    taps = _cubic(call, share) if is_cubic else [call.pointwise(1 - X, share, name="rest"), share]
    axes, one = len(x.shape) - 2, tuple(grid.shape[:-1])
    corners = sympy.Integer(len(taps) ** axes)
    halves = [taps[0].with_shape((*one, corners))] * axes
    weights = call.pointwise(sympy.Mul(*map(argument, range(1, axes + 1))), *halves, name="weights")
    letters = "pqr"[:axes]
    made = Einsum.of(f"n{letters}k,nc{letters}k->nc{letters}", weights.shape, (*shape, corners))
    return call.step([weights, x], Einsum, made.subscripts, made.sizes, name="sampled")


def _places(call: Call, grid: Feature, is_clipped: bool) -> Feature:
    """The places in units of positions: −1 and 1 are the middles or the outer ends of the outermost."""
    size = sympy.Symbol("size", real=True)
    body = (X + 1) * (size - 1) / 2 if call["align_corners"] else ((X + 1) * size - 1) / 2
    if is_clipped:
        body = smaller(larger(body, sympy.S.Zero), size - 1)
    return call.pointwise(body, grid, name="places")


def _cubic(call: Call, share: Feature) -> list[Feature]:
    """The weights of two entries before a place and two behind it, at distances 1 + s, s, 1 − s and 2 − s.

    Source: R. Keys, Cubic convolution interpolation for digital image processing, 1981, equation 4.
    """
    a = _SHARPNESS
    far, near = [1 + X, 2 - X], [X, 1 - X]
    outer = (((a * t - 5 * a) * t + 8 * a) * t - 4 * a for t in far)
    inner = (((a + 2) * t - (a + 3)) * t * t + 1 for t in near)
    return [call.pointwise(body, share, name="weight") for body in (*outer, *inner)]


def _grid(call: Call) -> Feature:
    """`grid[b, p, j] = Σ_k base[p, k] · theta[b, j, k]`, a matrix product with places that are known."""
    theta, shape = call.feature("theta"), call.shape
    known = (*shape[1:-1], theta.shape[-1])
    base = Feature(known, call.record.trace, Array(known, is_known=True))
    letters = "pqr"[: len(known) - 1]
    made = Einsum.of(f"{letters}k,bjk->b{letters}j", known, theta.shape)
    return call.step([base, theta], Einsum, made.subscripts, made.sizes, name="grid")


def _folded(call: Call) -> Feature:
    """Windows added up where they lie."""
    x = call.feature("self")
    names = ("kernel_size", "stride", "dilation", "padding")
    kernel, stride, dilation, padding = (call.sizes(name, 2) for name in names)
    extents = call.sizes("output_size", 2)
    channels = x.shape[-2] / math.prod(kernel)
    counts = _windows(extents, kernel, stride, dilation, padding)
    return call.step(
        [x],
        Folded,
        (*x.shape[:-2], channels),
        extents=extents,
        kernel=kernel,
        counts=counts,
        stride=stride,
        dilation=dilation,
        padding=padding,
        name="fold",
    )


def _windows(*along: Sequence[Any]) -> tuple[Any, ...]:
    """How many windows there are along each axis."""
    return tuple(
        sympy.floor((size + 2 * before - spread * (taps - 1) - 1) / step) + 1
        for size, taps, step, spread, before in zip(*along, strict=True)
    )


OPERATIONS: Mapping[str, Operation] = {
    "grid_sampler_2d": _sampled,
    "grid_sampler_3d": _sampled,
    "affine_grid_generator": _grid,
    "col2im": _folded,
}
