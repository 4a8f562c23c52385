"""The three-dimensional transposed convolution, grouped or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symderive.layers.transposed import TransposedConvolution


@dataclass(frozen=True)
class ConvTranspose3d(TransposedConvolution):
    """A transposed convolution along three axes: the adjoint of a convolution in its input.

    `y[o, i, j, l] = Σ_{c,u,v,w,p,q,r} weight[c, o, u, v, w] · x[c, p, q, r] · δ(i, …) δ(j, …) δ(l, …)`
    with `δ(i, s·p + d·u − padding)` and so on, and with a bias `+ bias[o]`.

    Each product is added at the one output where it lands; what lands outside is cropped, and is not in
    `valid_macs`. With G groups an axis g is written out in front: `weight[g, c, o, u, v, w]` with c < C_in/G.

    Args:
        c_in: input channels.
        c_out: output channels.
        kernel: taps, one number for all axes or (depth, height, width); likewise stride,
            padding, output_padding and dilation.
        depth: input depth, or frames.
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

    >>> ConvTranspose3d(8, 4, 2, 3, 5, 7, stride=2).output_shape
    (4, 6, 10, 14)
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
    output_padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    bias: bool = False
    batch: Any = None


EXAMPLES = (
    ConvTranspose3d(1, 2, 2, 2, 1, 3, stride=2, padding=(0, 0, 1)),
    ConvTranspose3d(2, 2, (1, 2, 3), 3, 2, 1, padding=(1, 0, 1), groups=2, bias=True),
)
