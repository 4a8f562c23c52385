"""Windows added up where they lie: the adjoint of taking an array apart into windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Delta, Entry, IndexSum, Tensor
from symderive.core.program import Program
from symderive.errors import ShapeError
from symderive.layers.equations import along, defined, indices_over, positions_over
from symderive.layers.fields import sizes
from symderive.layers.sliding import TAPS
from symderive.networks.operations.operation import Operation

WINDOWS = ("p", "q", "r")
"""The indices of the windows along up to three axes."""


@dataclass(frozen=True)
class Folded(Operation):
    """Windows added up where they lie: `y[n, i, j] = Σ x[n, u, v, p, q] · δ(i, s·p + d·u − padding) ⋯`.

    Each entry of a window is one addition to a sum that begins with 0, also where it lands in the padding.

    Args:
        shape: the sizes of the axes in front, such as batch and channels.
        extents: the sizes of the result along the other axes.
        kernel: the size of a window along each of them.
        counts: the number of windows along each of them.
        stride: for each axis the step from one window to the next.
        dilation: the step between the entries of a window.
        padding: how far the first window begins before the result.

    Raises:
        ShapeError: not sizes, or not as many for each of these.

    >>> print(Folded((), (5,), (3,), (2,), (2,), (1,), (0,)).program())
    y[i] = Sum[u, p](delta(i, 2*p + u)*x[u, p])
    """

    extents: Any = sizes("H")
    kernel: Any = sizes("k")
    counts: Any = sizes("P")
    stride: tuple[Any, ...] = (1,)
    dilation: tuple[Any, ...] = (1,)
    padding: tuple[Any, ...] = (0,)

    def _settle(self) -> None:
        super()._settle()
        given = (self.extents, self.kernel, self.counts, self.stride, self.dilation, self.padding)
        if len({len(one) for one in given}) > 1:
            raise ShapeError(
                "Folded: extents, kernel, counts, stride, dilation and padding have "
                f"{', '.join(str(len(one)) for one in given)} entries; give one for each axis."
            )

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axes in front, and the extents."""
        return (*self.shape, *self.extents)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The axes in front, windows, their number, and the extents."""
        return tuple(dict.fromkeys((*self.shape, *self.kernel, *self.counts, *self.extents)))

    def program(self) -> Program:
        """The equation with the input x: axes in front, entries of a window, windows."""
        front, out = indices_over("n", self.shape), positions_over(self.extents)
        taps, read = along(TAPS, self.kernel), along(WINDOWS, self.counts)
        x = Tensor("x", (*self.shape, *self.kernel, *self.counts))
        places = zip(out, read, taps, self.stride, self.dilation, self.padding, strict=True)
        lands = (Delta(i, s * p + d * u - before) for i, p, u, s, d, before in places)
        total = IndexSum(sympy.Mul(Entry(x, *front, *taps, *read), *lands), *taps, *read)
        y = defined("y", (*front, *out), total)
        return Program((x,), (y,), (y.tensor,))
