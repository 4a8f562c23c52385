"""Inverses, determinants and solves of batches of matrices: the last two axes, as in NumPy."""

import numpy as np
import pytest

import symderive as sd
from symderive.errors import ShapeError, SymderiveError
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric.draws import draw_all

n, d = sd.dims("n d")
S, T = sd.array("S", n, d, d), sd.array("T", 2, n, d, d)
X, A, w = sd.array("X", n, d), sd.array("A", d, d), sd.array("w", d)
inv, det, slogdet, solve = np.linalg.inv, np.linalg.det, np.linalg.slogdet, np.linalg.solve
ARRAYS = {"S": ((5, 3, 3), "real"), "T": ((2, 5, 3, 3), "real"), "X": ((5, 3), "real"), "w": ((3,), "real"),
          "A": ((3, 3), "real")}  # fmt: skip

VALUES = {
    "inverse": (lambda S, X, w: inv(S)),
    "determinant": (lambda S, X, w: det(S)),
    "log-determinant": (lambda S, X, w: slogdet(S)[1]),
    "sign": (lambda S, X, w: slogdet(S)[0]),
    "inverse of an inverse": (lambda S, X, w: inv(inv(S))),
    "determinant of an inverse": (lambda S, X, w: det(inv(S))),
    "transposed": (lambda S, X, w: inv(np.swapaxes(S, 1, 2))),
    "solve": (lambda S, X, w: solve(S, X[:, :, None])),
}


@pytest.mark.parametrize("case", VALUES)
def test_has_numpys_value(case):
    point = draw_all(ARRAYS, seed=2)
    value = VALUES[case](S, X, w)
    program = program_of(value)
    (computed,) = evaluate(program, {one.name: point[one.name] for one in program.inputs}).values()
    np.testing.assert_allclose(computed, VALUES[case](point["S"], point["X"], point["w"]), rtol=1e-9)


LOSSES = {
    "inverse": (np.sum(inv(S)), S, "−Sᵢ⁻ᵀ𝟏 𝟏ᵀ Sᵢ⁻ᵀ"),
    "determinant": (np.sum(det(S)), S, "det(Sᵢ) (Sᵢ⁻¹)ₖⱼ"),
    "log-determinant": (np.sum(slogdet(S)[1]), S, "(Sᵢ⁻¹)ₖⱼ"),
    "Mahalanobis": (np.einsum("ni,nij,nj->", X, inv(S), X), X, None),
    "normal": (np.einsum("ni,nij,nj->", X, inv(S), X) + np.sum(slogdet(S).logabsdet), S, None),
    "solve": (np.sum(solve(S, w) ** 2), w, None),
    "through a product": (np.sum(inv(S @ A)), A, None),
}


@pytest.mark.parametrize("case", LOSSES)
def test_first_and_second_derivative(case):
    loss, wrt, form = LOSSES[case]
    derived = sd.gradient(loss, wrt)
    assert derived.check().passed
    assert sd.hessian(loss, wrt).check().passed
    assert form is None or str(derived.results[0]).split(" = ", 1)[1] == form
    assert any("each matrix" in str(one) for one in derived.conditions)


def test_several_batch_axes():
    assert sd.gradient(np.sum(slogdet(T)[1] + det(T)), T).check().passed


REFUSED = {
    "not square": (lambda: inv(sd.array("B", 2, n, d)), ShapeError, "inv: takes a square matrix, not n×d."),
    "Cholesky": (lambda: np.linalg.cholesky(S), ShapeError, "cholesky: takes a square matrix, not n×d×d."),
    "SymPy": (lambda: sd.gradient(np.sum(inv(S)), S).to_sympy(), SymderiveError, "has no inverse"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, kind, sentence = REFUSED[case]
    with pytest.raises(kind) as caught:
        make()
    assert sentence in str(caught.value)
