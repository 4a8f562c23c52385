"""What all layers share that slide a window along one, two or three axes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.errors import SymderiveError
from symderive.layers.equations import along
from symderive.layers.layer import Layer
from symderive.layers.window import SYMBOLS, Window, extents, names_in, padding_per_axis, per_axis, windows

TAPS = ("u", "v", "w")
"""The indices of the taps along up to three axes."""


class Sliding(Layer):
    """Abstract: a layer that slides a window along the axes `AXES`."""

    AXES: ClassVar[tuple[str, ...]]
    kernel: Any
    stride: Any
    padding: Any
    dilation: Any
    batch: Any
    ceil_mode: Any = False

    def _settle(self) -> None:
        """Turn the fields of the window into one size for each axis.

        Raises:
            ShapeError: a field that is not a size.
            SymderiveError: padding "same" with a stride.
        """
        super()._settle()
        name = type(self).__name__
        for field in ("kernel", "stride", "dilation"):
            object.__setattr__(self, field, per_axis(getattr(self, field), self.AXES, f"{name}: {field}"))
        padding = padding_per_axis(self.padding, self.AXES, f"{name}: padding")
        object.__setattr__(self, "padding", padding)
        if padding == "same" and any(stride != 1 for stride in self.stride):
            raise SymderiveError(
                f'{name}: padding "same" means an output as large as the input; it needs stride 1.'
            )

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """The windows fit the padded axes."""
        return [one for window in windows(self) for one in window.conditions(type(self).__name__)]

    @property
    @abstractmethod
    def ends(self) -> tuple[Size, Size]:
        """How many channels are read, and how many are made."""

    @property
    def spatial(self) -> tuple[Size, ...]:
        """The output's extents along the axes, in the input's sizes."""
        return tuple(window.output for window in windows(self))

    @property
    def _primed(self) -> tuple[tuple[Size, ...], dict[Dim, Size]]:
        return extents(self.spatial, [f"{SYMBOLS[axis]}prime" for axis in self.AXES], names_in(self))

    @property
    def outputs(self) -> tuple[Size, ...]:
        """The output's extents as the program uses them, by names such as `H′` where they are no names."""
        return self._primed[0]

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """The named output extents in the input's sizes."""
        return self._primed[1]

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch,) channels and the outputs along each axis."""
        return (*self.batch, self.ends[1], *self.spatial)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, kernel, channels that are read, output positions, channels that are made."""
        return (*self.batch, *self.kernel, self.ends[0], *self.outputs, self.ends[1])

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes: `k` for a kernel of equal sizes, else `k_h`, `k_w`."""
        equal = all(size == self.kernel[0] for size in self.kernel)
        kernel = tuple("k" if equal else f"k_{SYMBOLS[axis].lower()}" for axis in self.AXES)
        return {"kernel": kernel, **super().roles()}


def slide(
    sliding: tuple[Window, ...],
    out: tuple[Index, ...],
    weight: tuple[Tensor, tuple[Any, ...]],
    x: tuple[Tensor, tuple[Any, ...]],
    channels: tuple[Index, ...] = (),
) -> IndexSum:
    """`Σ weight[…, u, v] · x[…, s·i + d·u − p, s·j + d·v − p]`.

    Args:
        sliding: the windows, one per axis.
        out: the index of the output along each axis.
        weight: the kernel and its positions in front of the taps.
        x: what is read and its positions in front of those of the window.
        channels: the indices that are summed over beside the taps.
    """
    taps = along(TAPS, [window.kernel for window in sliding])
    return IndexSum(Entry(*_flat(weight), *taps) * reading(sliding, out, taps, x), *channels, *taps)


def reading(
    sliding: tuple[Window, ...],
    out: tuple[Index, ...],
    taps: tuple[Index, ...],
    x: tuple[Tensor, tuple[Any, ...]],
) -> sympy.Expr:
    """The entry of `x` that each tap of each output reads; 0 in the padding."""
    places = (window.position(i, u) for window, i, u in zip(sliding, out, taps, strict=True))
    return Entry.at(*_flat(x), *places)


def _flat(operand: tuple[Tensor, tuple[Any, ...]]) -> tuple[Any, ...]:
    tensor, front = operand
    return (tensor, *front)
