"""Norms of every order that has a derivative, along any axes."""

import numpy as np
import pytest

import symderive as sd
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric.draws import draw_all

n, d = sd.dims("n d")
x, b = sd.array("x", d), sd.array("b", n)
A, T = sd.array("A", n, d), sd.array("T", 2, n, d)
norm = np.linalg.norm

PRINTED = {
    "1": (norm(x, 1), x, "Σᵢ |xᵢ|", "sign(x)"),
    "2": (norm(x, 2), x, "‖x‖", "(1/‖x‖) x"),
    "3": (norm(x, 3), x, "(Σᵢ |xᵢ|³)^(1/3)", "(1/(Σᵢ |xᵢ|³)^(2/3))(x ⊙ |x|)"),
    "4": (norm(x, 4), x, "(Σᵢ xᵢ⁴)^(1/4)", "(1/(Σᵢ xᵢ⁴)^(3/4)) x^⊙3"),
    "Frobenius": (norm(A, "fro"), A, "‖A‖_F", "(1/‖A‖_F) A"),
    "of a residual": (norm(A @ x - b, 1), x, "Σᵢ |aᵢᵀx − bᵢ|", "Aᵀsign(Ax − b)"),
}


@pytest.mark.parametrize("case", PRINTED)
def test_printed_form(case):
    loss, wrt, written, form = PRINTED[case]
    derived = sd.gradient(loss, wrt)
    assert str(derived.loss) == f"L = {written}"
    assert str(derived.results[0]).split(" = ", 1)[1].replace(" ", "") == form.replace(" ", "")
    assert derived.check().passed
    if case != "of a residual":
        assert sd.hessian(loss, wrt).check().passed


VECTOR = [None, 1, 2, 3, 4, 2.5, 0.5, -1, -2, -1.5]
EXTREME = [np.inf, -np.inf]
CALLS = [
    *((("x", order), {}) for order in VECTOR),
    *((("A", order), {"axis": 0}) for order in VECTOR),
    *((("A", order), {"axis": -1, "keepdims": True}) for order in (None, 1, 3)),
    *((("T", order), {"axis": (0, 2)}) for order in (None, "fro")),
    (("T",), {}),
    (("A", "fro"), {"keepdims": True}),
]
OF_LARGEST = [
    *((("x", order), {}) for order in EXTREME),
    *((("A", order), {}) for order in (1, -1, *EXTREME)),
    *((("T", order), {"axis": axes}) for order in (1, -1, *EXTREME) for axes in ((0, 2), (2, 0))),
    *((("A", order), {"axis": 0, "keepdims": True}) for order in EXTREME),
]


@pytest.mark.parametrize("call", [*CALLS, *OF_LARGEST], ids=str)
def test_has_numpys_value(call):
    (name, *order), options = call
    point = draw_all({"x": ((3,), "real"), "A": ((5, 3), "real"), "T": ((2, 5, 3), "real")}, seed=4)
    value = norm({"x": x, "A": A, "T": T}[name], *order, **options)
    (computed,) = evaluate(program_of(value), {name: point[name]}).values()
    expected = norm(point[name], *order, **options)
    assert np.shape(computed) == np.shape(expected)
    np.testing.assert_allclose(computed, expected, rtol=1e-12)
    assert sd.gradient((value * value).sum(), {"x": x, "A": A, "T": T}[name]).check().passed


REFUSED = {
    "zero": (lambda: norm(x, 0), "norm: ord=0 counts the entries that are not 0, and has no derivative."),
    "text": (lambda: norm(x, "fro"), "norm: ord='fro' is for matrices; a vector takes a number or ±np.inf."),
    "three axes": (
        lambda: norm(T, 2),
        "norm: ord=2 needs a vector or a matrix, not 2×n×d; say along which axes.",
    ),
    "unknown": (
        lambda: norm(A, 3),
        "norm: ord=3 is no norm of a matrix; use 'fro', 'nuc', 1, -1, 2, -2, np.inf or -np.inf.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, sentence = REFUSED[case]
    with pytest.raises(SymderiveError) as caught:
        make()
    assert str(caught.value) == sentence
