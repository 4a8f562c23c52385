# ruff: noqa: E501 -- a formula and what is printed of it, one a line
"""Formulas that read arrays at computed positions, as a lecturer would write them."""

from __future__ import annotations

import pytest

import symderive as sd

FORMULAS = [
    ("np.sum(np.diff(x)**2)", "x=n", "x", "∂L/∂xᵢ = 2([i ≥ 1] (xᵢ − xᵢ₋₁) − [i < n−1] (xᵢ₊₁ − xᵢ))",
     r"\frac{\partial L}{\partial x_{i}} = 2 ([i \ge 1] (x_{i} - x_{i-1}) - [i < n-1] (x_{i+1} - x_{i}))"),
    ("np.sum((x[1:] - c*x[:-1])**2)", "x=n; c=", "c", "∇_c L = −2 Σ_{p < n−1} xₚ (xₚ₊₁ − c xₚ)", None),
    ("np.sum(x[1:] * x[:-1])", "x=n", "x", "∂L/∂xᵢ = xᵢ₊₁ + xᵢ₋₁", r"\frac{\partial L}{\partial x_{i}} = x_{i+1} + x_{i-1}"),
    ("np.sum((np.column_stack([X, Z]) @ np.concatenate([w, v]) - y)**2)", "X=n,d; Z=n,k; w=d; v=k; y=n", "v",
     "∇_v L = 2 Zᵀ(Zv + Xw − y)", None),
    ("np.sum(np.logaddexp(0, np.column_stack([np.ones(n), X]) @ np.append(c, w)))", "X=n,d; w=d; c=", "w",
     "∇_w L = Xᵀ σ(Xw + c𝟏)", None),
    ("np.trace(np.kron(A, B))", "A=d,d; B=k,k", "A", "∇_A L = tr(B) I", None),
    ("np.sum(np.kron(A, B)**2)", "A=d,k; B=n,m", "A", "∇_A L = 2 ‖B‖_F² A", None),
    ("np.sum((np.outer(u, v).ravel() - np.ravel(A))**2)", "u=n; v=d; A=n,d", "u", "∇_u L = 2(uvᵀ − A)v", None),
    ("np.sum(np.roll(x, 1) * x)", "x=n", "x", "∂L/∂xᵢ = x[((i+1) mod n)] + x[((i−1) mod n)]", None),
    ("np.sum(np.triu(A) * B)", "A=d,d; B=d,d", "A", "∇_A L = triu(B)", r"\nabla_{A} L = \operatorname{triu}(B)"),
    ("np.sum(np.repeat(w, 3)**2)", "w=d", "w", "∇_w L = 6w", None),
    ("np.sum(np.exp(np.concatenate([x, y])))", "x=n; y=m", "x", "∇_x L = exp(x)", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "arrays", "wrt", "text", "latex"), FORMULAS, ids=[row[0] for row in FORMULAS]
)
def test_what_is_printed(loss, arrays, wrt, text, latex):
    shapes = dict(part.strip().split("=") for part in arrays.split(";"))
    made = sd.gradient(sd.parse(loss, **shapes), sd.parse(wrt, **shapes))
    assert str(made.results[0]) == text
    if latex is not None:
        assert made.results[0].latex() == latex
    assert made.check().passed


def test_what_is_needed_of_sizes_is_said():
    made = sd.gradient(
        sd.parse("np.sum(np.exp(x[:3])) + x[k:] @ x[:-k] + 0 * np.sum(z)", x="n", z="k"), sd.array("x", "n")
    )
    assert [str(one) for one in made.conditions][:2] == ["n ≥ 3", "n ≥ k"]
    assert made.check().sizes == "n=7 k=3"
