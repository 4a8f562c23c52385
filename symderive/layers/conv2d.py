"""The two-dimensional convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.layers.convolution import Convolution


@dataclass(frozen=True)
class Conv2d(Convolution):
    """A convolution along two axes (a cross-correlation, as all libraries compute it).

    `y[o, i, j] = Σ_{c,u,v} weight[o, c, u, v] · x[c, s·i + d·u − p, s·j + d·v − p] + bias[o]`

    With G groups an axis g is written out, then the channels of one group; in memory it is the same array:
    `y[g, o, i, j] = Σ_{c,u,v} weight[g, o, c, u, v] · x[g, c, …] + bias[g, o]` with c < C_in/G, o < C_out/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for both axes or (height, width); likewise stride, padding and dilation.
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

    >>> layer = Conv2d(3, 256, 5, 12, 12)
    >>> layer.output_shape
    (256, 8, 8)
    >>> print(layer.program())
    y[o, i, j] = Sum[c, u, v](x[c, i + u, j + v]*weight[o, c, u, v])
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
    dilation: Any = 1
    groups: Any = 1
    bias: bool = False
    batch: Any = None
    padding_mode: str = "zeros"


EXAMPLES = (
    Conv2d(2, 3, 2, 5, 4),
    Conv2d(3, 2, (3, 2), 7, 5, stride=2, padding=1, bias=True, batch=2),
    Conv2d(2, 5, (2, 3), 7, 6, stride=(1, 2), padding=(2, 1), dilation=(3, 2)),
    Conv2d(4, 6, 3, 5, 7, padding="same", groups=2, bias=True),
    Conv2d(2, 3, (2, 4), 5, 4, padding="same"),
    Conv2d(2, 3, 3, 4, 5, padding=((0, 1), 2), stride=2),
    Conv2d(1, 2, 2, 3, 4, padding=((1, 0), 1), padding_mode="replicate", bias=True),
)
