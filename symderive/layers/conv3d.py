"""The three-dimensional convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.layers.convolution import Convolution
from symderive.layers.dimensions import InOut, Taps, Volume


@dataclass(frozen=True)
class Conv3d(Convolution, Volume, Taps, InOut):
    """A convolution along three axes: c_in, c_out, kernel, depth, height, width, then as `Convolution`.

    `y[o, i, j, l] = Σ_{c,u,v,w} weight[o, c, u, v, w] · x[c, s·i + d·u − p, s·j + d·v − p, …] + bias[o]`

    >>> layer = Conv3d(3, 64, (3, 7, 7), 16, 112, 112, stride=(1, 2, 2), padding=(1, 3, 3))
    >>> layer.output_shape
    (64, 16, 56, 56)
    """


EXAMPLES = (
    Conv3d(2, 3, 2, 3, 4, 5),
    Conv3d(2, 4, (1, 2, 3), 2, 3, 5, stride=(1, 2, 1), padding=(0, 1, 1), groups=2, bias=True, batch=2),
    Conv3d(1, 2, (2, 1, 2), 4, 2, 3, padding=((1, 0), 0, (0, 2)), dilation=(2, 1, 1)),
)
