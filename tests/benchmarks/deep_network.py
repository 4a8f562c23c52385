"""How long the gradients of a deep sigmoid network take: `python tests/benchmarks/deep_network.py`.

One row per depth: milliseconds in all, per layer, and the ratio to the row before; linear cost shows as a
constant time per layer.
"""

from __future__ import annotations

import gc
import time
from itertools import count

import symderive as sd
from symderive.derive.network import Layer, Network

DEPTHS = (4, 16, 64, 256)
_FRESH = count()


def network(depth: int) -> Network:
    """A sigmoid network with symbolic widths; each has its own, so that no cache knows it."""
    number = next(_FRESH)
    width, inputs = sd.dims(f"h{number} d{number}")
    return Network(inputs, [Layer(width, "sigmoid") for _ in range(depth)], "squared_error")


def seconds(depth: int, repeats: int = 1) -> float:
    """The least processor time to derive all gradients, over several repeats; other load does not count."""
    times = []
    for _ in range(repeats):
        gc.collect()
        gc.disable()  # as timeit does: a collection looks at everything that other tests left
        start = time.process_time()
        derivation = network(depth).derivation
        times.append(time.process_time() - start)
        gc.enable()
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
