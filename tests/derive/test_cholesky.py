"""The Cholesky factor: first and second derivatives, closed forms, the convention, planted errors."""

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.calculus import chain, rules, sums, tidy
from symderive.core.matrix_nodes import CholeskyEntry, CholeskyInverseEntry
from symderive.errors import InternalError, ShapeError, SymderiveError
from symderive.language.elimination import cholesky_factor
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric.draws import draw_all

n, d = sd.dims("n d")
S, K = sd.array("S", d, d, domain="spd"), sd.array("K", d, d, domain="spd")
W, Z = sd.array("W", d, d), sd.array("Z", n, d)
x, a, mu = sd.array("x", d), sd.array("a", d), sd.array("mu", d)
chol, solve, inv = np.linalg.cholesky, np.linalg.solve, np.linalg.inv
L = chol(S)
z = solve(L, x - mu)
FACT = "S is symmetric: derivatives are those of chol(½(S + Sᵀ))"

PRINTED = {
    "log-determinant": (np.sum(np.log(np.diag(L))), S, "(1/2) S⁻¹"),
    "slogdet": (np.linalg.slogdet(L)[1], S, "(1/2) S⁻¹"),
    "whitened": (z @ z, mu, "−2 S⁻¹(x − μ)"),
    "normal": (
        0.5 * z @ z + np.sum(np.log(np.diag(L))), S, "(1/2)(S⁻¹ − S⁻¹(x − μ) (x − μ)ᵀS⁻¹)",
    ),
    "linear": (a @ L @ x, x, "chol(S)ᵀa"),
    "product": (a @ L @ L.T @ x, x, "Sa"),
    "of a product": (np.sum(np.log(np.diag(chol(Z.T @ Z + K)))), Z, "Z(ZᵀZ + K)⁻¹"),
}  # fmt: skip


@pytest.mark.parametrize("case", PRINTED)
def test_printed_form(case):
    loss, wrt, form = PRINTED[case]
    derived = sd.gradient(loss, wrt)
    assert str(derived.results[0]).split(" = ", 1)[1] == form
    assert derived.check().passed


LOSSES = {
    "an entry": L[1, 0] + 2 * L[0, 0],
    "bilinear": a @ L @ x,
    "weighted": np.sum(W * L),
    "squared": np.sum((L @ x) ** 2),
    "inverse": np.sum(inv(L) * W),
    "solve": a @ solve(L, x),
    "transposed solve": a @ solve(L.T, x),
    "named": np.sum(sd.let("L", chol(S)) ** 3),
    "scaled": np.trace(chol(2 * S)) + np.sum(inv(chol(3 * S)) * W),
    "a sum": np.trace(chol(2 * S + K)) + a @ solve(chol(S + K), x),
}


@pytest.mark.parametrize("case", LOSSES)
def test_first_and_second_derivative(case):
    loss = LOSSES[case]
    derived = sd.gradient(loss, S)
    assert derived.check().passed
    assert FACT in map(str, derived.conditions) or case in ("scaled", "a sum")
    assert sd.hessian(loss, S).check().passed


def test_through_a_product():
    loss = a @ chol(Z.T @ Z + K) @ x
    assert sd.gradient(loss, Z).check().passed
    assert sd.hessian(loss, Z, x).check().passed


def test_the_gradient_is_that_along_symmetric_directions():
    """Moving S along a symmetric direction changes NumPy's loss by the inner product with the gradient."""
    rng = np.random.default_rng(0)
    point = draw_all({"S": ((4, 4), "spd"), "W": ((4, 4), "real")}, seed=3)
    slope = sd.gradient(np.sum(W * L), S).to_numpy()(**point)
    way = rng.normal(size=(4, 4))
    way = way + way.T
    step = 1e-6

    def value(t):
        return np.sum(point["W"] * np.linalg.cholesky(point["S"] + t * way))

    assert np.sum(slope * way) == pytest.approx((value(step) - value(-step)) / (2 * step), rel=1e-6)
    np.testing.assert_allclose(slope, slope.T, rtol=1e-12)


def test_conditions():
    assert [str(one) for one in sd.gradient(a @ L @ x, S).conditions] == [FACT]
    removed = sd.gradient(np.sum(np.log(np.diag(L))), S).conditions
    assert [str(one) for one in removed] == ["S = L Lᵀ for L = chol(S)"]
    derived = sd.gradient(a @ chol(Z.T @ Z) @ x, Z)
    assert [str(one) for one in derived.conditions] == ["ZᵀZ is symmetric positive definite"]


def test_code():
    source = sd.gradient(a @ L @ x, x).to_numpy().source
    assert source.splitlines()[-1].strip() == "return np.linalg.cholesky(S).T @ a"


REFUSED = {
    "not symmetric": (
        lambda: chol(W), SymderiveError,
        "cholesky: W is not declared symmetric, and NumPy would read only its lower triangle; "
        "declare W with domain='spd'.",
    ),
    "a rectangle": (lambda: chol(Z), ShapeError, "cholesky: takes a square matrix, not n×d."),
    "upper": (
        lambda: np.linalg.cholesky(S, upper=True), SymderiveError,
        "cholesky: only the lower factor is supported; transpose it for the upper one.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, kind, sentence = REFUSED[case]
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == sentence


def test_what_is_not_symmetric_has_no_value():
    with pytest.raises(SymderiveError, match="no random point"):
        sd.gradient(a @ chol(W @ K) @ x, W).check()


def test_no_symbolic_factor_in_sympy():
    with pytest.raises(SymderiveError, match="no symbolic Cholesky factor"):
        sd.gradient(a @ L @ x, x).to_sympy()


@pytest.mark.parametrize("size", [1, 2, 5])
def test_elimination_agrees_with_numpy(size):
    matrix = draw_all({"S": ((size, size), "spd")}, seed=size)["S"]
    np.testing.assert_allclose(cholesky_factor(matrix.tolist()), np.linalg.cholesky(matrix), rtol=1e-12)
    (value,) = evaluate(program_of(inv(L)), {"S": matrix}).values()
    np.testing.assert_allclose(value, np.linalg.inv(np.linalg.cholesky(matrix)), rtol=1e-9, atol=1e-12)
    assert np.isnan(cholesky_factor((-matrix).tolist())).all()


@pytest.fixture
def planted(monkeypatch):
    """Replaces the rule of a node, and leaves no cache behind."""

    def clear():
        for module in (chain, rules, sums, tidy):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()

    def plant(kind, factor):
        clear()

        def wrong(rule):
            return lambda expr, entry_rule: factor * rule(expr, entry_rule)

        monkeypatch.setattr(
            rules, "RULES", tuple((one, wrong(rule) if one is kind else rule) for one, rule in rules.RULES)
        )

    yield plant
    clear()


@pytest.mark.parametrize("factor", [-1, sympy.Rational(1001, 1000)], ids=["sign", "factor"])
@pytest.mark.parametrize("kind", [CholeskyEntry, CholeskyInverseEntry], ids=lambda kind: kind.__name__)
def test_a_wrong_rule_is_caught(planted, kind, factor):
    loss = a @ L @ x if kind is CholeskyEntry else a @ solve(L, x)
    planted(kind, factor)
    with pytest.raises(InternalError, match="derived gradient"):
        sd.gradient(loss, S).check()
