"""The two-dimensional transposed convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.layers.transposed import TransposedConvolution


@dataclass(frozen=True)
class ConvTranspose2d(TransposedConvolution):
    """A transposed convolution along two axes: the adjoint of a convolution in its input.

    `y[o, i, j] = Σ_{c,u,v,p,q} weight[c, o, u, v] · x[c, p, q] · δ(i, s·p + d·u − padding) ⋯ + bias[o]`

    Each product is added at the one output where it lands; what lands outside is cropped, and is not in
    `valid_macs`. With G groups an axis g is written out in front: `weight[g, c, o, u, v]` with c < C_in/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for both axes or (height, width); likewise stride,
            padding, output_padding and dilation.
        height: input height.
        width: input width.
        stride: step between the outputs of neighbouring inputs.
        padding: what is cropped on each side, also a pair (before, after) for each axis.
        output_padding: positions added behind; they get what was cropped there, or nothing.
        dilation: step between taps.
        groups: groups of channels that do not see each other.
        bias: whether one number per output channel is added.
        batch: the number of inputs; None for no batch axis.

    Raises:
        ShapeError: not a size, an output of which nothing is left, an output_padding that is not smaller than
            stride or dilation, or groups that do not divide the channels.
        SymderiveError: padding "same".

    >>> layer = ConvTranspose2d(8, 12, 4, 6, 6, stride=2, padding=1, groups=4)
    >>> layer.output_shape, layer.parameters[0].shape
    ((12, 12, 12), (4, 2, 3, 4, 4))
    """

    AXES: ClassVar[tuple[str, ...]] = (
        "height",
        "width",
    )

    c_in: Any = "C_in"
    c_out: Any = "C_out"
    kernel: Any = "k"
    height: Any = "H"
    width: Any = "W"
    stride: Any = 1
    padding: Any = 0
    output_padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    bias: bool = False
    batch: Any = None


EXAMPLES = (
    ConvTranspose2d(2, 3, 2, 3, 4),
    ConvTranspose2d(4, 2, (3, 2), 2, 3, stride=2, padding=1, output_padding=(1, 0), groups=2, bias=True),
    ConvTranspose2d(1, 2, (2, 3), 3, 2, stride=(1, 3), padding=((0, 1), 2), dilation=(2, 1), batch=2),
)
