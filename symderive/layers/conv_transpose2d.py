"""The two-dimensional transposed convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.layers.dimensions import InOut, Plane, Taps
from symderive.layers.transposed import TransposedConvolution


@dataclass(frozen=True)
class ConvTranspose2d(TransposedConvolution, Plane, Taps, InOut):
    """A transposed convolution along two axes: channels, kernel, sizes, then as `TransposedConvolution`.

    `y[o, i, j] = Σ_{c,u,v,p,q} weight[c, o, u, v] · x[c, p, q] · δ(i, s·p + d·u − padding) ⋯ + bias[o]`

    >>> layer = ConvTranspose2d(8, 12, 4, 6, 6, stride=2, padding=1, groups=4)
    >>> layer.output_shape, layer.parameters[0].shape
    ((12, 12, 12), (4, 2, 3, 4, 4))
    """


EXAMPLES = (
    ConvTranspose2d(2, 3, 2, 3, 4),
    ConvTranspose2d(4, 2, (3, 2), 2, 3, stride=2, padding=1, output_padding=(1, 0), groups=2, bias=True),
    ConvTranspose2d(1, 2, (2, 3), 3, 2, stride=(1, 3), padding=((0, 1), 2), dilation=(2, 1), batch=2),
)
