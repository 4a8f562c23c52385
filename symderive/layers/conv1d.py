"""The one-dimensional convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.layers.convolution import Convolution
from symderive.layers.dimensions import InOut, Line, Taps


@dataclass(frozen=True)
class Conv1d(Convolution, Line, Taps, InOut):
    """A convolution along one axis: c_in, c_out, kernel and length, then as `Convolution`.

    `y[o, i] = Σ_{c,u} weight[o, c, u] · x[c, s·i + d·u − p] + bias[o]`

    >>> layer = Conv1d(16, 32, 3, 100, stride=2, padding=1)
    >>> layer.output_shape
    (32, 50)
    >>> print(layer.program())
    y[o, i] = Sum[c, u](x[c, 2*i + u - 1]*weight[o, c, u])
    """


EXAMPLES = (
    Conv1d(2, 3, 3, 7),
    Conv1d(4, 6, 2, 8, stride=2, padding=1, dilation=3, groups=2, bias=True, batch=3),
    Conv1d(2, 3, 2, 7, padding=((2, 0),), dilation=2),
    Conv1d(2, 3, 4, 6, padding="same", bias=True),
    Conv1d(2, 3, 3, 5, padding=((2, 1),), padding_mode="reflect"),
    Conv1d(2, 3, 3, 5, padding=((0, 2),), padding_mode="replicate", batch=2),
    Conv1d(4, 2, 3, 5, padding=2, padding_mode="circular", groups=2),
)
