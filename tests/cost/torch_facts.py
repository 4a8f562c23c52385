"""Measured facts: layers of PyTorch 2.13.0 (CPU) with their costs.

Output shapes and parameters were read off the modules. `macs` are the scalar products of the contraction,
products against zero padding included, as counted by a naive NumPy loop whose output equals PyTorch's to
1e-14 and, where they support the layer, by torch's FlopCounterMode, fvcore and ptflops. `valid` leaves the
products against zero padding out. `bias` are the additions of the bias. One-dimensional convolutions stand
as two-dimensional ones of height 1.
"""

from dataclasses import dataclass

from symderive.layers import Conv2d, Dense, DepthwiseConv2d, Layer


@dataclass(frozen=True)
class Fact:
    name: str
    layer: Layer
    output: tuple[int, ...]
    params: int
    macs: int
    valid: int
    bias: int = 0


FACTS = (
    Fact("Conv2d(3, 256, 5)", Conv2d(3, 256, 5, 12, 12, batch=1), (1, 256, 8, 8), 19200, 1228800, 1228800),
    Fact(
        "Conv2d(3, 3, 5, groups=3)",
        Conv2d(3, 3, 5, 12, 12, groups=3, batch=1), (1, 3, 8, 8), 75, 4800, 4800,
    ),
    Fact("depthwise, 5", DepthwiseConv2d(3, 5, 12, 12, batch=1), (1, 3, 8, 8), 75, 4800, 4800),
    Fact(
        "Conv2d(16, 32, 3, padding=1, stride=2)",
        Conv2d(16, 32, 3, 14, 14, 2, 1, batch=1), (1, 32, 7, 7), 4608, 225792, 204800,
    ),
    Fact(
        "the same on 15×13",
        Conv2d(16, 32, 3, 15, 13, 2, 1, batch=1), (1, 32, 8, 7), 4608, 258048, 214016,
    ),
    Fact("Conv2d(4, 8, 4, stride=3)", Conv2d(4, 8, 4, 17, 19, 3, batch=1), (1, 8, 5, 6), 512, 15360, 15360),
    Fact(
        "Conv2d(6, 12, 3, stride=2, padding=2, dilation=3)",
        Conv2d(6, 12, 3, 23, 19, 2, 2, 3, batch=2), (2, 12, 11, 9), 648, 128304, 111600,
    ),
    Fact(
        "Conv2d(3, 64, 7, stride=2, padding=3)",
        Conv2d(3, 64, 7, 56, 56, 2, 3, batch=1), (1, 64, 28, 28), 9408, 7375872, 6931200,
    ),
    Fact(
        "Conv2d(64, 64, 3, padding=1, groups=32)",
        Conv2d(64, 64, 3, 14, 14, 1, 1, groups=32, batch=1), (1, 64, 14, 14), 1152, 225792, 204800,
    ),
    Fact(
        "Conv2d(32, 32, 3, padding=1, stride=2, groups=32)",
        Conv2d(32, 32, 3, 15, 15, 2, 1, groups=32, batch=1), (1, 32, 8, 8), 288, 18432, 15488,
    ),
    Fact("Conv2d(3, 8, 3), no batch", Conv2d(3, 8, 3, 10, 10), (8, 8, 8), 216, 13824, 13824),
    Fact(
        "Conv1d(16, 16, 2, dilation=8)",
        Conv2d(16, 16, (1, 2), 1, 64, dilation=(1, 8), batch=1), (1, 16, 1, 56), 512, 28672, 28672,
    ),
    Fact(
        "Conv1d(24, 24, 4, padding=3, groups=24)",
        Conv2d(24, 24, (1, 4), 1, 32, padding=(0, 3), groups=24, bias=True, batch=2),
        (2, 24, 1, 35), 120, 6720, 6144, 1680,
    ),
    Fact("Linear(784, 10)", Dense(784, 10, batch=1), (1, 10), 7850, 7840, 7840, 10),
    Fact(
        "Linear(64, 256) on (2, 7, 64)",
        Dense(64, 256, batch=(2, 7)), (2, 7, 256), 16640, 229376, 229376, 3584,
    ),
    Fact("Linear(32, 5), no batch", Dense(32, 5), (5,), 165, 160, 160, 5),
)  # fmt: skip
