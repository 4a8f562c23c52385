# ruff: noqa: E501 -- tables of programs and errors
"""Value, gradient and Hessian in one function, and in blocks of rows."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.numeric.draws import draw_all

SIZES = {"n": 11, "d": 3, "k": 4, "h": 5, "m": 6, "r": 2}
n, d, k, h, m, r = sd.dims("n d k h m r")


def logistic():
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n, domain="sign")
    return np.sum(np.logaddexp(0, -y * (X @ w))), w


def poisson():
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n, domain="count")
    return np.mean(np.exp(X @ w) - y * (X @ w)), w


def network():
    X, W, b = sd.array("X", n, d), sd.array("W", d, h), sd.array("b", h)
    V, Y = sd.array("V", h, k), sd.array("Y", n, k)
    return np.sum((np.tanh(X @ W + b) @ V - Y) ** 2) / 2, W


def softmax():
    X, W, T = sd.array("X", n, d), sd.array("W", d, k), sd.array("T", n, k)
    return np.sum(sd.logsumexp(X @ W, axis=1)) - np.sum(T * (X @ W)), W


def factorisation():
    M, U, V = sd.array("M", m, n), sd.array("U", m, r), sd.array("V", n, r)
    return np.sum((M - U @ V.T) ** 2), U


def attention(place=1):
    Q, K, V, G = sd.array("Q", n, d), sd.array("K", m, d), sd.array("V", m, k), sd.array("G", n, k)
    return np.sum(G * (sd.softmax(Q @ K.T / np.sqrt(d), axis=1) @ V)), (Q, K)[place]


MODELS = (logistic, poisson, network, softmax, factorisation, attention)


def drawn(derivation, seed=3):
    shapes = {
        str(one.name): (tuple(SIZES[size.name] for size in one.shape), str(one.domain))
        for one in derivation.original.inputs
    }
    return dict(draw_all(shapes, seed=seed))


def separate(derivation, arrays):
    """The gradient and the second derivative, each from its own function."""
    return [np.asarray(one.to_numpy()(**arrays)) for one in (derivation.first, derivation)]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rows", [None, 1, 4, 100, "auto"])
def test_together_is_what_each_gives(model, rows):
    loss, variable = model()
    derivation = sd.hessian(loss, variable)
    arrays = drawn(derivation)
    value, *derivatives = derivation.to_numpy(with_value=True, with_gradient=True, rows_per_block=rows)(
        **arrays
    )
    assert np.isclose(value, next(iter(evaluate(derivation.original, arrays).values())), rtol=1e-12)
    for one, other in zip(derivatives, separate(derivation, arrays), strict=True):
        assert one.shape == other.shape
        assert np.allclose(one, other, rtol=1e-10, atol=1e-12)
    gradient = sd.gradient(loss, variable)
    both = gradient.to_numpy(with_value=True)(**arrays)
    assert np.isclose(both[0], value)
    assert np.allclose(both[1], derivatives[0], rtol=1e-10, atol=1e-12)


def test_work_is_shared():
    derivation = sd.hessian(*poisson())
    source = derivation.to_numpy(with_value=True, with_gradient=True).source
    assert source.count("np.exp(") == 1
    assert source.count("X @ w") == 1
    source = sd.hessian(*network()).to_numpy(with_value=True, with_gradient=True).source
    assert source.count("np.tanh(") == 1
    assert source.count("H @ V") == 1
    assert source.count("H ** 2") == 1


def test_a_loop_over_blocks_to_the_letter():
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n, domain="count")
    derivation = sd.hessian(np.sum(np.exp(X @ w) - y * (X @ w)), w)
    body = derivation.to_numpy(with_gradient=True, rows_per_block="auto").source.split('"""')[2]
    assert [line.strip() for line in body.strip().splitlines()] == [
        "dtype = np.result_type(X, w, y, 1.0)",
        "n = X.shape[0]",
        "d = X.shape[1]",
        "rows_per_block = max(256, 32768 // d)",
        "dL_dw = np.zeros(d, dtype=dtype)",
        "d2L_dw_dw = np.zeros((d, d), dtype=dtype)",
        "for start in range(0, n, rows_per_block):",
        "rows = slice(start, start + rows_per_block)",
        "s = np.exp(X[rows] @ w)",
        "Z = np.sqrt(s)[:, None] * X[rows]",
        "dL_dw += X[rows].T @ (s - y[rows])",
        "d2L_dw_dw += Z.T @ Z",
        "return dL_dw, d2L_dw_dw",
    ]


def test_single_precision_stays_single_and_no_rows_give_zeros():
    derivation = sd.hessian(*poisson())
    function = derivation.to_numpy(with_gradient=True, rows_per_block=4)
    arrays = {name: value.astype(np.float32) for name, value in drawn(derivation).items()}
    assert [one.dtype for one in function(**arrays)] == [np.float32, np.float32]
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    function = sd.hessian(np.sum(np.exp(y * (X @ w))), w).to_numpy(with_gradient=True, rows_per_block=4)
    made = function(X=np.ones((0, 3)), w=np.ones(3), y=np.ones(0))
    assert [one.tolist() for one in made] == [[0.0] * 3, [[0.0] * 3] * 3]


def test_large_margins_stay_finite():
    derivation = sd.hessian(*logistic())
    arrays = drawn(derivation) | {"w": np.full(3, 1e4)}
    for one in derivation.to_numpy(with_value=True, with_gradient=True)(**arrays):
        assert np.isfinite(one).all()


@pytest.mark.parametrize(
    ("make", "options", "sentence"),
    [
        (lambda: sd.gradient(*poisson()), {"with_gradient": True}, "with_gradient goes with a second derivative; this is the gradient"),
        (lambda: sd.hessian(*attention(0)), {"rows_per_block": 5}, "no rows that are only summed over"),
        (lambda: sd.hessian(*poisson()), {"rows_per_block": 0}, 'rows_per_block is 0; give a positive number or "auto"'),
    ],
)  # fmt: skip
def test_what_is_refused_and_how(make, options, sentence):
    with pytest.raises(SymderiveError, match=sentence):
        make().to_numpy(**options)
