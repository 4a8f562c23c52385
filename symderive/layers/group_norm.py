"""Group normalisation: over the channels of a group and all positions of each input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size
from symderive.core.nodes import Index
from symderive.layers.equations import indices_over, positions_over
from symderive.layers.fields import size, sizes
from symderive.layers.layer import divisible
from symderive.layers.normalisation import Axes, Normalisation


@dataclass(frozen=True)
class GroupNorm(Normalisation):
    """The entries of each group of channels less their mean, over their standard deviation.

    `y[n, g, c, i] = weight[g, c] · (x[n, g, c, i] − mean[n, g]) / √(variance[n, g] + ε) + bias[g, c]`, with
    an axis g over the groups and c < C/G; in memory it is the same array.

    Source: Y. Wu, K. He, Group Normalization, arXiv:1803.08494, equations 1, 2, 6 and 7.

    Args:
        groups: into how many groups the channels are split.
        channels: channels of input and output.
        extents: the sizes of the axes behind the channels, one or a tuple; () for none.
        batch: the sizes of the axes in front, one or a tuple; () for none.
        affine: whether each channel has a weight and a bias.
        eps: what is added to the variance.

    Raises:
        ShapeError: not a size, or groups that do not divide the channels.
        SymderiveError: an eps that is not a positive number.

    >>> layer = GroupNorm(4, 32, (14, 14), batch=2)
    >>> layer.output_shape, layer.parameters[0].shape
    ((2, 32, 14, 14), (4, 8))
    """

    groups: Any = size("G")
    channels: Any = size("C")
    extents: Any = sizes("S")
    batch: Any = sizes("N", default=())
    affine: bool = True

    def _demands(self) -> Iterable[tuple[Any, str]]:
        return divisible("GroupNorm", self.groups, {"channels": self.channels})

    @property
    def weights(self) -> tuple[str, ...]:
        """Both or none."""
        return ("weight", "bias") if self.affine else ()

    @property
    def axes(self) -> Axes:
        """Groups and channels have the weights; positions stand behind them."""
        own = Index("g", self.groups), Index("c", self.channels / self.groups)
        return Axes(indices_over("n", self.batch), own, positions_over(self.extents))

    def over(self) -> tuple[Index, ...]:
        """The channels of one group, and all positions."""
        return (self.axes.own[1], *self.axes.behind)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, C, *extents), with the groups side by side."""
        return (*self.batch, self.channels, *self.extents)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The axes of the input, then the groups."""
        return (*self.output_shape, self.groups)


EXAMPLES = (
    GroupNorm(2, 6, 5),
    GroupNorm(3, 6, (2, 4), batch=5),
    GroupNorm(2, 4, (), batch=3, affine=False, eps="1e-3"),
)
