"""The one-dimensional transposed convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.layers.dimensions import InOut, Line, Taps
from symderive.layers.transposed import TransposedConvolution


@dataclass(frozen=True)
class ConvTranspose1d(TransposedConvolution, Line, Taps, InOut):
    """A transposed convolution along one axis: channels, kernel, length, then as `TransposedConvolution`.

    `y[o, i] = Σ_{c,u,p} weight[c, o, u] · x[c, p] · δ(i, s·p + d·u − padding) + bias[o]`

    >>> layer = ConvTranspose1d(16, 8, 4, 50, stride=2, padding=1)
    >>> layer.output_shape, layer.parameters[0].shape
    ((8, 100), (16, 8, 4))
    """


EXAMPLES = (
    ConvTranspose1d(2, 3, 3, 4),
    ConvTranspose1d(4, 6, 2, 3, stride=3, padding=1, output_padding=2, dilation=2, groups=2, bias=True),
    ConvTranspose1d(3, 2, 4, 5, stride=2, padding=((2, 1),), batch=2),
    ConvTranspose1d(2, 1, 2, 3, stride=4, output_padding=1),
)
