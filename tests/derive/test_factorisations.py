"""Pseudo-inverses and condition numbers; what rests on single eigenvalues is refused."""

import numpy as np
import pytest

import symderive as sd
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric.draws import draw_all

n, d = sd.dims("n d")
A, X = sd.array("A", n, d), sd.array("X", d, d, domain="invertible")
wide = sd.array("M", 3, 5)
b = sd.array("b", n)
pinv = np.linalg.pinv


@pytest.mark.parametrize("matrix", [A, wide], ids=["tall", "wide"])
def test_pseudo_inverse(matrix):
    point = draw_all({"A": ((5, 3), "real"), "M": ((3, 5), "real")}, seed=1)
    value = pinv(matrix)
    (computed,) = evaluate(program_of(value), {matrix.name: point[matrix.name]}).values()
    np.testing.assert_allclose(computed, np.linalg.pinv(point[matrix.name]), rtol=1e-9, atol=1e-12)
    assert sd.gradient(np.sum(value**2), matrix).check().passed


def test_pseudo_inverse_printed():
    derived = sd.gradient(np.sum(pinv(A) @ b), b)
    assert str(derived.results[0]) == "∇_b L = A(AᵀA)⁻¹𝟏"
    assert [str(one) for one in derived.conditions] == ["AᵀA is invertible"]


def test_condition_number():
    value = np.linalg.cond(X, "fro")
    point = draw_all({"X": ((3, 3), "invertible")}, seed=1)
    (computed,) = evaluate(program_of(value), point).values()
    assert computed == pytest.approx(np.linalg.cond(point["X"], "fro"), rel=1e-9)
    assert sd.gradient(value, X).check().passed


REFUSED = {
    "eigh": (lambda: np.linalg.eigh(X), "eigh: not supported on symbolic arrays: single eigenvalues"),
    "eigvalsh": (lambda: np.sum(np.linalg.eigvalsh(X)), "eigvalsh: not supported on symbolic arrays: single"),
    "svd": (lambda: np.linalg.svd(X), "svd: not supported on symbolic arrays: of the singular values"),
    "eig": (lambda: np.linalg.eig(X), "eig: not supported on symbolic arrays: single eigenvalues"),
    "eigvals": (lambda: np.linalg.eigvals(X), "eigvals: not supported on symbolic arrays: single"),
    "svdvals": (
        lambda: np.linalg.svdvals(X),
        "svdvals: not supported on symbolic arrays: of the",
    ),
    "matrix_rank": (lambda: np.linalg.matrix_rank(X), "matrix_rank: not supported on symbolic arrays: it is"),
    "tensorinv": (lambda: np.linalg.tensorinv(X, 1), "tensorinv: not supported on symbolic arrays: reshape"),
    "tensorsolve": (lambda: np.linalg.tensorsolve(X, b), "tensorsolve: not supported on symbolic arrays:"),
    "lstsq": (lambda: np.linalg.lstsq(A, b), "lstsq: not supported on symbolic arrays: write the solution"),
    "cond": (lambda: np.linalg.cond(b), "cond: takes a matrix, not n."),
    "text": (
        lambda: sd.parse("np.linalg.qr(X)", X="d,d"),
        "qr: not supported on symbolic arrays: the factors",
    ),
    "pinv": (lambda: pinv(b), "pinv: takes a matrix, not n."),
    "rcond": (lambda: pinv(A, rcond=0.1), "pinv: the argument rcond is not supported"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    make, sentence = REFUSED[case]
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
