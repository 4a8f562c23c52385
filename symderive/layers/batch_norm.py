"""Batch normalisation: of each channel, over all inputs and positions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Self

import sympy

from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.dimensions import Channels, Line, Plane, Volume
from symderive.layers.equations import count_of, defined, entry_of
from symderive.layers.fields import positive, size
from symderive.layers.normalisation import OfChannels

_MOVED = (r"\hat{\mu}'", r"\hat{\sigma}'^{2}")


@dataclass(frozen=True)
class BatchNorm(OfChannels):
    """Abstract: the entries of each channel less a mean, over a standard deviation, scaled and shifted.

    `y[n, c, i…] = weight[c] · (x[n, c, i…] − mean[c]) / √(variance[c] + ε) + bias[c]`. At inference mean and
    variance are the running ones, which are buffers. In training they are those of the input over n and i…,
    and the running ones move towards them, the variance as `Σ (x − mean)² / (count − 1)`:
    `next_mean[c] = (1 − m) · running_mean[c] + m · mean[c]`, two more outputs behind y.

    Source: S. Ioffe, C. Szegedy, Batch Normalization, arXiv:1502.03167, algorithms 1 and 2.

    Args:
        channels: channels of input and output; behind it stand the sizes of the positions.
        batch: the sizes of the axes in front, one or a tuple.
        training: whether the statistics are those of the input.
        affine: whether each channel has a weight and a bias.
        eps: what is added to the variance.
        momentum: the step m, above 0 and at most 1.

    Raises:
        ShapeError: not a size, or in training a single entry per channel.
        SymderiveError: an eps or a momentum that is not such a number.
    """

    training: bool = False
    affine: bool = True
    _: KW_ONLY
    momentum: Any = positive("1e-1")

    def _demands(self) -> Iterable[tuple[Any, str]]:
        name = type(self).__name__
        if self.training:
            yield self._several()
        yield sympy.Le(self.momentum, 1), f"{name}: the momentum {self.momentum} is above 1; take less."

    @property
    def weights(self) -> tuple[str, ...]:
        """Both or none."""
        return ("weight", "bias") if self.affine else ()

    @property
    def buffers(self) -> tuple[Tensor, ...]:
        """`running_mean` and `running_var`, one entry for each channel."""
        return (
            Tensor("running_mean", (self.channels,), latex_name=r"\hat{\mu}"),
            Tensor("running_var", (self.channels,), "nonnegative", latex_name=r"\hat{\sigma}^{2}"),
        )

    def in_training(self) -> Self:
        """The same layer with the statistics of the input."""
        return replace(self, training=True)

    def over(self) -> tuple[Index, ...]:
        """All inputs and positions."""
        return (*self.axes.front, *self.axes.behind)

    def program(self) -> Program:
        """The equations with inputs x, the parameters and the buffers."""
        inputs = (self.x, *self.parameters, *self.buffers)
        if self.training:
            made = super().program()
            moved = self._moved(*(made.definitions[place] for place in (0, 3)))
            outputs = (*made.outputs, *(one.tensor for one in moved))
            return Program(inputs, (*made.definitions, *moved), outputs)
        mean, variance = (Entry(one, *self.axes.own) for one in self.buffers)
        y = self.scaled(Entry(self.x, *self.axes.all) - mean, variance)
        return Program(inputs, (y,), (y.tensor,))

    @property
    def results(self) -> tuple[Tensor, ...]:
        """y; the next running statistics are not handed on."""
        return self.program().outputs[:1]

    def _moved(self, mean: Definition, variance: Definition) -> tuple[Definition, ...]:
        """The running statistics after one step."""
        count, step, own = count_of(self.over()), self.momentum, self.axes.own
        made = []
        shares = (step, step * count / (count - 1))
        for before, now, share, latex in zip(self.buffers, (mean, variance), shares, _MOVED, strict=True):
            body = (1 - step) * Entry(before, *own) + share * entry_of(now)
            made.append(defined(before.name.replace("running", "next"), own, body, latex))
        return tuple(made)


@dataclass(frozen=True)
class BatchNorm1d(BatchNorm, Line, Channels):
    """Batch normalisation of (N, C), or with a length of (N, C, L): channels, length, then as `BatchNorm`.

    >>> print(BatchNorm1d(8).program())
    y[n, c] = (-running_mean[c] + x[n, c])*weight[c]/sqrt(running_var[c] + 1/100000) + bias[c]
    """

    length: Any = size("L", default=None)


@dataclass(frozen=True)
class BatchNorm2d(BatchNorm, Plane, Channels):
    """Batch normalisation along two axes: channels, height and width, then as `BatchNorm`.

    >>> layer = BatchNorm2d(64, 7, 7, batch=8)
    >>> layer.output_shape, layer.parameters[0].shape, layer.buffers[0].shape
    ((8, 64, 7, 7), (64,), (64,))
    """


@dataclass(frozen=True)
class BatchNorm3d(BatchNorm, Volume, Channels):
    """Batch normalisation along three axes: channels, depth, height, width, then as `BatchNorm`.

    >>> [tensor.name for tensor in BatchNorm3d(4, 2, 3, 5, training=True).program().outputs]
    ['y', 'next_mean', 'next_var']
    """


EXAMPLES = (
    BatchNorm1d(3, batch=4),
    BatchNorm1d(2, 3, training=True, batch=4),
    BatchNorm2d(3, 2, 4, batch=2),
    BatchNorm2d(2, 4, 3, training=True, affine=False, batch=3),
    BatchNorm3d(2, 3, 2, 4, training=True, batch=1, momentum="0.2"),
)
