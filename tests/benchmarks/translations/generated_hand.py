# ruff: noqa: E501, E741 -- names of arrays as in the formulas
"""The tasks as an expert writes them by hand in NumPy: closed forms, no work done twice, no loops over entries."""

from __future__ import annotations

import numpy as np
from scipy import special

DISTRIBUTION, PEER = "numpy", False


def logistic_gradient(X, w, y):
    return -(X.T @ (y * special.expit(-y * (X @ w))))


def logistic_hessian(X, w, y):
    p = special.expit(X @ w)
    return (X.T * (p * (1 - p))) @ X


def logistic_all(X, w, y):
    z = -y * (X @ w)
    p = special.expit(z)
    return np.sum(np.logaddexp(0, z)), -(X.T @ (y * p)), (X.T * (p * special.expit(-z))) @ X


def poisson(X, w, y):
    mu = np.exp(X @ w)
    return X.T @ (mu - y), (X.T * mu) @ X


def layers_gradient(X, W1, b1, W2, b2, Y):
    H = np.tanh(X @ W1 + b1)
    R = H @ W2 + b2 - Y
    D = (R @ W2.T) * (1 - H**2)
    return X.T @ D, D.sum(axis=0), H.T @ R, R.sum(axis=0)


def layers_hessian(X, W1, b1, W2, b2, Y):
    """Khatri–Rao product and one matrix product; the second derivative of tanh on the diagonal blocks."""
    n, d = X.shape
    h = W1.shape[1]
    H = np.tanh(X @ W1 + b1)
    S = 1 - H**2
    C = S * H * ((H @ W2 + b2 - Y) @ W2.T)
    Z = (X[:, :, None] * S[:, None, :]).reshape(n, d * h)
    hessian = (Z.T @ Z).reshape(d, h, d, h)
    hessian *= (W2 @ W2.T)[:, None, :]
    for j in range(h):
        hessian[:, j, :, j] -= 2 * ((X.T * C[:, j]) @ X)
    return hessian


def factor_gradient(M, U, V):
    R = M - U @ V.T
    return -(R @ V), -(R.T @ U)


def factor_hessian(M, U, V):
    m, r = U.shape
    hessian = np.zeros((m, r, m, r))
    i = np.arange(m)
    hessian[i, :, i] = V.T @ V
    return hessian


def softmax_gradient(X, W, T):
    return X.T @ (special.softmax(X @ W, axis=1) - T)


def softmax_hessian(X, W, T):
    n, d = X.shape
    k = W.shape[1]
    P = special.softmax(X @ W, axis=1)
    Z = (X[:, :, None] * P[:, None, :]).reshape(n, d * k)
    hessian = (Z.T @ Z).reshape(d, k, d, k)
    np.negative(hessian, out=hessian)
    for j in range(k):
        hessian[:, j, :, j] += (X.T * P[:, j]) @ X
    return hessian


def attention_gradient(Q, K, V, G):
    scale = 1 / np.sqrt(Q.shape[1])
    P = special.softmax(scale * (Q @ K.T), axis=1)
    dP = G @ V.T
    dS = P * (dP - np.sum(P * dP, axis=1, keepdims=True))
    return scale * (dS @ K), scale * (dS.T @ Q), P.T @ G


def attention_hessian(Q, K, V, G):
    """In Q, one block for each query: Kᵀ(diag(c) − c pᵀ − p cᵀ)K with c = p ⊙ (g − pᵀg), over the width."""
    n, d = Q.shape
    P = special.softmax(Q @ K.T / np.sqrt(d), axis=1)
    D = G @ V.T
    C = P * (D - np.sum(P * D, axis=1, keepdims=True))
    pairs = (K[:, :, None] * K[:, None, :]).reshape(-1, d * d)
    left, right = C @ K, P @ K
    blocks = (C @ pairs).reshape(n, d, d)
    blocks -= left[:, :, None] * right[:, None, :]
    blocks -= right[:, :, None] * left[:, None, :]
    hessian = np.zeros((n, d, n, d))
    i = np.arange(n)
    hessian[i, :, i] = blocks / d
    return hessian


def convolution(I, F, R, stride=1):
    """A matrix product of all windows; the gradient in the image by one product for each offset."""
    b, c, H, W = I.shape
    k, h, w = R.shape[1:]
    windows = np.lib.stride_tricks.sliding_window_view(I, (3, 3), axis=(2, 3))[:, :, ::stride, ::stride]
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, c * 9)
    E = columns @ F.reshape(k, -1).T - R.transpose(0, 2, 3, 1).reshape(-1, k)
    dF = (E.T @ columns).reshape(F.shape)
    dI = np.zeros((b, H, W, c))
    for u in range(3):
        for v in range(3):
            down, right = (slice(at, at + stride * (n - 1) + 1, stride) for at, n in ((u, h), (v, w)))
            dI[:, down, right] += (E @ F[:, :, u, v]).reshape(b, h, w, c)
    return dI.transpose(0, 3, 1, 2), dF


def strided(I, F, R):
    return convolution(I, F, R, stride=2)


FUNCTIONS = {
    "logistic, gradient": logistic_gradient,
    "logistic, Hessian": logistic_hessian,
    "logistic, value + gradient + Hessian": logistic_all,
    "Poisson, score + Hessian": poisson,
    "two layers, gradient": layers_gradient,
    "two layers, Hessian": layers_hessian,
    "factorisation, gradient": factor_gradient,
    "factorisation, Hessian": factor_hessian,
    "softmax, gradient": softmax_gradient,
    "softmax, Hessian": softmax_hessian,
    "attention, gradient": attention_gradient,
    "attention, Hessian": attention_hessian,
    "convolution, gradient": convolution,
    "strided convolution, gradient": strided,
}


def prepared(task, arrays):
    """The call to be measured, and what turns its result into arrays of NumPy."""
    function = FUNCTIONS[task]
    return (lambda: function(**arrays)), lambda made: made


def threads() -> str:
    """What decides on threads."""
    return "the BLAS of NumPy"
