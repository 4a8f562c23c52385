"""Average pools: along one, two or three axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.nodes import Index, IndexSum
from symderive.layers.pooling import Pool


class AvgPool(Pool):
    """Abstract: the mean of each window."""

    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """The mean over the taps; zeros of the padding are part of it, as PyTorch does by default."""
        return IndexSum(read, *taps) / sympy.Mul(*(index.dim for index in taps))


@dataclass(frozen=True)
class AvgPool1d(AvgPool):
    """The mean of each window, along one axis.

    `y[c, i] = Σ_{u} x[c, s·i + u − p] / k`

    Args:
        channels: channels of input and output.
        kernel: the window, one number; likewise stride, dilation and padding.
        length: input length.
        stride: step between windows; by default the kernel.
        padding: zeros on each side, which are part of the mean.
        dilation: step between taps.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, a window that does not fit, or more padding than half of the kernel.

    >>> AvgPool1d(3, 4, 10).output_shape
    (3, 2)
    """

    AXES: ClassVar[tuple[str, ...]] = ("length",)

    channels: Any = "C"
    kernel: Any = "k"
    length: Any = "L"
    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    batch: Any = None


@dataclass(frozen=True)
class AvgPool2d(AvgPool):
    """The mean of each window, along two axes.

    `y[c, i, j] = Σ_{u,v} x[c, s·i + u − p, s·j + v − p] / k²`

    Args:
        channels: channels of input and output.
        kernel: the window, one number for both axes or (height, width); likewise stride,
            dilation and padding.
        height: input height.
        width: input width.
        stride: step between windows; by default the kernel.
        padding: zeros on each side, which are part of the mean.
        dilation: step between taps.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, a window that does not fit, or more padding than half of the kernel.

    >>> layer = AvgPool2d(16, 2, 14, 14)
    >>> layer.output_shape
    (16, 7, 7)
    >>> print(layer.program())
    y[c, i, j] = Sum[u, v](x[c, 2*i + u, 2*j + v])/4
    """

    AXES: ClassVar[tuple[str, ...]] = (
        "height",
        "width",
    )

    channels: Any = "C"
    kernel: Any = "k"
    height: Any = "H"
    width: Any = "W"
    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    batch: Any = None


@dataclass(frozen=True)
class AvgPool3d(AvgPool):
    """The mean of each window, along three axes.

    `y[c, i, j, l] = Σ_{u,v,w} x[c, s·i + u − p, …] / k³`

    Args:
        channels: channels of input and output.
        kernel: the window, one number for all axes or (depth, height, width); likewise
            stride, dilation and padding.
        depth: input depth.
        height: input height.
        width: input width.
        stride: step between windows; by default the kernel.
        padding: zeros on each side, which are part of the mean.
        dilation: step between taps.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, a window that does not fit, or more padding than half of the kernel.

    >>> AvgPool3d(4, 2, 4, 6, 8, batch=1).output_shape
    (1, 4, 2, 3, 4)
    """

    AXES: ClassVar[tuple[str, ...]] = (
        "depth",
        "height",
        "width",
    )

    channels: Any = "C"
    kernel: Any = "k"
    depth: Any = "D"
    height: Any = "H"
    width: Any = "W"
    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    batch: Any = None


EXAMPLES = (
    AvgPool1d(2, 3, 8, stride=2, padding=1),
    AvgPool2d(3, 2, 4, 5, batch=2),
    AvgPool2d(2, (3, 2), 5, 6, stride=(1, 2), padding=(1, 0)),
    AvgPool3d(2, 2, 2, 3, 4, stride=1),
)
