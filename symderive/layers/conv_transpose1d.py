"""The one-dimensional transposed convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.layers.transposed import TransposedConvolution


@dataclass(frozen=True)
class ConvTranspose1d(TransposedConvolution):
    """A transposed convolution along one axis: the adjoint of a convolution in its input.

    `y[o, i] = Σ_{c,u,p} weight[c, o, u] · x[c, p] · δ(i, s·p + d·u − padding) + bias[o]`

    Each product is added at the one output where it lands; what lands outside is cropped, and is not in
    `valid_macs`. With G groups an axis g is written out in front: `weight[g, c, o, u]` with c < C_in/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number; likewise stride,
            padding, output_padding and dilation.
        length: input length.
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

    >>> layer = ConvTranspose1d(16, 8, 4, 50, stride=2, padding=1)
    >>> layer.output_shape, layer.parameters[0].shape
    ((8, 100), (16, 8, 4))
    """

    AXES: ClassVar[tuple[str, ...]] = ("length",)

    c_in: Any = "C_in"
    c_out: Any = "C_out"
    kernel: Any = "k"
    length: Any = "L"
    stride: Any = 1
    padding: Any = 0
    output_padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    bias: bool = False
    batch: Any = None


EXAMPLES = (
    ConvTranspose1d(2, 3, 3, 4),
    ConvTranspose1d(4, 6, 2, 3, stride=3, padding=1, output_padding=2, dilation=2, groups=2, bias=True),
    ConvTranspose1d(3, 2, 4, 5, stride=2, padding=((2, 1),), batch=2),
    ConvTranspose1d(2, 1, 2, 3, stride=4, output_padding=1),
)
