"""The three-dimensional convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.layers.convolution import Convolution


@dataclass(frozen=True)
class Conv3d(Convolution):
    """A convolution along three axes (a cross-correlation, as all libraries compute it).

    `y[o, i, j, l] = Σ_{c,u,v,w} weight[o, c, u, v, w] · x[c, s·i + d·u − p, s·j + d·v − p, …] + bias[o]`

    With G groups an axis g is written out, then the channels of one group; in memory it is the same array:
    `y[g, o, i, j, l] = Σ_{c,u,v,w} weight[g, o, c, u, v, w] · x[g, c, …] + bias[g, o]`,
    with c < C_in/G and o < C_out/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for all axes or (depth, height, width); likewise stride,
            padding and dilation.
        depth: input depth, or frames.
        height: input height.
        width: input width.
        stride: step between outputs.
        padding: what is added on each side, also a pair (before, after) for each axis; "same" (stride 1: the
            output is as large as the input, an odd one is added behind) or "valid" (nothing).
        dilation: step between taps.
        groups: groups of channels that do not see each other.
        bias: whether one number per output channel is added.
        batch: the number of inputs; None for no batch axis.
        padding_mode: what is added: "zeros", "reflect", "replicate" or "circular".

    Raises:
        ShapeError: not a size, a window that does not fit, padding that the input cannot give, or groups that
            do not divide the channels.
        SymderiveError: padding "same" with a stride, or an unknown padding mode.

    >>> layer = Conv3d(3, 64, (3, 7, 7), 16, 112, 112, stride=(1, 2, 2), padding=(1, 3, 3))
    >>> layer.output_shape
    (64, 16, 56, 56)
    """

    AXES: ClassVar[tuple[str, ...]] = (
        "depth",
        "height",
        "width",
    )

    c_in: Any = "C_in"
    c_out: Any = "C_out"
    kernel: Any = "k"
    depth: Any = "D"
    height: Any = "H"
    width: Any = "W"
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    bias: bool = False
    batch: Any = None
    padding_mode: str = "zeros"


EXAMPLES = (
    Conv3d(2, 3, 2, 3, 4, 5),
    Conv3d(2, 4, (1, 2, 3), 2, 3, 5, stride=(1, 2, 1), padding=(0, 1, 1), groups=2, bias=True, batch=2),
    Conv3d(1, 2, (2, 1, 2), 4, 2, 3, padding=((1, 0), 0, (0, 2)), dilation=(2, 1, 1)),
)
