"""Inverses, determinants and solutions of linear systems: printed forms, code, conditions, refusals."""

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.core.matrix_nodes import Det, InverseEntry, LogAbsDet
from symderive.core.nodes import Index, Tensor
from symderive.errors import InternalError, ShapeError, SymderiveError
from symderive.language.elimination import inverse_and_determinant
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from tests.derive.planted import scaled

n, d = sd.dims("n d")
X = sd.array("X", d, d, domain="invertible")
A, S = sd.array("A", d, d), sd.array("S", d, d, domain="spd")
K = sd.array("K", d, d, domain="spd")
Z, y = sd.array("Z", n, d), sd.array("y", n)
a, b, x, mu, w = (sd.array(name, d) for name in ("a", "b", "x", "mu", "w"))
inv, det, solve, slogdet = np.linalg.inv, np.linalg.det, np.linalg.solve, np.linalg.slogdet
r = x - mu

PRINTED = {
    "log-determinant": (slogdet(X)[1], X, "X⁻ᵀ", "X^{-\\top}"),
    "log-determinant, spd": (slogdet(S)[1], S, "S⁻¹", "S^{-1}"),
    "log of the determinant": (np.log(det(S)), S, "S⁻¹", "S^{-1}"),
    "determinant": (det(X), X, "det(X) X⁻ᵀ", "\\det(X) X^{-\\top}"),
    "determinant of an inverse": (det(inv(X)), X, "−(1/det(X)) X⁻ᵀ", "-\\frac{1}{\\det(X)} X^{-\\top}"),
    "inverse of an inverse": (a @ inv(inv(X)) @ b, X, "abᵀ", "a b^{\\top}"),
    "trace of an inverse": (
        np.trace(inv(X + A)), X, "−(A + X)⁻ᵀ(A + X)⁻ᵀ", "-(A + X)^{-\\top} (A + X)^{-\\top}",
    ),
    "bilinear": (a @ inv(X) @ b, X, "−X⁻ᵀa bᵀX⁻ᵀ", "-X^{-\\top} a b^{\\top} X^{-\\top}"),
    "solve": (a @ solve(X, b), X, "−X⁻ᵀa bᵀX⁻ᵀ", "-X^{-\\top} a b^{\\top} X^{-\\top}"),
    "solve, right-hand side": (a @ solve(X, b), b, "X⁻ᵀa", "X^{-\\top} a"),
    "transposed": (a @ inv(X.T) @ b, b, "X⁻¹a", "X^{-1} a"),
    "normal, mean": (r @ solve(S, r) / 2, mu, "−S⁻¹(x − μ)", "-S^{-1} (x - \\mu)"),
    "normal, covariance": (
        0.5 * r @ inv(S) @ r + 0.5 * slogdet(S)[1], S,
        "(1/2)(S⁻¹ − S⁻¹r rᵀS⁻¹)", "\\frac{1}{2} (S^{-1} - S^{-1} r r^{\\top} S^{-1})",
    ),
    "gram": (slogdet(Z.T @ Z)[1], Z, "2 Z(ZᵀZ)⁻¹", "2 Z (Z^{\\top} Z)^{-1}"),
    "ridge": (
        w @ solve(Z.T @ Z + K, Z.T @ y), y, "Z(ZᵀZ + K)⁻¹w", "Z (Z^{\\top} Z + K)^{-1} w",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PRINTED)
def test_printed_form(case):
    loss, wrt, text, latex = PRINTED[case]
    derived = sd.gradient(loss, wrt)
    assert str(derived.results[0]).split(" = ", 1)[1] == text
    assert derived.results[0].latex().split(" = ", 1)[1] == latex
    assert derived.check().passed


@pytest.mark.parametrize("case", PRINTED)
def test_the_sympy_form_has_the_value_of_the_code(case):
    loss, wrt, _, _ = PRINTED[case]
    derived = sd.gradient(loss, wrt)
    rng = np.random.default_rng(3)
    sizes = {"n": 7, "d": 3}
    point = {
        str(one.name): rng.normal(size=[sizes[str(size)] for size in one.shape])
        for one in derived.original.inputs
    }
    for name in {"S", "K"} & set(point):
        point[name] = point[name] @ point[name].T + np.eye(3)
    code = derived.to_numpy()
    expected = code(**{one.name: point[str(one.name)] for one in code.program.inputs})
    expr = derived.to_sympy()
    names = sorted((one for one in expr.free_symbols if one.is_Matrix), key=str)
    columns = [np.reshape(point[str(one)], (point[str(one)].shape[0], -1)) for one in names]
    values = sympy.lambdify(names, expr)(*columns)
    np.testing.assert_allclose(np.reshape(values, np.shape(expected)), expected, rtol=1e-8)


CODE = {
    "solve": (a @ inv(X) @ b, X, "-np.outer(np.linalg.solve(X.T, a), np.linalg.solve(X, b))"),
    "inverse alone": (slogdet(X)[1], X, "np.linalg.inv(X).T"),
    "matrix in front": (np.sum(A @ inv(X) * K), A, "np.linalg.solve(X, K).T"),
    "one": (np.trace(inv(S) @ A), A, "np.linalg.inv(S)"),
    "vector": (a @ inv(X) @ A @ inv(S) @ b, a, "np.linalg.solve(X, A @ np.linalg.solve(S, b))"),
    "determinant": (det(X), X, "np.linalg.det(X) * np.linalg.inv(X).T"),
    "sign": (slogdet(X)[0] * (a @ b), a, "np.linalg.slogdet(X)[0] * b"),
}


@pytest.mark.parametrize("case", CODE)
def test_code(case):
    loss, wrt, line = CODE[case]
    derived = sd.gradient(loss, wrt)
    assert derived.to_numpy().source.splitlines()[-1].strip() == f"return {line}"
    assert derived.check().passed


@pytest.mark.parametrize(
    ("loss", "wrt"),
    [
        pytest.param(slogdet(X)[1], X, id="log-determinant"),
        pytest.param(det(X), X, id="determinant"),
        pytest.param(a @ inv(X) @ b, X, id="bilinear"),
        pytest.param(r @ inv(S) @ r + slogdet(S)[1], S, id="normal, covariance"),
        pytest.param(a @ inv(S).T @ b, S, id="symmetric variable, transposed"),
        pytest.param(r @ inv(S) @ r, mu, id="normal, mean"),
        pytest.param(np.trace(inv(Z.T @ Z + K)), Z, id="through a product"),
    ],
)
def test_second_derivatives(loss, wrt):
    assert sd.hessian(loss, wrt).check().passed


def test_mixed_second_derivative():
    assert sd.hessian(a @ solve(X, b), X, b).check().passed


def test_entries_of_a_symmetric_variable_are_varied_one_by_one():
    assert str(sd.gradient(np.sum(K.T * A), K).results[0]) == "∇_K L = Aᵀ"
    assert sd.gradient(np.sum(K.T * A), K).check().passed
    assert sd.gradient(a @ inv(S).T @ b, S).check().passed


CONDITIONS = {
    "declared invertible": (slogdet(X)[1], X, []),
    "declared spd": (slogdet(S)[1], S, []),
    "a sum of spd": (slogdet(S + 2 * K)[1], S, []),
    "an inverse": (det(inv(X)), X, []),
    "plain": (slogdet(A)[1], A, ["A is invertible"]),
    "determinant": (det(A), A, ["A is invertible"]),
    "a sum": (np.trace(inv(X + A)), X, ["A + X is invertible"]),
    "gram": (slogdet(Z.T @ Z)[1], Z, ["ZᵀZ is invertible"]),
    "log": (np.log(det(A)), A, ["det(A) > 0"]),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_conditions(case):
    loss, wrt, sentences = CONDITIONS[case]
    derived = sd.gradient(loss, wrt)
    assert [str(one) for one in derived.conditions] == sentences
    for one in derived.conditions[:1]:
        assert one.latex.endswith((r" \text{ is invertible}", " > 0"))
        assert f"holds where {one}" in str(derived)


REFUSED = {
    "inv": (lambda: inv(Z), "inv: takes a square matrix, not n×d."),
    "det": (lambda: det(Z), "det: takes a square matrix, not n×d."),
    "slogdet": (lambda: slogdet(w), "slogdet: takes a square matrix, not d."),
    "solve": (lambda: solve(Z, w), "solve: takes a square matrix, not n×d."),
    "right-hand side": (
        lambda: solve(A, y),
        "solve: the matrix has shape d×d and the right-hand side n; give a vector or matrix with d rows.",
    ),
    "node": (
        lambda: InverseEntry(Tensor("Z", (2, 3)), 0, 0),
        "the inverse of Z: takes a square matrix, not 2×3.",
    ),
    "positions": (lambda: Det(Tensor("Z", (2, 2)), 0), "the determinant of Z: 1 positions given, not 0."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_shapes_that_do_not_fit(case):
    make, sentence = REFUSED[case]
    with pytest.raises(ShapeError) as caught:
        make()
    assert str(caught.value) == sentence


def test_slogdet_is_a_pair():
    sign, logarithm = slogdet(A)
    assert slogdet(A).sign.digest == sign.digest
    assert slogdet(A).logabsdet.digest == logarithm.digest
    read = sd.parse("np.linalg.slogdet(A)[1] + det(A) + np.sum(solve(A, b)) + inv(A)[0, 1]", A="d,d", b="d")
    value = logarithm + det(A) + np.sum(solve(A, b)) + inv(A)[0, 1]
    assert read.digest == value.digest
    with pytest.raises(SymderiveError):
        sd.parse("np.linalg.slogdet(A)", A="d,d")


@pytest.mark.parametrize("size", [1, 2, 5])
def test_elimination_agrees_with_numpy(size):
    rng = np.random.default_rng(size)
    matrix = rng.normal(size=(size, size))
    inverse, determinant = inverse_and_determinant(matrix.tolist())
    np.testing.assert_allclose(inverse, np.linalg.inv(matrix), rtol=1e-10)
    assert determinant == pytest.approx(np.linalg.det(matrix), rel=1e-12)
    swapped = inverse_and_determinant([[0.0, 2.0], [3.0, 0.0]])
    assert swapped == ([[0.0, 1 / 3], [0.5, 0.0]], -6.0)


def test_a_singular_matrix_has_no_inverse():
    inverse, determinant = inverse_and_determinant([[1.0, 2.0], [2.0, 4.0]])
    assert np.isnan(inverse).all()
    assert determinant == 0
    program = program_of(slogdet(A)[1])
    assert list(evaluate(program, {"A": np.ones((2, 2))}).values()) == [-np.inf]


def test_a_matrix_of_size_one():
    one = sd.array("c", 1, 1)
    assert sd.gradient(slogdet(one * 2)[1], one).check().passed
    assert sd.gradient(inv(one)[0, 0], one).check().passed


def test_nodes_in_sympy():
    i, j = Index("i", 3), Index("j", 3)
    matrix = Tensor("M", (3, 3))
    assert sympy.latex(InverseEntry(matrix, i, j)) == r"\left({M}^{-1}\right)_{i, j}"
    assert sympy.latex(LogAbsDet(matrix) ** 2) == r"\left(\log \left|\det\left(M\right)\right|\right)^{2}"
    assert Det(matrix).is_positive is None
    assert InverseEntry(matrix, i, j).diff(sympy.Symbol("t")) == 0
    made = sd.hessian(slogdet(X)[1], X).to_sympy()
    assert made.has(sympy.Inverse)


LOSSES = {InverseEntry: (a @ inv(X) @ b, X), LogAbsDet: (slogdet(X)[1], X), Det: (det(X), X)}


def _transposed(rule):
    """The rule with the positions of the matrix exchanged: A⁻¹ for A⁻ᵀ."""
    return lambda expr, entry_rule: rule(expr, lambda found: entry_rule(found.tensor[found.axes[::-1]]))


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "wrong", [scaled(-1), scaled(sympy.Rational(1001, 1000)), _transposed], ids=["sign", "factor", "index"]
)
def test_a_wrong_rule_is_caught(planted, kind, wrong):
    loss, wrt = LOSSES[kind]
    planted(kind, wrong)
    with pytest.raises(InternalError, match="derived gradient"):
        sd.gradient(loss, wrt).check()
