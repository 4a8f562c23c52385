"""How long the gradients of a deep sigmoid network take: `python tests/benchmarks/deep_network.py`.

One row per depth: milliseconds in all, per layer, and the ratio to the row before; linear cost shows as a
constant time per layer.
"""

from __future__ import annotations

import time

import symderive as sd
from symderive.derive.network import Layer, Network

DEPTHS = (4, 16, 64, 256)


def network(depth: int) -> Network:
    """A sigmoid network with symbolic widths."""
    width, inputs = sd.dims("h d")
    return Network(inputs, [Layer(width, "sigmoid") for _ in range(depth)], "squared_error")


def seconds(depth: int, repeats: int = 1) -> float:
    """The least time to derive all gradients, over several repeats."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        derivation = network(depth).derivation
        times.append(time.perf_counter() - start)
        if len(derivation.results) != 2 * depth:
            raise RuntimeError(f"{len(derivation.results)} gradients for {depth} layers")
    return min(times)


def table(depths: tuple[int, ...] = DEPTHS) -> str:
    """The measurements as text."""
    lines = [f"{'layers':>7}{'ms':>10}{'ms/layer':>10}{'ratio':>8}"]
    before = 0.0
    seconds(2)
    for depth in depths:
        taken = 1000 * seconds(depth)
        ratio = f"{taken / before:.1f}" if before else ""
        lines.append(f"{depth:>7}{taken:>10.1f}{taken / depth:>10.2f}{ratio:>8}")
        before = taken
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
