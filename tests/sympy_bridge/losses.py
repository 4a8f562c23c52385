"""Derivations that between them use every node of matrix notation."""

import numpy as np
from scipy import special

import symderive as sd

n, d, m = sd.dims("n d m")
X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
A, B, S = sd.array("A", d, d), sd.array("B", d, m), sd.array("S", d, d, domain="symmetric")
Y, V = sd.array("Y", n, m), sd.array("V", m, d)
u, c, p = sd.array("u", d), sd.array("c"), sd.array("p", n, domain="positive")
Q = sd.array("Q", 4, 3)


def softmax_loss(z, t):
    return np.sum(t * (np.log(np.sum(np.exp(z))) - z))


DERIVATIONS = {
    "linear": lambda: sd.gradient(u @ w, w),
    "least squares": lambda: sd.gradient(np.sum((X @ w - y) ** 2), w),
    "least squares, by X": lambda: sd.gradient(np.sum((X @ w - y) ** 2), X),
    "least squares, twice": lambda: sd.hessian(np.sum((X @ w - y) ** 2), w),
    "ridge, twice": lambda: sd.hessian(np.sum((X @ w - y) ** 2) + c * (w @ w), w),
    "ridge, by the weight": lambda: sd.gradient(np.sum((X @ w - y) ** 2) + c * (w @ w), c),
    "sum of squares": lambda: sd.gradient(c * np.sum(X**2), c),
    "logistic": lambda: sd.gradient(np.sum(np.logaddexp(0, -y * (X @ w))), w),
    "logistic, twice": lambda: sd.hessian(np.sum(np.logaddexp(0, -y * (X @ w))), w),
    "Poisson": lambda: sd.gradient(np.sum(np.exp(X @ w) - y * (X @ w)), w),
    "Poisson, identity link": lambda: sd.gradient(np.sum(p * u.sum() - y * np.log(p)), p),
    "log of a sum": lambda: sd.gradient(np.log(np.sum(np.exp(X @ w))), w),
    "softmax": lambda: sd.gradient(softmax_loss(u, w), u),
    "softmax, twice": lambda: sd.hessian(softmax_loss(u, w), u),
    "softmax of rows": lambda: sd.gradient(np.sum((sd.softmax(X @ B, axis=1) @ V) ** 2), V),
    "softmax of columns": lambda: sd.gradient(np.sum((sd.softmax(X @ B, axis=0) @ V) ** 2), V),
    "softmax of everything": lambda: sd.gradient(sd.logsumexp(X @ B), B),
    "log-sum-exp": lambda: sd.gradient(sd.logsumexp(X @ w) ** 2, w),
    "log-sum-exp of rows": lambda: sd.gradient(np.sum(y * sd.logsumexp(X @ B, axis=1)), y),
    "log-sum-exp of columns": lambda: sd.gradient(np.sum(w * sd.logsumexp(X, axis=0)), w),
    "quotient of forms": lambda: sd.gradient((w @ A @ w) / (w @ w), w),
    "norm, twice": lambda: sd.hessian(np.linalg.norm(w - u), w),
    "bilinear": lambda: sd.gradient(u @ A @ w, A),
    "symmetric form": lambda: sd.gradient(w @ S @ w, w),
    "trace of a square": lambda: sd.gradient(np.trace(A @ A), A),
    "trace cubed": lambda: sd.gradient(np.trace(A) ** 3, A),
    "trace by a scalar": lambda: sd.gradient(c * np.trace(A @ A), c),
    "trace of a diagonal": lambda: sd.gradient(np.sum(u * np.diag(A @ A)), u),
    "diagonal matrix": lambda: sd.gradient(w @ np.diag(u) @ A @ w, w),
    "factorisation": lambda: sd.gradient(np.sum((Y - X @ B) ** 2), B),
    "column sums": lambda: sd.gradient(np.sum(np.exp(X + w)), w),
    "matrix plus scalar": lambda: sd.gradient(np.sum(np.tanh(X + c) ** 2), X),
    "elementwise powers": lambda: sd.gradient(np.sum(p**-1.5 + np.sqrt(p)), p),
    "number to a power": lambda: sd.gradient(np.sum(2.0**w), w),
    "one row": lambda: sd.gradient(np.exp(c * Q[1].sum()) + Q[1] @ Q[2] * c, c),
    "part of a matrix": lambda: sd.gradient(np.sum(np.exp(w) * np.sum(Q[:, 1] ** 2)), w),
    "one entry": lambda: sd.gradient(c**2 * Q[1, 2] + c, c),
    "two layers": lambda: sd.gradient(np.sum((special.expit(X @ B) @ V) ** 2), B),
    "rectified": lambda: sd.gradient(np.sum(np.maximum(0, X @ B) ** 2), B),
    "probit": lambda: sd.gradient(np.sum(np.log(special.ndtr(X @ w))), w),
    "gamma functions": lambda: sd.gradient(np.sum(special.gammaln(p) + special.digamma(p)), p),
    "absolute": lambda: sd.gradient(np.sum(np.abs(X @ w)), w),
    "an entry": lambda: sd.gradient(sd.logsumexp(u) - u[1], u),
    "an entry, twice": lambda: sd.hessian(w[1] ** 2 * np.sum(w**2), w),
    "several": lambda: sd.gradient(np.sum((X @ w - y) ** 2), [w, y]),
}
INDEX_NOTATION = {
    "fourth power, twice": lambda: sd.hessian(np.sum((Y - X @ B) ** 4), B),
    "network, twice": lambda: sd.hessian(np.sum((special.expit(X @ B) - Y) ** 2), B),
}
SIZES = {"n": 5, "d": 3, "m": 4}


def numbers(tensors, seed=0):
    """Random arrays for the inputs of a derivation."""
    generator = np.random.default_rng(seed)
    made = {}
    for tensor in tensors:
        shape = tuple(
            int(size.xreplace({s: SIZES[s.name] for s in size.free_symbols})) for size in tensor.shape
        )
        value = generator.normal(size=shape)
        if tensor.domain == "positive":
            value = np.abs(value) + 0.5
        if tensor.domain == "symmetric":
            value = value + value.T
        made[str(tensor.name)] = value
    return made
