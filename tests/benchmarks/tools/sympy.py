"""SymPy: matrix expressions where its matrix calculus takes them, otherwise `Sum` over `Indexed`; LaTeX."""

from __future__ import annotations

from itertools import count

from sympy import IndexedBase, MatrixSymbol, Sum, Symbol, Trace, exp, latex, log, sqrt, symbols

DISTRIBUTION, PRINTS = "sympy", "LaTeX"
_LETTERS = count(1)


def _sizes(names):
    return symbols(names, integer=True, positive=True)


def _over(body, size):
    """`Σ_j body(j)` with a letter of its own."""
    j = Symbol(f"j{next(_LETTERS)}", integer=True)
    return Sum(body(j), (j, 0, size - 1))


def _sigmoid(z):
    return 1 / (1 + exp(-z))


def _logistic():
    n, d = _sizes("n d")
    X, w, y = IndexedBase("X"), IndexedBase("w"), IndexedBase("y")

    def margin(i):
        return -y[i] * _over(lambda j: X[i, j] * w[j], d)

    return _over(lambda i: log(1 + exp(margin(i))), n) / n, w


def logistic_gradient():
    loss, w = _logistic()
    return latex(loss.diff(w[Symbol("k", integer=True)]))


def logistic_hessian():
    loss, w = _logistic()
    return latex(loss.diff(w[Symbol("k", integer=True)]).diff(w[Symbol("l", integer=True)]))


def two_layers():
    n, d, h, k = _sizes("n d h k")
    X, Y, W1, W2 = (IndexedBase(name) for name in ("X", "Y", "W1", "W2"))

    def hidden(i, q):
        return _sigmoid(_over(lambda p: X[i, p] * W1[p, q], d))

    def output(i, r):
        return _sigmoid(_over(lambda q: hidden(i, q) * W2[q, r], h))

    loss = _over(lambda i: _over(lambda r: (output(i, r) - Y[i, r]) ** 2, k), n)
    return latex(loss.diff(W1[Symbol("s", integer=True), Symbol("t", integer=True)]))


def network(depth):
    d = _sizes("d")
    x, y = IndexedBase("x"), IndexedBase("y")
    weights = [IndexedBase(f"W{layer}") for layer in range(1, depth + 1)]

    def activation(layer, i):
        if layer == 0:
            return x[i]
        return _sigmoid(_over(lambda j: weights[layer - 1][i, j] * activation(layer - 1, j), d))

    loss = _over(lambda i: (activation(depth, i) - y[i]) ** 2, d)
    return latex(loss.diff(weights[0][Symbol("s", integer=True), Symbol("t", integer=True)]))


def attention():
    n, m, k, d = _sizes("n m k d")
    Q, K, V, Y = (IndexedBase(name) for name in "QKVY")

    def score(i, j):
        return exp(_over(lambda q: Q[i, q] * K[j, q], k) / sqrt(k))

    def weight(i, j):
        return score(i, j) / _over(lambda t: score(i, t), m)

    def output(i, r):
        return _over(lambda j: weight(i, j) * V[j, r], m)

    loss = _over(lambda i: _over(lambda r: (output(i, r) - Y[i, r]) ** 2, d), n)
    return latex(loss.diff(Q[Symbol("s", integer=True), Symbol("t", integer=True)]))


def layer_norm():
    d = _sizes("d")
    x, g, b, y = (IndexedBase(name) for name in "xgby")
    mean = _over(lambda j: x[j], d) / d
    spread = sqrt(_over(lambda j: (x[j] - mean) ** 2, d) / d + Symbol("epsilon", positive=True))
    loss = _over(lambda i: (g[i] * (x[i] - mean) / spread + b[i] - y[i]) ** 2, d)
    return latex(loss.diff(x[Symbol("s", integer=True)]))


def factorisation_hessian():
    n, d, k = _sizes("n d k")
    U, V, R = MatrixSymbol("U", n, k), MatrixSymbol("V", d, k), MatrixSymbol("R", n, d)
    error = U * V.T - R
    return latex(Trace(error.T * error).diff(U).diff(U))


TASKS = {
    "logistic, gradient": logistic_gradient,
    "logistic, Hessian": logistic_hessian,
    "two layers": two_layers,
    **{f"{depth} layers": (lambda depth=depth: network(depth)) for depth in (4, 16, 64, 256)},
    "attention": attention,
    "layer norm": layer_norm,
    "factorisation, Hessian": factorisation_hessian,
}
