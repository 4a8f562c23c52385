"""symderive: NumPy functions on arrays of symbolic size; LaTeX of the closed form."""

from __future__ import annotations

import importlib

import numpy as np
from scipy.special import expit

from symderive import array, dims, gradient, hessian, softmax

DISTRIBUTION, PRINTS = "symderive", "closed form, LaTeX"
importlib.import_module("symderive.language.dispatch")  # loaded late, with the first array


def _logistic():
    n, d = dims("n d")
    X, w, y = array("X", n, d), array("w", d), array("y", n, domain="sign")
    return np.mean(np.logaddexp(0, -y * (X @ w))), w


def logistic_gradient():
    return gradient(*_logistic())


def logistic_hessian():
    return hessian(*_logistic())


def two_layers():
    n, d, h, k = dims("n d h k")
    X, Y, W1, W2 = array("X", n, d), array("Y", n, k), array("W1", d, h), array("W2", h, k)
    return gradient(np.sum((expit(expit(X @ W1) @ W2) - Y) ** 2), W1)


def network(depth):
    d = dims("d")
    a, y = array("x", d), array("y", d)
    weights = [array(f"W{layer}", d, d) for layer in range(1, depth + 1)]
    for W in weights:
        a = expit(W @ a)
    return gradient(np.sum((a - y) ** 2), weights[0])


def attention():
    n, m, k, d = dims("n m k d")
    Q, K, V, Y = array("Q", n, k), array("K", m, k), array("V", m, d), array("Y", n, d)
    P = softmax(Q @ K.T / np.sqrt(k), axis=1)
    return gradient(np.sum((P @ V - Y) ** 2), Q)


def layer_norm():
    d = dims("d")
    x, g, b, y = array("x", d), array("g", d), array("b", d), array("y", d)
    eps = array("epsilon", domain="positive")
    z = g * (x - np.mean(x)) / np.sqrt(np.var(x) + eps) + b
    return gradient(np.sum((z - y) ** 2), x)


def factorisation_hessian():
    n, d, k = dims("n d k")
    U, V, R = array("U", n, k), array("V", d, k), array("R", n, d)
    return hessian(np.sum((U @ V.T - R) ** 2), U)


DERIVATIONS = {
    "logistic, gradient": logistic_gradient,
    "logistic, Hessian": logistic_hessian,
    "two layers": two_layers,
    **{f"{depth} layers": (lambda depth=depth: network(depth)) for depth in (4, 16, 64, 256)},
    "attention": attention,
    "layer norm": layer_norm,
    "factorisation, Hessian": factorisation_hessian,
}
TASKS = {name: (lambda make=make: make().latex()) for name, make in DERIVATIONS.items()}
