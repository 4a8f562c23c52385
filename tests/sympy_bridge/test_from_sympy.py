"""SymPy expressions as symbolic arrays, and back again."""

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.core.dims import Dim
from symderive.errors import ShapeError, SymderiveError
from symderive.language.evaluate import evaluate
from symderive.language.from_sympy import from_sympy
from symderive.language.programs import program_of
from tests.sympy_bridge.losses import DERIVATIONS, INDEX_NOTATION, SIZES, numbers


def value_of(made, arrays, sizes=None):
    sizes = {Dim(name): size for name, size in (SIZES if sizes is None else sizes).items()}
    (value,) = evaluate(program_of(made), arrays, sizes).values()
    return value


@pytest.mark.parametrize("name", [*DERIVATIONS, *INDEX_NOTATION])
def test_round_trip(name):
    derivation = (DERIVATIONS | INDEX_NOTATION)[name]()
    arrays = numbers(derivation.original.inputs)
    code = derivation.to_numpy()
    expected = code(**{t.name: arrays[t.name] for t in code.program.inputs})
    made = derivation.to_sympy()
    if not isinstance(made, tuple):
        made, expected = (made,), (expected,)
    domains = {str(t.name): t.domain for t in derivation.original.inputs}
    for expr, value in zip(made, expected, strict=True):
        names = {str(symbol) for symbol in expr.free_symbols}
        names |= {str(base.label) for base in expr.atoms(sympy.IndexedBase)}
        back = from_sympy(expr, **{key: domain for key, domain in domains.items() if key in names})
        assert back.ndim == np.ndim(value)
        np.testing.assert_allclose(value_of(back, arrays), value, rtol=1e-9, atol=1e-12)


N, D = sympy.symbols("n d", integer=True, positive=True)
X, W, Y = sympy.MatrixSymbol("X", N, D), sympy.MatrixSymbol("w", D, 1), sympy.MatrixSymbol("y", N, 1)
A = sympy.MatrixSymbol("A", D, D)
R = sympy.MatrixSymbol("r", 1, D)
t, c = sympy.Symbol("t"), sympy.Symbol("c", positive=True)
EXPRESSIONS = [
    (X * W - Y, lambda X, w, y, A, r, c: X @ w - y),
    (2 * X.T * (X * W - Y), lambda X, w, y, A, r, c: 2 * X.T @ (X @ w - y)),
    ((W.T * A * W)[0, 0], lambda X, w, y, A, r, c: w @ A @ w),
    (W.T * A * W, lambda X, w, y, A, r, c: w @ A @ w),
    (sympy.log(sympy.Trace(A) ** 2 + c), lambda X, w, y, A, r, c: np.log(np.trace(A) ** 2 + c)),
    (sympy.HadamardProduct(X * W, Y), lambda X, w, y, A, r, c: (X @ w) * y),
    (sympy.HadamardPower(Y, 3), lambda X, w, y, A, r, c: y**3),
    ((X * W).applyfunc(sympy.exp), lambda X, w, y, A, r, c: np.exp(X @ w)),
    (
        (X * W).applyfunc(sympy.Lambda(t, 1 / (1 + sympy.exp(-c * t)))),
        lambda X, w, y, A, r, c: 1 / (1 + np.exp(-c * X @ w)),
    ),
    (sympy.diag(1, 1).applyfunc(sympy.exp).shape[0] * Y, lambda X, w, y, A, r, c: 2 * y),
    (X.T * sympy.DiagMatrix(Y) * X, lambda X, w, y, A, r, c: X.T @ np.diag(y) @ X),
    (A**3, lambda X, w, y, A, r, c: A @ A @ A),
    (A + sympy.Identity(D), lambda X, w, y, A, r, c: A + np.eye(len(w))),
    (Y * sympy.OneMatrix(1, D) + X, lambda X, w, y, A, r, c: y[:, None] + X),
    (X + sympy.ZeroMatrix(N, D), lambda X, w, y, A, r, c: X),
    (X[1, 2] * W, lambda X, w, y, A, r, c: X[1, 2] * w),
    (Y * R, lambda X, w, y, A, r, c: y[:, None] * r),
    (R * W, lambda X, w, y, A, r, c: (r @ w)[0]),
    (c * R.T + W, lambda X, w, y, A, r, c: c * r[0] + w),
    (Y * W.T * W, lambda X, w, y, A, r, c: y * (w @ w)),
    (sympy.Trace(X.T * X) * sympy.loggamma(c), lambda X, w, y, A, r, c: np.sum(X**2) * 0.5723649429247001),
    (
        sympy.Max(c, 1) * sympy.Abs(W[0, 0]) * sympy.sign(W[1, 0]),
        lambda X, w, y, A, r, c: abs(w[0]) * np.sign(w[1]),
    ),
    (sympy.MatrixSymbol("X", N, D)[:, 1], lambda X, w, y, A, r, c: X[:, 1]),
]


@pytest.mark.parametrize("number", range(len(EXPRESSIONS)), ids=[str(e)[:40] for e, _ in EXPRESSIONS])
def test_expression(number):
    expr, expected = EXPRESSIONS[number]
    generator = np.random.default_rng(number)
    arrays = {
        "X": generator.normal(size=(5, 3)),
        "w": generator.normal(size=3),
        "y": generator.normal(size=5),
    }
    arrays |= {"A": generator.normal(size=(3, 3)), "r": generator.normal(size=(1, 3)), "c": np.array(0.5)}
    made = from_sympy(expr)
    value = expected(**arrays)
    assert made.ndim == np.ndim(value)
    np.testing.assert_allclose(value_of(made, arrays), value, rtol=1e-9)


def test_what_is_read_can_be_differentiated():
    loss = from_sympy(((X * W - Y).T * (X * W - Y))[0, 0])
    w = sd.array("w", Dim("d"))
    assert str(sd.gradient(loss, w).results[0]).startswith("∇_w L = 2 X")
    assert sd.gradient(loss, w).check().passed


def test_sums_of_indexed():
    i, j = sympy.symbols("i j", integer=True)
    x, y = sympy.IndexedBase("x", shape=(N, D)), sympy.IndexedBase("y", shape=(N,))
    made = from_sympy(sympy.Sum(sympy.exp(x[i, j]) * y[i] * c, (j, 0, D - 1), (i, 0, N - 1)), y="binary")
    arrays = {"x": np.arange(6.0).reshape(2, 3) / 7, "y": np.array([1.0, 0.0]), "c": np.array(2.0)}
    assert value_of(made, arrays, {}) == pytest.approx(2 * np.sum(np.exp(arrays["x"]) * arrays["y"][:, None]))
    domains = {str(one.name): one.domain for one in program_of(made).inputs}
    assert domains == {"x": "real", "y": "binary", "c": "positive"}


def test_free_indices_are_axes_in_the_order_of_the_letters():
    k, i = sympy.Idx("k", 3), sympy.Idx("i", 2)
    x = sympy.IndexedBase("x", shape=(3, 2))
    made = from_sympy(2 * x[k, i])
    arrays = {"x": np.arange(6.0).reshape(3, 2)}
    np.testing.assert_allclose(value_of(made, arrays), 2 * arrays["x"].T)


def test_domains():
    made = from_sympy(W.T * A * W, A="spd", w="positive")
    assert {str(one.name): one.domain for one in program_of(made).inputs} == {"A": "spd", "w": "positive"}


REFUSED = [
    (A ** sympy.Rational(1, 2), "power 1/2 of a matrix"),
    (A ** sympy.Symbol("k", integer=True), "power k of a matrix"),
    (sympy.Function("f")(c) * W, "f is not supported"),
    (sympy.besselj(0, c), "besselj is not supported"),
    (sympy.Integral(c, (c, 0, 1)), "Integral is not supported"),
    (sympy.KroneckerProduct(A, A), "KroneckerProduct is not supported"),
    (sympy.Heaviside(c - 1), "Heaviside is not supported"),
    (sympy.Matrix([[1, 2]]), "array of numbers"),
    ("x + 1", "give a SymPy expression"),
    (sympy.I * c, "I"),
    (sympy.oo * sympy.Symbol("e"), "finite"),
    (X[N - 1, 0], "MatrixElement is not supported"),
]


@pytest.mark.parametrize(("expr", "words"), REFUSED, ids=[str(one)[:30] for one, _ in REFUSED])
def test_refused_in_one_sentence(expr, words):
    with pytest.raises(SymderiveError, match=words):
        from_sympy(expr)


def test_one_name_with_two_shapes_is_refused():
    with pytest.raises(ShapeError, match="w occurs with the shapes"):
        from_sympy(sympy.Trace(sympy.MatrixSymbol("w", D, D)) * W)


def test_a_domain_for_nothing_is_refused():
    with pytest.raises(SymderiveError, match='no array "Z"'):
        from_sympy(X * W, Z="spd")
