# ruff: noqa: E501 -- formulas, many to a line
"""NumPy's functions that move entries around, on symbolic arrays and on numbers: the same values."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.numpy_source import numpy_function, with_sizes
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric.draws import draw_all

SHAPES = {"x": "n", "y": "n", "z": "n", "w": "d", "v": "d", "X": "n,d", "Z": "n,d", "A": "d,d", "W": "d,k", "e": "2*m",
          "q": "m", "T": "n,d,k", "a": "3", "b": "3", "C": "n,3", "E": "2*m,d", "P": "n:positive"}  # fmt: skip
SIZES = {"n": 7, "d": 3, "m": 4, "k": 2}
VALUES = [
    "x[1:]", "x[:-1]", "x[2:-1]", "x[::-1]", "x[-3:]", "x[:3]", "x[1:] - x[:-1]", "X[1:, 0]", "X[:, 1:]", "X[:, :-1]", "X[::-1, ::-1]",
    "e[::2]", "e[1::2]", "e[::-2]", "e[1:-1]", "x[n-2]", "x[:d]", "x[d:]", "X[[0, 2]]", "X[:, [2, 0, 2]]", "x[[1]]", "a[::2]", "a[5:1:-1]",
    "T[1:, :, 0]", "T[..., ::-1]", "X[None, 1:]", "X[1:][0]", "x[4:1:-1]", "x[-2::-1]", "E[::2, 1:]",
    "np.concatenate([x, w, a])", "np.concatenate([X, Z], axis=1)", "np.concatenate((X, A))", "np.concatenate([X, A], axis=None)",
    "np.stack([x, y, z])", "np.stack([x, y], axis=1)", "np.stack([X, Z], axis=-1)", "np.vstack([X, w])", "np.hstack([X, y[:, None]])",
    "np.hstack([x, w])", "np.vstack([x, y])", "np.column_stack([x, y, X])", "np.append(x, 1.5)", "np.append(X, Z, axis=0)", "np.append(x, w)",
    "np.column_stack([np.ones(n), X])", "np.concatenate([x, [1.0, 2.0]])",
    "np.flip(x)", "np.flip(X)", "np.flip(X, axis=1)", "np.flipud(X)", "np.fliplr(X)", "np.roll(x, 2)", "np.roll(x, -1)", "np.roll(X, 1, axis=1)",
    "np.diff(x)", "np.diff(x, n=2)", "np.diff(X, axis=0)", "np.diff(X)", "np.cumsum(x)", "np.cumsum(X, axis=0)", "np.cumsum(X, axis=1)",
    "np.cumsum(X)", "x.cumsum()", "np.cumsum(x[::-1])[::-1]", "np.tril(A)", "np.triu(A)", "np.tril(A, -1)", "np.triu(X, 1)", "np.tril(X, 2)", "np.triu(A, -1)",
    "np.tri(d)", "np.tri(n, d, 1)", "np.eye(d)", "np.eye(n, d, 1)", "np.eye(n, d, -2)", "np.identity(n)", "np.ones((n, 2))", "np.zeros(d)", "np.full((n, d), 2.5)", "np.ones_like(X)",
    "np.zeros_like(x)", "np.full_like(X, 3)", "np.arange(n)", "np.arange(1, n)", "np.arange(2, n + 3)", "np.linspace(0, 1, n)", "x ** np.arange(n)",
    "np.expand_dims(x, 0)", "np.expand_dims(X, (0, 2))", "np.squeeze(x[:, None])", "np.squeeze(X[:, None], axis=1)", "np.atleast_2d(x)", "np.atleast_1d(x[0])",
    "np.broadcast_to(w, (n, d))", "np.moveaxis(T, 0, -1)", "np.moveaxis(T, (0, 1), (1, 2))", "np.swapaxes(T, 0, 2)",
    "np.reshape(X, (d, n))", "np.reshape(X, (-1,))", "X.reshape(-1)", "X.ravel()", "X.flatten()", "np.ravel(X, order='F')", "np.reshape(e, (m, 2))", "e.reshape(2, -1)",
    "T.reshape(n * d, k)", "T.reshape(n, d * k)", "T.reshape(-1, k)", "X.ravel().reshape(n, d)", "np.outer(x, w).ravel()", "X.reshape(n, d, 1)", "X.reshape(n, 1, d)",
    "np.reshape(X, (d, n), order='F')", "X.ravel()[2:]",
    "np.kron(x, w)", "np.kron(A, X)", "np.kron(X, A) @ np.kron(w, v)", "np.tensordot(T, W, axes=([1, 2], [0, 1]))", "np.tensordot(X, A, axes=1)", "np.tensordot(X, Z)", "np.tensordot(x, w, axes=0)",
    "np.repeat(x, 3)", "np.repeat(X, 2, axis=0)", "np.repeat(X, k, axis=1)", "np.tile(x, 2)", "np.tile(X, (2, 3))", "np.tile(x, (2, 1))",
    "np.pad(x, 2)", "np.pad(x, (1, 0))", "np.pad(X, ((0, 1), (2, 0)))", "np.pad(X, 1)", "np.pad(x, (0, 2), mode='constant')",
    "np.full_like(X, 3) + np.tri(n, d) + np.correlate(x, w)[0]", "np.convolve(x, a)", "np.convolve(x, a, 'valid')", "np.convolve(x, a, mode='same')", "np.convolve(x, w)", "np.convolve(x, w, 'valid')",
    "np.correlate(x, a)", "np.correlate(x, a, 'full')", "np.correlate(x, a, 'same')", "np.correlate(x, w, 'valid')",
    "np.diag(w, 1)", "np.diag(w, -2)", "np.diag(A, 1)", "np.diag(A, -1)", "np.diagonal(A, 1)", "np.trace(A, offset=1)", "np.trace(A, -1)", "A.diagonal()", "np.diag(X[:d])",
    "np.cross(a, b)", "np.cross(C, b)", "np.average(x)", "np.average(x, weights=P)", "np.average(X, axis=0, weights=P)", "np.average(X, axis=1)", "np.cov(X.T)", "np.cov(X, rowvar=False)", "np.cov(X, bias=True)",
    "np.take(x, [0, 3])", "np.take(X, 1, axis=1)", "np.cumsum(np.tril(A), axis=0)", "np.roll(np.pad(x, 1), 2)", "np.exp(np.pad(x, 1))", "np.diff(np.concatenate([x, w]))",
]  # fmt: skip


SYMBOLS = dict(zip(sd.dims("n d m k"), SIZES.values(), strict=True))
DECLARED = [sd.parse(name, **SHAPES) for name in SHAPES]


def drawn(program):
    """Numbers for the inputs of a program."""
    shapes = {
        str(t.name): (tuple(int(size.xreplace(SYMBOLS)) for size in t.shape), str(t.domain))
        for t in program.inputs
    }
    return dict(draw_all(shapes, seed=5))


NUMBERS = drawn(program_of(sum(np.sum(one) for one in DECLARED)))


def plain_of(text, arrays):
    space = {"np": np, "n": SIZES["n"], "d": SIZES["d"], "m": SIZES["m"], "k": SIZES["k"]}
    return np.asarray(eval(text, {**space, **arrays}))


@pytest.mark.parametrize("text", VALUES)
def test_the_slow_evaluator_and_the_code_give_what_numpy_gives(text):
    value, total = sd.parse(text, **SHAPES), sd.parse(f"np.sum(({text}) ** 2)", **SHAPES)
    program, short = (with_sizes(program_of(one), [a.tensor for a in DECLARED]) for one in (value, total))
    arrays = drawn(program)
    expected = plain_of(text, {**NUMBERS, **arrays})
    (slow,) = evaluate(program, arrays).values()
    assert slow.shape == expected.shape
    assert np.allclose(slow, expected, rtol=1e-12, atol=1e-12)
    assert np.allclose(numpy_function(program, "f")(**arrays), expected, rtol=1e-12, atol=1e-12)
    assert np.allclose(numpy_function(short, "f")(**arrays), np.sum(expected**2), rtol=1e-12)


def ridge(X, w, y):
    n, d = X.shape
    features = np.hstack([np.ones((n, 1)), X])
    penalty = w @ np.eye(d + 1) @ w + np.sum(np.zeros(3)) + np.arange(d + 1) @ w
    return np.sum((features @ w - y) ** 2) + penalty


def test_a_function_may_make_arrays_of_the_sizes_of_its_arguments():
    value = sd.from_function(ridge, X="n,d", w="d+1", y="n")
    program = program_of(value)
    rng = np.random.default_rng(0)
    arrays = {"X": rng.normal(size=(5, 2)), "w": rng.normal(size=3), "y": rng.normal(size=5)}
    (slow,) = evaluate(program, arrays).values()
    assert np.allclose(slow, ridge(**arrays))
    assert sd.gradient(value, sd.array("w", sd.dims("d") + 1)).check().passed


def test_makers_of_arrays_are_public_and_dispatch_with_like():
    n, x = sd.dims("n"), sd.array("x", sd.dims("n"))
    assert sd.eye(n).shape == np.eye(n, like=x).shape == (n, n)
    assert (x + sd.ones(n) + sd.zeros(n) + sd.arange(n) + sd.full(n, 2)).shape == (n,)


REFUSED = {
    "x[::2]": "how many positions [::2] takes is not known",
    "x[3:1]": "leaves no position",
    "x[::0]": "the step of [::0] is 0",
    "X[x]": "positions from a symbolic array (x) are not known",
    "a[[0, 7]]": "position 7 is outside axis 0 of size 3",
    "np.reshape(X, (d, d))": "which is not known to fit into d×d",
    "np.concatenate([X, A.T[:2]], axis=1)": "differ in more than axis 1",
    "np.stack([x, w])": "differ in more than axis",
    "np.pad(x, 1, mode='edge')": "only padding with zeros is supported",
    "np.convolve(x, w, 'same')": 'mode "same" needs a kernel of known size',
    "np.diag(X)": "which of n and d is smaller is not known",
    "np.cross(x, x)": "takes vectors of 3 entries",
    "np.repeat(x, [1, 2])": "a number for each entry is not supported",
    "np.squeeze(X, axis=0)": "axis 0 has size n, not 1",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_known_is_refused_in_one_sentence(text):
    with pytest.raises(SymderiveError) as found:
        sd.parse(text, **SHAPES)
    assert REFUSED[text] in str(found.value)
    assert "\n" not in str(found.value)
