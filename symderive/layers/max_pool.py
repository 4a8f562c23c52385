"""Maximum pools: along one, two or three axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.nodes import Index, IndexMax
from symderive.errors import SymderiveError
from symderive.layers.pooling import Pool


class MaxPool(Pool):
    """Abstract: the largest entry of each window."""

    EDGE: ClassVar[str] = "replicate"

    def __post_init__(self) -> None:
        """Turn the fields into sizes and check them."""
        super().__post_init__()
        is_dilated = any(step != 1 for step in self.dilation)
        if is_dilated and any(side != 0 for side in self.padding):
            raise SymderiveError(
                f"{type(self).__name__}: padding together with a dilation is not supported; leave one out."
            )

    def pooled(self, read: sympy.Expr, taps: tuple[Index, ...]) -> sympy.Expr:
        """The maximum over the taps.

        Padding never is the maximum. It repeats the entry at the end, which is in every window that reaches
        over it, so that the maximum is that of the entries inside.
        """
        return IndexMax(read, *taps)


@dataclass(frozen=True)
class MaxPool1d(MaxPool):
    """The largest entry of each window, along one axis.

    `y[c, i] = max_{u} x[c, s·i + u − p]`

    Args:
        channels: channels of input and output.
        kernel: the window, one number; likewise stride, dilation and padding.
        length: input length.
        stride: step between windows; by default the kernel.
        padding: how far windows reach over each end; only entries inside are compared.
        dilation: step between taps.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, a window that does not fit, or more padding than half of the kernel.
        SymderiveError: padding together with a dilation, or padding "same" with a stride.
    >>> MaxPool1d(3, 3, 10, stride=2, padding=1).output_shape
    (3, 5)
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
class MaxPool2d(MaxPool):
    """The largest entry of each window, along two axes.

    `y[c, i, j] = max_{u,v} x[c, s·i + u − p, s·j + v − p]`

    Args:
        channels: channels of input and output.
        kernel: the window, one number for both axes or (height, width); likewise stride,
            dilation and padding.
        height: input height.
        width: input width.
        stride: step between windows; by default the kernel.
        padding: how far windows reach over each end; only entries inside are compared.
        dilation: step between taps.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, a window that does not fit, or more padding than half of the kernel.
        SymderiveError: padding together with a dilation, or padding "same" with a stride.
    >>> MaxPool2d(64, 3, 112, 112, stride=2, padding=1).output_shape
    (64, 56, 56)
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
class MaxPool3d(MaxPool):
    """The largest entry of each window, along three axes.

    `y[c, i, j, l] = max_{u,v,w} x[c, s·i + u − p, …]`

    Args:
        channels: channels of input and output.
        kernel: the window, one number for all axes or (depth, height, width); likewise
            stride, dilation and padding.
        depth: input depth.
        height: input height.
        width: input width.
        stride: step between windows; by default the kernel.
        padding: how far windows reach over each end; only entries inside are compared.
        dilation: step between taps.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, a window that does not fit, or more padding than half of the kernel.
        SymderiveError: padding together with a dilation, or padding "same" with a stride.
    >>> MaxPool3d(4, 2, 4, 6, 8).output_shape
    (4, 2, 3, 4)
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
    MaxPool1d(2, 3, 8, stride=2, padding=1),
    MaxPool1d(2, 2, 7, stride=1, dilation=3),
    MaxPool2d(3, 2, 4, 5, batch=2),
    MaxPool2d(1, (3, 2), 5, 4, stride=(2, 1), padding=(1, (0, 1))),
    MaxPool3d(2, 2, 2, 3, 4, stride=1),
)
