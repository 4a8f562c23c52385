"""What a lecturer writes of Jacobians, higher orders, directions, layouts and forms, to the letter."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd

n, d, k, m = sd.dims("n d k m")
X, w, y, b = sd.array("X", n, d), sd.array("w", d), sd.array("y", n, domain="sign"), sd.array("b")
A, B, W = sd.array("A", k, n), sd.array("B", d, m), sd.array("W", d, k)
z = sd.array("z", d)
LOGISTIC = np.mean(np.logaddexp(0, -y * (X @ w)))
SQUARES = np.sum((X @ w - y) ** 2)

KINDS = [
    (lambda: sd.jacobian(X @ w, w), ["∂f/∂w = X"], r"\frac{\partial f}{\partial w} = X"),
    (
        lambda: sd.jacobian(A @ X @ B, X),
        ["∂vec(F)/∂vec(X)ᵀ = Bᵀ ⊗ A"],
        r"\frac{\partial \operatorname{vec}(F)}{\partial \operatorname{vec}(X)^{\top}} = B^{\top} \otimes A",
    ),
    (
        lambda: sd.jacobian(X.T, X),
        ["∂vec(F)/∂vec(X)ᵀ = K[n,d]"],
        r"\frac{\partial \operatorname{vec}(F)}{\partial \operatorname{vec}(X)^{\top}} = K_{n,d}",
    ),
    (
        lambda: sd.jacobian(np.tanh(X @ w), w, layout="denominator"),
        ["∂f/∂w = Xᵀ diag(1 − tanh(Xw)^⊙2)"],
        r"\frac{\partial f}{\partial w} = X^{\top} \operatorname{diag}(1 - \tanh(X w)^{\odot 2})",
    ),
    (
        lambda: sd.jacobian(z / np.linalg.norm(z), z),
        ["∂f/∂z = (1/‖z‖)(I − (1/‖z‖²) zzᵀ)"],
        None,
    ),
    (
        lambda: sd.gradient(SQUARES, w, layout="numerator"),
        ["∂L/∂w = 2(Xw − y)ᵀX"],
        r"\frac{\partial L}{\partial w} = 2 (X w - y)^{\top} X",
    ),
    (
        lambda: sd.derivative(np.sum(np.exp(X @ w)), w, w, w),
        ["∂³L/∂wᵢ∂wⱼ∂wₖ = Σₚ Xₚᵢ Xₚⱼ Xₚₖ exp(xₚᵀw)"],
        r"\frac{\partial^{3} L}{\partial w_{i}\,\partial w_{j}\,\partial w_{k}} = "
        r"\sum_{p} X_{pi} X_{pj} X_{pk} e^{x_{p}^{\top} w}",
    ),
    (
        lambda: sd.directional(SQUARES, w, "v"),
        ["⟨∇_w L, v⟩ = 2(Xw − y)ᵀXv"],
        r"\langle \nabla_{w} L, v \rangle = 2 (X w - y)^{\top} X v",
    ),
    (
        lambda: sd.hessian_vector_product(LOGISTIC, w, "v"),
        ["∇²_w L v = (1/n) Xᵀ((Xv) ⊙ σ(−z) ⊙ σ(z))", "z = −y ⊙ Xw"],
        r"\nabla^2_{w} L\, v = \frac{1}{n} X^{\top} ((X v) \odot \sigma(-z) \odot \sigma(z)),"
        r"\quad z = -y \odot X w",
    ),
    (
        lambda: sd.hessian(np.sum((X @ w + b - y) ** 2), [w, b]),
        ["∇²_w L = 2 XᵀX", "∇_w ∇_b L = 2 Xᵀ𝟏", "∇_b ∇_w L = 2 Xᵀ𝟏", "∇²_b L = 2n"],
        None,
    ),
    (
        lambda: sd.hessian(np.sum(np.sqrt(1 + (X @ w - y) ** 2) - 1), w),
        ["∇²_w L = Xᵀ diag(1 ⊘ (1 + (Xw − y)^⊙2)^⊙(3/2)) X"],
        None,
    ),
    (
        lambda: sd.hessian(np.sum(np.log(1 + (X @ w - y) ** 2)), w),
        ["∇²_w L = 2 Xᵀ diag((1 − r^⊙2) ⊘ (1 + r^⊙2)^⊙2) X", "r = Xw − y"],
        None,
    ),
]


@pytest.mark.parametrize(("make", "lines", "latex"), KINDS)
def test_to_the_letter(make, lines, latex):
    derived = make()
    assert [str(one) for one in (*derived.results, *derived.lets)] == lines
    if latex is not None:
        assert derived.latex() == latex
    assert derived.check().passed


@pytest.mark.parametrize(
    ("form", "line", "latex"),
    [
        ("closed", "∇_w L = 2 Xᵀ(Xw − y)", r"\nabla_{w} L = 2 X^{\top} (X w - y)"),
        ("expanded", "∇_w L = 2 XᵀXw − 2 Xᵀy", r"\nabla_{w} L = 2 X^{\top} X w - 2 X^{\top} y"),
        (
            "index",
            "∂L/∂wⱼ = 2 Σᵢ Xᵢⱼ (Σₚ Xᵢₚ wₚ − yᵢ)",
            r"\frac{\partial L}{\partial w_{j}} = "
            r"2 \sum_{i} X_{ij} \left(\sum_{p} X_{ip} w_{p} - y_{i}\right)",
        ),
    ],
)
def test_the_forms_of_least_squares(form, line, latex):
    derived = sd.gradient(SQUARES, w)
    assert f"  {line}" in derived.text("brief", form).splitlines()
    assert derived.latex(form) == latex
