"""Results that would be longer, or lose digits, if what cancels or completes were left standing."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symderive as sd
from symderive.language.evaluate import evaluate

ARRAYS = {
    "x": "n", "y": "n", "w": "d", "X": "n,d", "W": "d,h", "V": "h,k", "Y": "n,k", "m": "", "s": ":positive",
    "t": "n:positive", "p": ":positive", "l": ":positive",
}  # fmt: skip
ROWS = [
    ("gradient", "np.sum(np.abs(x)**2)", "x", "∇_x L = 2x"),
    ("hessian", "np.sum(np.abs(x)**2)", "x", "∇²_x L = 2I"),
    ("gradient", "np.sum(np.abs(x)**4)", "x", "∇_x L = 4 x^⊙3"),
    ("gradient", "np.sum(np.abs(x)**3)", "x", "∇_x L = 3(x ⊙ |x|)"),
    ("hessian", "np.sum(np.abs(x)**3)", "x", "∇²_x L = 6 diag(|x|)"),
    ("gradient", "np.sum(np.abs(x) * x)", "x", "∇_x L = 2 |x|"),
    ("gradient", "np.sum(np.abs(X @ w - y)**2)", "w", "∇_w L = 2 Xᵀ(Xw − y)"),
    ("gradient", "np.sum(np.maximum(X @ w, 0)**2)", "w", "∇_w L = 2 Xᵀ relu(Xw)"),
    ("hessian", "np.sum(np.maximum(x, 0)**3)", "x", "∇²_x L = 6 diag(relu(x))"),
    ("gradient", "np.sum(np.maximum(m*x, (m - 1)*x))", "x", "∇_x L = m𝟏 − 1[x ≤ 0]"),
    ("gradient", "np.sum(np.maximum(x, 0.1*x))", "x", "∇_x L = (1/10) 1[x ≤ 0] + 1[x > 0]"),
    ("gradient", "-np.sum((m - 1)*np.log(t) - special.betaln(m, p))", "m",
     "∇_m L = n ψ(m) − n ψ(m + p) − Σᵢ log(tᵢ)"),
    ("gradient", "np.max(np.ones(3)) * np.sum(w**2)", "w", "∇_w L = 2w"),
    ("gradient", "np.sum(np.log(1 + (y - m)**2 / s))", "m", "∇_m L = 2 Σᵢ (m − yᵢ)/((yᵢ − m)² + s)"),
    ("hessian", "np.sum(np.log(1 + (y - m)**2 / s))", "m", "∇²_m L = 2 Σᵢ (s − (yᵢ − m)²)/((yᵢ − m)² + s)²"),
    ("gradient", "np.sum((t / l)**p)", "l", "∇_l L = −(1/l) p Σᵢ (tᵢ/l)^p"),
    (
        "gradient", "np.sum((Y - (X @ W * special.expit(X @ W)) @ V)**2)", "W",
        "∇_W L = −2 Xᵀ((RVᵀ) ⊙ σ(Z) ⊙ (Z ⊙ σ(−Z) + 1))",
    ),
]  # fmt: skip


def derived(kind, text, wrt):
    arrays = {name: sd.parse(name, **{name: shape}) for name, shape in ARRAYS.items() if uses(text, name)}
    return getattr(sd, kind)(sd.parse(text, **arrays), arrays[wrt])


def uses(text, name):
    return re.search(rf"(?<![\w.]){name}(?!\w)", text) is not None


@pytest.mark.parametrize(("kind", "text", "wrt", "shown"), ROWS)
def test_it_is_short_and_right(kind, text, wrt, shown):
    made = derived(kind, text, wrt)
    assert str(made.results[0]) == shown
    assert made.check().passed


@pytest.mark.parametrize("text", ["np.sum(np.abs(x)**2)", "np.sum(np.abs(x)**4)"])
@pytest.mark.parametrize("kind", ["gradient", "hessian"])
def test_even_powers_of_an_absolute_value_have_no_kink(text, kind):
    assert not derived(kind, text, "x").conditions


@pytest.mark.parametrize(
    ("text", "wrt", "shown"),
    [
        ("np.sum(np.abs(x)**2)", "x", "L = Σᵢ |xᵢ|²"),
        ("np.sum(np.abs(X @ w - y)**2)", "w", "L = Σᵢ |xᵢᵀw − yᵢ|²"),
        ("np.linalg.norm(x)**2", "x", "L = ‖x‖²"),
    ],
)
def test_the_loss_stands_as_it_was_written(text, wrt, shown):
    made = derived("gradient", text, wrt)
    assert str(made.loss) == shown
    assert "|" not in str(made.results[0])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("np.sum(np.maximum(m*x, (m - 1)*x))", "at xᵢ = 0: "),
        ("np.sum(np.minimum(x - y, y - x))", "at xᵢ = yᵢ: "),
    ],
)
def test_a_kink_is_where_the_arguments_differ(text, at):
    (said,) = derived("gradient", text, "x").conditions
    assert str(said).startswith(at)


@pytest.mark.parametrize("text", [
    "np.sum(np.abs(x)**2)", "np.sum(np.abs(x)**3)", "np.sum(np.abs(x) * x)", "np.sum(np.maximum(x, 0)**2)",
    "np.sum(np.maximum(x, 0) * x)", "np.sum(np.abs(x)**3 * x)", "np.sum(np.sign(x) * x**2)",
])  # fmt: skip
def test_at_the_kink_the_slope_is_that_of_the_loss(text):
    slope = derived("gradient", text, "x").to_numpy()
    np.testing.assert_array_equal(slope(x=np.zeros(3)), np.zeros(3))


def test_a_difference_that_is_squared_loses_no_digits():
    made = derived("gradient", "np.sum(np.log(1 + (y - m)**2 / s))", "m")
    y, m = np.array([1e8 + 1.0, 1e8 + 3.0]), np.array(1e8)
    (slow,) = evaluate(made.program, {"y": y, "m": m, "s": np.array(2.0)}).values()
    expected = np.sum(2 * (m - y) / ((y - m) ** 2 + 2.0))
    np.testing.assert_allclose([made.to_numpy()(y=y, m=m, s=2.0), slow], expected, rtol=1e-14)


PROBIT = "-np.sum(b * np.log(special.ndtr(X @ w)) + (1 - b) * np.log(special.ndtr(-X @ w)))"
LOGISTIC = PROBIT.replace("ndtr", "expit")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (PROBIT, "∇_w L = (1/√(2π)) Xᵀ(exp(−(1/2) z^⊙2) ⊙ ((1 − b) ⊘ Φ(−z) − b ⊘ Φ(z)))"),
        (LOGISTIC, "∇_w L = Xᵀ((1 − b) ⊙ σ(z) − b ⊙ σ(−z))"),
    ],
)
def test_both_tails_are_read_off_one_result(text, shown):
    X, w, b = sd.parse("X", X="n,d"), sd.parse("w", w="d"), sd.parse("b", b="n:binary")
    made = sd.gradient(sd.parse(text, X=X, w=w, b=b), w)
    assert str(made.results[0]) == shown
    assert made.check().passed


def test_a_bound_index_is_not_called_like_an_array():
    text = "-np.sum(np.log(np.exp(-(x[:, None] - u[None, :])**2 / 2) @ p))"
    arrays = {"x": "n", "u": "k", "p": "k:simplex"}
    made = sd.gradient(sd.parse(text, **arrays), sd.parse("u", **arrays))
    assert [str(one) for one in made.lets] == ["Rᵢⱼ = pⱼ exp(−(1/2)(xᵢ − uⱼ)²)/(Σᵣ pᵣ exp(−(1/2)(xᵢ − uᵣ)²))"]


def test_a_squared_norm_of_a_matrix_needs_no_brackets():
    arrays = {"X": "n,d", "W": "n,d"}
    made = sd.gradient(
        sd.parse("np.linalg.norm(X - W)**2 + np.linalg.norm(X)**3", **arrays), sd.parse("X", **arrays)
    )
    assert str(made.loss) == "L = ‖X − W‖_F² + ‖X‖_F³"
    assert r"\lVert X\rVert_{F}^{3}" in made.loss.latex()
