# ruff: noqa: E501, E741 -- names of arrays as in the formulas
"""The tasks in symderive: the loss as a user writes it, and the code that is generated from its derivatives."""

from __future__ import annotations

import numpy as np

import symderive as sd
from tests.benchmarks.generated_data import sizes_of

DISTRIBUTION, PEER = "symderive", False


def logistic():
    n, d = sd.dims("n d")
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n, domain="sign")
    return np.sum(np.logaddexp(0, -y * (X @ w))), [w]


def poisson():
    n, d = sd.dims("n d")
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    return np.sum(np.exp(X @ w) - y * (X @ w)), [w]


def layers():
    n, d, h, k = sd.dims("n d h k")
    X, W1, b1 = sd.array("X", n, d), sd.array("W1", d, h), sd.array("b1", h)
    W2, b2, Y = sd.array("W2", h, k), sd.array("b2", k), sd.array("Y", n, k)
    return np.sum((np.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2) / 2, [W1, b1, W2, b2]


def factorisation():
    m, n, r = sd.dims("m n r")
    M, U, V = sd.array("M", m, n), sd.array("U", m, r), sd.array("V", n, r)
    return np.sum((M - U @ V.T) ** 2) / 2, [U, V]


def softmax():
    n, d, k = sd.dims("n d k")
    X, W, T = sd.array("X", n, d), sd.array("W", d, k), sd.array("T", n, k)
    return np.sum(sd.logsumexp(X @ W, axis=1)) - np.sum(T * (X @ W)), [W]


def attention():
    n, m, d, p = sd.dims("n m d p")
    Q, K, V, G = sd.array("Q", n, d), sd.array("K", m, d), sd.array("V", m, p), sd.array("G", n, p)
    return np.sum(G * (sd.softmax(Q @ K.T / np.sqrt(d), axis=1) @ V)), [Q, K, V]


def convolution():
    b, c, k, H, W = sd.dims("b c k H W")
    I, F, R = sd.array("I", b, c, H, W), sd.array("F", k, c, 3, 3), sd.array("R", b, k, H - 2, W - 2)
    out = sum(
        np.einsum("bcij,kc->bkij", I[:, :, u : H - 2 + u, v : W - 2 + v], F[:, :, u, v])
        for u in range(3)
        for v in range(3)
    )
    return np.sum((out - R) ** 2) / 2, [I, F]


def strided():
    b, c, k, h, w = sd.dims("b c k h w")
    I, F, R = sd.array("I", b, c, 2 * h + 1, 2 * w + 1), sd.array("F", k, c, 3, 3), sd.array("R", b, k, h, w)
    out = sum(
        np.einsum("bcij,kc->bkij", I[:, :, u : 2 * h - 1 + u : 2, v : 2 * w - 1 + v : 2], F[:, :, u, v])
        for u in range(3)
        for v in range(3)
    )
    return np.sum((out - R) ** 2) / 2, [I, F]


MODELS = {
    "logistic": logistic, "Poisson": poisson, "two layers": layers, "factorisation": factorisation,
    "softmax": softmax, "attention": attention, "convolution": convolution,
    "strided convolution": strided,
}  # fmt: skip
OPTIONS = {
    "logistic, value + gradient + Hessian": {"with_value": True, "with_gradient": True},
    "Poisson, score + Hessian": {"with_gradient": True, "rows_per_block": "auto"},
}


def function(task):
    """The generated function of a task, written for its sizes; a Hessian is that in the first variable."""
    loss, variables = MODELS[task.split(",")[0]]()
    if "Hessian" in task:
        return sd.hessian(loss, variables[0]).to_numpy(sizes=sizes_of(task), **OPTIONS.get(task, {}))
    return sd.gradient(loss, variables).to_numpy(sizes=sizes_of(task))


def prepared(task, arrays):
    """The call to be measured, and what turns its result into arrays of NumPy."""
    made = function(task)
    return (lambda: made.unchecked(arrays)), lambda result: result


def threads() -> str:
    """What decides on threads."""
    return "the BLAS of NumPy"
