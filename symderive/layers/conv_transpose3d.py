"""The three-dimensional transposed convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.layers.dimensions import InOut, Taps, Volume
from symderive.layers.transposed import TransposedConvolution


@dataclass(frozen=True)
class ConvTranspose3d(TransposedConvolution, Volume, Taps, InOut):
    """A transposed convolution along three axes: channels, kernel, sizes, then as `TransposedConvolution`.

    `y[o, i, j, l] = Σ_{c,u,v,w,p,q,r} weight[c, o, u, v, w] · x[c, p, q, r] · δ(i, …) δ(j, …) δ(l, …)`
    with `δ(i, s·p + d·u − padding)` and so on, and with a bias `+ bias[o]`.

    >>> ConvTranspose3d(8, 4, 2, 3, 5, 7, stride=2).output_shape
    (4, 6, 10, 14)
    """


EXAMPLES = (
    ConvTranspose3d(1, 2, 2, 2, 1, 3, stride=2, padding=(0, 0, 1)),
    ConvTranspose3d(2, 2, (1, 2, 3), 3, 2, 1, padding=(1, 0, 1), groups=2, bias=True),
)
