"""The window that a convolution slides along one axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Index
from symderive.errors import ShapeError
from symderive.layers.layer import free_dims, unused


@dataclass(frozen=True)
class Window:
    """A window over one axis: tap u of output i reads position `stride·i + dilation·u − padding`.

    Attributes:
        axis: the name of the axis in messages, "height" or "width".
        size: how many positions the input has.
        kernel: how many taps the window has.
        stride: the step from one output to the next.
        padding: how many zeros stand on each of the two sides.
        dilation: the step from one tap to the next.
    """

    axis: str
    size: Size
    kernel: Size
    stride: Size
    padding: Size
    dilation: Size

    @property
    def output(self) -> Size:
        """The number of outputs, `⌊(size + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1`.

        Source: V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285,
        relation 6, with the dilated kernel of relation 11.

        >>> from symderive.core.dims import dims
        >>> h, k = dims("H k")
        >>> one, zero = sympy.S.One, sympy.S.Zero
        >>> Window("height", h, k, one, zero, one).output
        H - k + 1
        """
        last = self.size + 2 * self.padding - self.dilation * (self.kernel - 1) - 1
        return last + 1 if self.stride == 1 else sympy.floor(last / self.stride) + 1

    def position(self, out: Index, tap: Index) -> sympy.Expr:
        """The input position that tap `tap` of output `out` reads; in the padding it is out of range."""
        return self.stride * out + self.dilation * tap - self.padding

    def conditions(self, layer: str) -> list[tuple[Any, str]]:
        """The window fits the padded axis and starts at whole positions; with what to say if not."""
        span = self.dilation * (self.kernel - 1) + 1
        room = self.size + 2 * self.padding
        fits = sympy.Ge(room, span)
        whole = sympy.true if self.padding.is_integer else sympy.Eq(sympy.Mod(2 * self.padding, 2), 0)
        return [
            (
                whole,
                f'{layer}: padding "same" along the {self.axis} needs an even dilation·(kernel − 1), here '
                f"{2 * self.padding}; take an odd kernel or give the padding as a number.",
            ),
            (
                fits,
                f"{layer}: the kernel covers {span} positions and the {self.axis} with padding has {room}; "
                "take a smaller kernel or dilation, or more padding.",
            ),
        ]


def windows(layer: Any) -> tuple[Window, Window]:
    """The windows along height and width of a layer with the fields of a convolution."""
    made = []
    for place, axis in enumerate(("height", "width")):
        kernel, dilation = layer.kernel[place], layer.dilation[place]
        same = layer.padding == "same"
        padding = dilation * (kernel - 1) / 2 if same else layer.padding[place]
        made.append(Window(axis, getattr(layer, axis), kernel, layer.stride[place], padding, dilation))
    return made[0], made[1]


def extents(
    sliding: Iterable[Window], names: Iterable[str], taken: Iterable[str] = ()
) -> tuple[tuple[Size, ...], dict[Dim, Size]]:
    """The output extents, with a name for each that is neither a number nor an input size.

    Args:
        sliding: one window per axis.
        names: the names to give, `Hprime` and `Wprime`; a taken name gets one more prime.
        taken: names in use.

    Returns:
        the extents, and what each new name means.
    """
    avoid = set(taken)
    sizes: list[Size] = []
    relations: dict[Dim, Size] = {}
    for window, name in zip(sliding, names, strict=True):
        avoid |= {symbol.name for symbol in free_dims(window.output)}
        size = window.output
        if not (size.is_Integer or size.is_Symbol):
            symbol = Dim(unused(name, avoid, "prime"))
            relations[symbol] = size
            size = symbol
        sizes.append(size)
    return tuple(sizes), relations


def pair(value: Any, what: str, least: int = 1) -> tuple[Size, Size]:
    """One size for both axes, or two, as a pair.

    Raises:
        ShapeError: not one or two whole numbers or symbols, or smaller than `least`.
    """
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2:
        raise ShapeError(
            f"{what}: {len(both)} values given; give one for both axes, or one for height and one for width."
        )
    first, second = (sympy.S.Zero if least == 0 and _is_zero(one) else as_size(one, what) for one in both)
    return first, second


def _is_zero(value: Any) -> bool:
    return bool(value == 0) and not isinstance(value, bool)
