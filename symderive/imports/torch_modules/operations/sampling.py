"""Arrays read between their positions, and windows added up where they lie."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from symderive.imports.torch_modules.call import Call, Operation
from symderive.layers import Einsum
from symderive.networks import Feature
from symderive.networks.block import Array
from symderive.networks.operations import Folded, Sampled

_MODES = ("linear", "nearest", "cubic")
_CLIPPED = (False, True)
"""Whether places outside are moved to the ends, by the number of the padding; mirrored ones are not known."""


def _sampled(call: Call) -> Feature | None:
    """Entries at the places of a grid."""
    x, grid, padding = call.feature("input"), call.feature("grid"), int(call["padding_mode"])
    if padding >= len(_CLIPPED):
        return None
    return call.step(
        [grid, x],
        Sampled,
        x.shape[:2],
        extents=x.shape[2:],
        places=grid.shape[1:-1],
        mode=_MODES[int(call["interpolation_mode"])],
        is_aligned=bool(call["align_corners"]),
        is_clipped=_CLIPPED[padding],
        name="sampled",
    )


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
