"""Instance normalisation: over the positions of each channel of each input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from symderive.core.nodes import Index
from symderive.layers.dimensions import Channels, Line, Plane, Volume
from symderive.layers.fields import sizes
from symderive.layers.normalisation import OfChannels


@dataclass(frozen=True)
class InstanceNorm(OfChannels):
    """Abstract: the entries of each channel less their mean over the positions, over their deviation.

    `y[n, c, i…] = (x[n, c, i…] − mean[n, c]) / √(variance[n, c] + ε)`, and with weights
    `weight[c] · ⋯ + bias[c]`. The statistics are always those of the input; none are kept.

    Source: D. Ulyanov, A. Vedaldi, V. Lempitsky, Instance Normalization, arXiv:1607.08022, equation 3.

    Args:
        channels: channels of input and output; behind it stand the sizes of the positions.
        batch: the sizes of the axes in front, one or a tuple; () for none.
        affine: whether each channel has a weight and a bias.
        eps: what is added to the variance.

    Raises:
        ShapeError: not a size, or a single position.
        SymderiveError: an eps that is not a positive number.
    """

    batch: Any = sizes("N", default=())
    affine: bool = False

    def _demands(self) -> Iterable[tuple[Any, str]]:
        yield self._several()

    @property
    def weights(self) -> tuple[str, ...]:
        """Both or none."""
        return ("weight", "bias") if self.affine else ()

    def over(self) -> tuple[Index, ...]:
        """All positions."""
        return self.axes.behind


@dataclass(frozen=True)
class InstanceNorm1d(InstanceNorm, Line, Channels):
    """Instance normalisation along one axis: channels and length, then as `InstanceNorm`.

    >>> InstanceNorm1d(8, 50, batch=2).output_shape
    (2, 8, 50)
    """


@dataclass(frozen=True)
class InstanceNorm2d(InstanceNorm, Plane, Channels):
    """Instance normalisation along two axes: channels, height and width, then as `InstanceNorm`.

    >>> print(InstanceNorm2d(8, 4, 5).program().definitions[0])
    mean[c] = Sum[i, j](x[c, i, j])/20
    """


@dataclass(frozen=True)
class InstanceNorm3d(InstanceNorm, Volume, Channels):
    """Instance normalisation along three axes: channels, depth, height, width, then as `InstanceNorm`.

    >>> InstanceNorm3d(8, 4, 5, 6, affine=True).parameters[0].shape
    (8,)
    """


EXAMPLES = (
    InstanceNorm1d(2, 5, batch=3),
    InstanceNorm2d(3, 2, 4, affine=True),
    InstanceNorm3d(2, 2, 3, 4, batch=1, affine=True),
)
