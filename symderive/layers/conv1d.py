"""The one-dimensional convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.layers.convolution import Convolution


@dataclass(frozen=True)
class Conv1d(Convolution):
    """A convolution along one axis (a cross-correlation, as all libraries compute it).

    `y[o, i] = Σ_{c,u} weight[o, c, u] · x[c, s·i + d·u − p] + bias[o]`

    With G groups an axis g is written out, then the channels of one group; in memory it is the same array:
    `y[g, o, i] = Σ_{c,u} weight[g, o, c, u] · x[g, c, …] + bias[g, o]` with c < C_in/G, o < C_out/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number; likewise stride, padding and dilation.
        length: input length.
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

    >>> layer = Conv1d(16, 32, 3, 100, stride=2, padding=1)
    >>> layer.output_shape
    (32, 50)
    >>> print(layer.program())
    y[o, i] = Sum[c, u](x[c, 2*i + u - 1]*weight[o, c, u])
    """

    AXES: ClassVar[tuple[str, ...]] = ("length",)

    c_in: Any = "C_in"
    c_out: Any = "C_out"
    kernel: Any = "k"
    length: Any = "L"
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    bias: bool = False
    batch: Any = None
    padding_mode: str = "zeros"


EXAMPLES = (
    Conv1d(2, 3, 3, 7),
    Conv1d(4, 6, 2, 8, stride=2, padding=1, dilation=3, groups=2, bias=True, batch=3),
    Conv1d(2, 3, 2, 7, padding=((2, 0),), dilation=2),
    Conv1d(2, 3, 4, 6, padding="same", bias=True),
    Conv1d(2, 3, 3, 5, padding=((2, 1),), padding_mode="reflect"),
    Conv1d(2, 3, 3, 5, padding=((0, 2),), padding_mode="replicate", batch=2),
    Conv1d(4, 2, 3, 5, padding=2, padding_mode="circular", groups=2),
)
