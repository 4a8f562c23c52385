"""How long the gradients of a deep sigmoid network take: `python tests/benchmarks/deep_network.py`.

One row per depth: milliseconds in all, per layer, and the ratio to the row before; linear cost shows as a
constant time per layer.
"""

from __future__ import annotations

import gc
import time
from itertools import count

import numpy as np
from scipy.special import expit

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


def seconds_in_numpy(depth: int) -> float:
    """The processor time to derive and print the gradient in the first weights of a network in NumPy."""
    number = next(_FRESH)
    size = sd.dims(f"s{number}")
    gc.collect()
    start = time.process_time()
    a, y = sd.array("x", size), sd.array("y", size)
    weights = [sd.array(f"W{layer}", size, size) for layer in range(1, depth + 1)]
    for W in weights:
        a = expit(W @ a)
    if len(sd.gradient(np.sum((a - y) ** 2), weights[0]).latex()) < 50 * depth:
        raise RuntimeError(f"a formula that is too short for {depth} layers")
    return time.process_time() - start


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
