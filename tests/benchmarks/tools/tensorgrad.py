"""tensorgrad: tensors with named edges of symbolic size; its LaTeX without indices."""

from __future__ import annotations

import tensorgrad.functions as F
from tensorgrad import Derivative, Variable, symbols
from tensorgrad.extras.to_latex import to_latex_index_free

DISTRIBUTION, PRINTS = "tensorgrad", "LaTeX"


def _printed(expr):
    return to_latex_index_free(expr.full_simplify())


def _logistic():
    n, d = symbols("n d")
    X, w, y = Variable("X", n, d), Variable("w", d), Variable("y", n)
    return F.mean(F.log(1 + F.exp(-(y * (X @ w)))), "n"), w


def logistic_gradient():
    return _printed(Derivative(*_logistic()))


def logistic_hessian():
    loss, w = _logistic()
    return _printed(Derivative(Derivative(loss, w), w))


def two_layers():
    n, d, h, k = symbols("n d h k")
    X, Y, W1, W2 = Variable("X", n, d), Variable("Y", n, k), Variable("W1", d, h), Variable("W2", h, k)
    return _printed(Derivative(F.frobenius2(F.sigmoid(F.sigmoid(X @ W1) @ W2) - Y), W1))


def network(depth):
    d = symbols("d")
    a, y = Variable("x", d), Variable("y", d)
    weights = [Variable(f"W{layer}", d, o=d) for layer in range(1, depth + 1)]
    for W in weights:
        a = F.sigmoid((W @ a).rename(o="d"))
    return _printed(Derivative(F.frobenius2(a - y), weights[0]))


def attention():
    n, m, k, d = symbols("n m k d")
    Q, K, V, Y = Variable("Q", n, k), Variable("K", m, k), Variable("V", m, d), Variable("Y", n, d)
    P = F.softmax(Q @ K / F.sqrt(F.sum(F.Ones(k=k))), dim="m")
    return _printed(Derivative(F.frobenius2(P @ V - Y), Q))


def layer_norm():
    d = symbols("d")
    x, g, b, y, eps = Variable("x", d), Variable("g", d), Variable("b", d), Variable("y", d), Variable("eps")
    centred = x - F.mean(x, keepdims=True)
    z = g * centred / F.sqrt(F.mean(centred * centred) + eps) + b
    return _printed(Derivative(F.frobenius2(z - y), x))


def factorisation_hessian():
    n, d, k = symbols("n d k")
    U, V, R = Variable("U", n, k), Variable("V", d, k), Variable("R", n, d)
    return _printed(Derivative(Derivative(F.frobenius2(U @ V - R), U), U))


TASKS = {
    "logistic, gradient": logistic_gradient,
    "logistic, Hessian": logistic_hessian,
    "two layers": two_layers,
    **{f"{depth} layers": (lambda depth=depth: network(depth)) for depth in (4, 16, 64, 256)},
    "attention": attention,
    "layer norm": layer_norm,
    "factorisation, Hessian": factorisation_hessian,
}
