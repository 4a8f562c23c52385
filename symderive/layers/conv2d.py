"""The two-dimensional convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.layers.convolution import Convolution
from symderive.layers.dimensions import InOut, Plane, Taps


@dataclass(frozen=True)
class Conv2d(Convolution, Plane, Taps, InOut):
    """A convolution along two axes: c_in, c_out, kernel, height and width, then as `Convolution`.

    `y[o, i, j] = Σ_{c,u,v} weight[o, c, u, v] · x[c, s·i + d·u − p, s·j + d·v − p] + bias[o]`

    >>> layer = Conv2d(3, 256, 5, 12, 12)
    >>> layer.output_shape
    (256, 8, 8)
    >>> print(layer.program())
    y[o, i, j] = Sum[c, u, v](x[c, i + u, j + v]*weight[o, c, u, v])
    """


EXAMPLES = (
    Conv2d(2, 3, 2, 5, 4),
    Conv2d(3, 2, (3, 2), 7, 5, stride=2, padding=1, bias=True, batch=2),
    Conv2d(2, 5, (2, 3), 7, 6, stride=(1, 2), padding=(2, 1), dilation=(3, 2)),
    Conv2d(4, 6, 3, 5, 7, padding="same", groups=2, bias=True),
    Conv2d(2, 3, (2, 4), 5, 4, padding="same"),
    Conv2d(2, 3, 3, 4, 5, padding=((0, 1), 2), stride=2),
    Conv2d(1, 2, 2, 3, 4, padding=((1, 0), 1), padding_mode="replicate", bias=True),
    Conv2d(2, 3, 2, 4, 3, batch=(2, 1)),
)
