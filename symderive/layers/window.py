"""The window that a convolution or a pool slides along one axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Index
from symderive.errors import ShapeError, SymderiveError
from symderive.layers.layer import free_dims, symbols_in, unused

SYMBOLS = {"length": "L", "depth": "D", "height": "H", "width": "W"}


@dataclass(frozen=True)
class Window:
    """A window over one axis: tap u of output i reads position `stride·i + dilation·u − before`.

    Attributes:
        axis: the name of the axis in messages, such as "height".
        size: how many positions the input has.
        kernel: how many taps the window has.
        stride: the step from one output to the next.
        before: how many positions are added in front of the first one.
        after: how many are added behind the last one.
        dilation: the step from one tap to the next.
        beyond: how much further a last window may reach, where one that is only partly inside counts.
    """

    axis: str
    size: Size
    kernel: Size
    stride: Size
    before: Size
    after: Size
    dilation: Size
    beyond: Size = sympy.S.Zero

    @property
    def behind(self) -> Size:
        """How many positions windows may reach over the last one."""
        return self.after + self.beyond

    @property
    def room(self) -> Size:
        """The number of positions with those that are added."""
        return self.size + self.before + self.behind

    @property
    def span(self) -> Size:
        """How many positions the taps cover, first to last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def output(self) -> Size:
        """The number of outputs, `⌊(size + before + behind − dilation·(kernel − 1) − 1)/stride⌋ + 1`.

        Source: V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285,
        relation 6, with the dilated kernel of relation 11.

        >>> from symderive.core.dims import dims
        >>> h, k = dims("H k")
        >>> one, zero = sympy.S.One, sympy.S.Zero
        >>> Window("height", h, k, one, zero, zero, one).output
        H - k + 1
        """
        last = self.size + (self.before + self.behind) - self.dilation * (self.kernel - 1) - 1
        return last + 1 if self.stride == 1 else sympy.floor(last / self.stride) + 1

    def rounded_up(self, layer: str) -> Window:
        """The same where a last window counts that is only partly inside, if it begins inside or in front.

        Window i is there for `stride·(i − 1) < size + before + after − span` and `stride·i < size + before`:
        as many as with `min(span − 1, after + stride − 1)` positions behind. It is the rule of PyTorch
        (`pooling_output_shape`) and of ONNX's AveragePool and MaxPool since version 22. Earlier versions do
        not state the second condition, and ONNX's inference of shapes counts one window more there; its
        evaluator leaves that window out in all versions.

        Raises:
            SymderiveError: which of the two it is depends on sizes without a number.

        >>> half = Window("width", sympy.Integer(6), *map(sympy.Integer, (3, 2, 0, 0, 1)))
        >>> half.output, half.rounded_up("MaxPool1d").output
        (2, 3)
        """
        more = sympy.expand(self.after + self.stride - self.span)
        if more.is_nonpositive is more.is_nonnegative is None:
            raise SymderiveError(
                f"{layer}: which windows ceil_mode adds depends on the kernel {self.kernel} and the stride "
                f"{self.stride} of the {self.axis}; give numbers for them."
            )
        reach = self.after + self.stride if more.is_nonpositive else self.span
        return replace(self, beyond=sympy.expand(reach - 1 - self.after))

    def position(self, out: Index, tap: Index) -> sympy.Expr:
        """The input position that tap `tap` of output `out` reads; in the padding it is out of range."""
        return self.stride * out + self.dilation * tap - self.before

    def conditions(self, layer: str) -> list[tuple[Any, str]]:
        """The window fits the padded axis; with what to say if not."""
        return [
            (
                sympy.Ge(self.room, self.span),
                f"{layer}: the kernel covers {self.span} positions and the {self.axis} with padding has "
                f"{self.room}; take a smaller kernel or dilation, or more padding.",
            ),
        ]


def windows(layer: Any) -> tuple[Window, ...]:
    """The windows along the axes of a layer with the fields of a convolution.

    Padding "same" adds `dilation·(kernel − 1)` positions, the odd one behind. With `ceil_mode` a last window
    that is only partly inside counts.
    """
    made = []
    for place, axis in enumerate(layer.AXES):
        kernel, dilation = layer.kernel[place], layer.dilation[place]
        if layer.padding == "same":
            added = dilation * (kernel - 1)
            before = sympy.floor(added / 2)
            after = added - before
        else:
            before, after = both_sides(layer.padding[place])
        made.append(Window(axis, getattr(layer, axis), kernel, layer.stride[place], before, after, dilation))
    return tuple(one.rounded_up(type(layer).__name__) for one in made) if layer.ceil_mode else tuple(made)


def extents(
    sizes: Iterable[Size], names: Iterable[str], taken: Iterable[str] = ()
) -> tuple[tuple[Size, ...], dict[Dim, Size]]:
    """Extents, with a name for each that is neither a number nor an input size.

    Args:
        sizes: the extents, one per axis.
        names: the names to give, `Hprime` and `Wprime`; a taken name gets one more prime.
        taken: names in use.

    Returns:
        the extents, and what each new name means.
    """
    avoid = set(taken)
    named: list[Size] = []
    relations: dict[Dim, Size] = {}
    for size, name in zip(sizes, names, strict=True):
        avoid |= {symbol.name for symbol in free_dims(size)}
        if not (size.is_Integer or size.is_Symbol):
            symbol = Dim(unused(name, avoid, "prime"))
            relations[symbol] = size
            named.append(symbol)
        else:
            named.append(size)
    return tuple(named), relations


def names_in(layer: Any) -> set[str]:
    """The names of all sizes in the fields of a layer."""
    return {symbol.name for field in fields(layer) for symbol in symbols_in(getattr(layer, field.name))}


def per_axis(value: Any, axes: tuple[str, ...], what: str, least: int = 1) -> tuple[Size, ...]:
    """One size for all axes, or one for each, as a tuple.

    Args:
        value: what the user gave.
        axes: the names of the axes.
        what: the field, for the message.
        least: the smallest size, 0 or 1.

    Raises:
        ShapeError: another number of values, no whole number or symbol, or smaller than `least`.

    >>> per_axis(3, ("height", "width"), "Conv2d: kernel")
    (3, 3)
    """
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,) * len(axes)
    if len(given) != len(axes):
        raise ShapeError(f"{what}: {len(given)} values given; give {_one_or_each(axes)}.")
    return tuple(size_from(one, what, least) for one in given)


def padding_per_axis(value: Any, axes: tuple[str, ...], what: str) -> Any:
    """Padding as "same", or for each axis a size, or a pair (before, after) where the two differ.

    Raises:
        ShapeError: not a word that is known, a number of values that does not fit the axes, or not sizes.

    >>> padding_per_axis((1, (2, 0)), ("height", "width"), "Conv2d: padding")
    (1, (2, 0))
    >>> padding_per_axis("valid", ("length",), "Conv1d: padding")
    (0,)
    """
    if value == "same":
        return value
    if value == "valid":
        value = 0
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,) * len(axes)
    if len(given) != len(axes):
        pairs = ", ".join(["(before, after)"] * len(axes)) + ("," if len(axes) == 1 else "")
        raise ShapeError(
            f"{what}: {len(given)} values given; give {_one_or_each(axes)}, or two for each: ({pairs})."
        )
    return tuple(_side_or_sides(one, what) for one in given)


def both_sides(padding: Any) -> tuple[Size, Size]:
    """What is added in front and behind, from one entry of a checked padding."""
    return padding if isinstance(padding, tuple) else (padding, padding)


def size_from(value: Any, what: str, least: int = 1) -> Size:
    """One size, which may be 0 if `least` is 0.

    Raises:
        ShapeError: no whole number or symbol, or smaller than `least`.
    """
    is_zero = bool(value == 0) and not isinstance(value, bool)
    return sympy.S.Zero if least == 0 and is_zero else as_size(value, what)


def _side_or_sides(value: Any, what: str) -> Any:
    if not isinstance(value, (tuple, list)):
        return size_from(value, what, 0)
    if len(value) != 2:
        raise ShapeError(f"{what}: {len(value)} values for one axis; give one, or two: (before, after).")
    before, after = (size_from(one, what, 0) for one in value)
    return before if before == after else (before, after)


def _one_or_each(axes: tuple[str, ...]) -> str:
    if len(axes) == 1:
        return f"one for the {axes[0]}"
    each = " and ".join([", ".join(f"one for {axis}" for axis in axes[:-1]), f"one for {axes[-1]}"])
    return f"one for {'both' if len(axes) == 2 else 'all'} axes, or {each}"
