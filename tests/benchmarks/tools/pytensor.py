"""PyTensor: graphs of tensors; it has no formula to print, so the graph is printed as text."""

from __future__ import annotations

import pytensor.tensor as pt
from pytensor.gradient import grad, hessian
from pytensor.printing import debugprint

DISTRIBUTION, PRINTS = "pytensor", "graph, text"


def _printed(graph):
    return debugprint(graph, file="str")


def _logistic():
    X, w, y = pt.matrix("X"), pt.vector("w"), pt.vector("y")
    return pt.mean(pt.softplus(-y * (X @ w))), w


def logistic_gradient():
    return _printed(grad(*_logistic()))


def logistic_hessian():
    return _printed(hessian(*_logistic()))


def two_layers():
    X, Y, W1, W2 = pt.matrix("X"), pt.matrix("Y"), pt.matrix("W1"), pt.matrix("W2")
    return _printed(grad(pt.sum((pt.sigmoid(pt.sigmoid(X @ W1) @ W2) - Y) ** 2), W1))


def network(depth):
    a, y = pt.vector("x"), pt.vector("y")
    weights = [pt.matrix(f"W{layer}") for layer in range(1, depth + 1)]
    for W in weights:
        a = pt.sigmoid(W @ a)
    return _printed(grad(pt.sum((a - y) ** 2), weights[0]))


def attention():
    Q, K, V, Y = pt.matrix("Q"), pt.matrix("K"), pt.matrix("V"), pt.matrix("Y")
    P = pt.special.softmax(Q @ K.T / pt.sqrt(Q.shape[1]), axis=1)
    return _printed(grad(pt.sum((P @ V - Y) ** 2), Q))


def layer_norm():
    x, g, b, y, eps = pt.vector("x"), pt.vector("g"), pt.vector("b"), pt.vector("y"), pt.scalar("eps")
    z = g * (x - pt.mean(x)) / pt.sqrt(pt.var(x) + eps) + b
    return _printed(grad(pt.sum((z - y) ** 2), x))


def factorisation_hessian():
    u, V, R = pt.vector("u"), pt.matrix("V"), pt.matrix("R")  # it takes Hessians in vectors only
    U = u.reshape((R.shape[0], V.shape[1]))
    return _printed(hessian(pt.sum((U @ V.T - R) ** 2), u))


TASKS = {
    "logistic, gradient": logistic_gradient,
    "logistic, Hessian": logistic_hessian,
    "two layers": two_layers,
    **{f"{depth} layers": (lambda depth=depth: network(depth)) for depth in (4, 16, 64, 256)},
    "attention": attention,
    "layer norm": layer_norm,
    "factorisation, Hessian": factorisation_hessian,
}
