"""Powers of matrices, products of many, and inverses and determinants of products."""

import time

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.calculus.opened import opened
from symderive.calculus.sharing import with_shared
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric.draws import draw_all

n, d = sd.dims("n d")
X = sd.array("X", d, d, domain="invertible")
A, B = sd.array("A", d, d), sd.array("B", d, d)
Z = sd.array("Z", n, d)
a, b = sd.array("a", d), sd.array("b", d)
s = sd.array("s", d, domain="positive")
c = sd.array("c", domain="positive")
power, det, inv, slogdet = np.linalg.matrix_power, np.linalg.det, np.linalg.inv, np.linalg.slogdet

PRINTED = {
    "bilinear": (a @ power(X, 3) @ b, "abᵀXᵀXᵀ + Xᵀa bᵀXᵀ + XᵀXᵀa bᵀ"),
    "trace": (np.trace(power(X, 5)), "5(Xᵀ)⁴"),
    "negative": (np.trace(power(X, -1) @ A), "−X⁻ᵀAᵀX⁻ᵀ"),
    "zero": (a @ power(X, 0) @ b + np.trace(X), "I"),
    "one": (np.trace(power(X, 1) @ A), "Aᵀ"),
    "determinant": (det(power(X, 3)), "3 det(X)³ X⁻ᵀ"),
    "of a product": (det(A @ X @ B), "det(A) det(B) det(X) X⁻ᵀ"),
    "log": (slogdet(A @ X)[1], "X⁻ᵀ"),
    "inverse of a product": (a @ inv(A @ X) @ b, "−X⁻ᵀa bᵀA⁻ᵀX⁻ᵀ"),
    "of a multiple": (np.trace(inv(c * X)), "−(1/c) X⁻ᵀX⁻ᵀ"),
    "many": (np.linalg.multi_dot([a, A, X, B, b]), "Aᵀa bᵀBᵀ"),
}


@pytest.mark.parametrize("case", PRINTED)
def test_printed_form(case):
    loss, form = PRINTED[case]
    derived = sd.gradient(loss, X)
    assert str(derived.results[0]).split(" = ", 1)[1] == form
    assert derived.check().passed


@pytest.mark.parametrize("exponent", [-20, -3, -2, -1, 0, 1, 2, 3, 6, 12, 13, 20])
def test_every_exponent(exponent):
    loss = np.trace(power(X, exponent) @ A) ** 2 + np.sum(X)
    assert sd.gradient(loss, X).check().passed
    point = draw_all({"X": ((3, 3), "invertible"), "A": ((3, 3), "real")}, seed=1)
    (value,) = evaluate(program_of(loss), point).values()
    expected = np.trace(power(point["X"], exponent) @ point["A"]) ** 2 + np.sum(point["X"])
    assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("exponent", [-2, 2, 3])
def test_second_derivative(exponent):
    assert sd.hessian(a @ power(X, exponent) @ b, X).check().passed


DIAGONAL = {
    "inverse": (a @ inv(np.diag(s)) @ b, "−(a ⊙ b) ⊘ s^⊙2"),
    "log-determinant": (slogdet(np.diag(s))[1], "1 ⊘ s"),
}


@pytest.mark.parametrize("case", DIAGONAL)
def test_diagonal_matrix(case):
    loss, form = DIAGONAL[case]
    derived = sd.gradient(loss, s)
    assert str(derived.results[0]).split(" = ", 1)[1] == form
    assert derived.check().passed
    assert sd.hessian(loss, s).check().passed


def test_code():
    source = sd.gradient(np.trace(power(X, 5)), X).to_numpy().source
    assert source.splitlines()[-1].strip() == "return 5 * np.linalg.matrix_power(X, 4).T"
    assert sd.gradient(np.trace(power(X, 5)), X).latex() == r"\nabla_{X} L = 5 {(X^{\top})}^{4}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "value",
    [inv(A @ X), det(A @ X @ B), det(2 * X), slogdet(3 * A @ inv(X))[1],
     inv(-X.T), det(c * X), inv(np.diag(s)),
     inv(inv(A) @ X.T), slogdet(np.diag(s))[1], inv(Z.T @ Z), det(inv(A @ X) @ B)],
)  # fmt: skip
def test_opening_keeps_the_value(value, seed):
    program = with_shared(program_of(value))
    domains = {"Z": (7, 3), "A": (3, 3), "B": (3, 3), "X": (3, 3), "s": (3,), "c": ()}
    spec = {name: (shape, "positive" if name in "sc" else "real") for name, shape in domains.items()}
    point = draw_all({t.name: spec[t.name] for t in program.inputs}, seed=seed)
    (before,) = evaluate(program, point).values()
    (after,) = evaluate(opened(program), point).values()
    np.testing.assert_allclose(after, before, rtol=1e-9)


def test_a_named_matrix_is_not_opened():
    made = sd.gradient(slogdet(sd.let("V", A @ X))[1], X)
    assert "V" in str(made.results[0])
    assert made.check().passed


REFUSED = {
    "a rectangle": (lambda: power(Z, 2), "matrix_power: takes a square matrix, not n×d."),
    "a fraction": (lambda: power(X, 0.5), "matrix_power: the exponent is 0.5; give an integer."),
    "too large": (lambda: power(X, 10**6), "matrix_power: the exponent 1000000 is beyond ±1000."),
    "one array": (lambda: np.linalg.multi_dot([X]), "multi_dot: give at least two arrays."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, sentence = REFUSED[case]
    with pytest.raises(SymderiveError) as caught:
        make()
    assert str(caught.value) == sentence


def test_long_products_are_summed_in_time():
    point = draw_all({"X": ((7, 7), "invertible")}, seed=0)
    start = time.perf_counter()
    (value,) = evaluate(program_of(np.trace(power(X, 40))), point).values()
    assert time.perf_counter() - start < 20
    assert value == pytest.approx(np.trace(power(point["X"], 40)), rel=1e-9)
    ring = np.einsum("ij,jk,kl,lm,mo,op,pi->", *[X] * 7)
    (value,) = evaluate(program_of(ring), point).values()
    assert value == pytest.approx(np.trace(power(point["X"], 7)), rel=1e-9)


def test_in_sympy():
    made = sd.gradient(np.trace(power(X, 3)), X).to_sympy()
    values = np.random.default_rng(0).normal(size=(3, 3))
    symbol = next(iter(made.free_symbols - {sympy.Symbol("d")} & set(made.atoms(sympy.MatrixSymbol))))
    np.testing.assert_allclose(
        sympy.lambdify(symbol, made.subs(symbol.shape[0], 3))(values), 3 * power(values, 2).T
    )
