"""The same bytes under two hash seeds."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np
from scipy import special
import symderive as sd
n, d, k = sd.dims("n d k")
X, w, y, W, B, S = (sd.array("X", n, d), sd.array("w", d), sd.array("y", n, domain="sign"), sd.array("W", d, k),
                    sd.array("B", n, k), sd.array("S", d, d, domain="symmetric"))
made = [
    sd.gradient(np.mean(np.logaddexp(0, -y * (X @ w))), w),
    sd.hessian(np.mean(np.logaddexp(0, -y * (X @ w))), w),
    sd.gradient(-np.sum(B * (X @ W - np.log(np.sum(np.exp(X @ W), axis=1, keepdims=True)))), [W, X]),
    sd.hessian((w @ S @ w) / (w @ w), w),
    sd.hessian(np.sum((X @ W - B) ** 2), W),
    sd.gradient(np.sum(special.expit((X - X.mean(axis=0)) @ W) ** 2), [X, W]),
]
for one in made:
    print(one); print(one.latex()); print(one.to_numpy().source)
"""


@pytest.mark.parametrize("other", ["1", "4711"])
def test_same_bytes(other):
    def run(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, check=True, capture_output=True, text=True
        ).stdout

    first = run("0")
    assert len(first) > 1000
    assert run(other) == first
