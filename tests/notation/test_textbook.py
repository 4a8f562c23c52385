"""What a lecturer writes: gradients and Hessians of losses, in a terminal and in LaTeX, to the letter."""

from __future__ import annotations

import pytest

from tests.notation.test_printed_formulas_mean_what_the_code_computes import check
from tests.notation.textbook import FORMULAS, SIZES, derived, numbers


@pytest.mark.parametrize(
    ("kind", "loss", "arrays", "wrt", "text", "latex"),
    FORMULAS,
    ids=[f"{row[0]} of {row[1]}" for row in FORMULAS],
)
def test_to_the_letter(kind, loss, arrays, wrt, text, latex):
    made = derived(kind, loss, arrays, wrt)
    assert [str(equation) for equation in (*made.results, *made.lets)] == text
    assert made.latex() == latex
    assert made.check().passed
    for seed in (3, 4):
        check(made, numbers(made.original, seed), SIZES)


@pytest.mark.parametrize(
    ("loss", "arrays", "wrt", "text"),
    [
        ("np.trace(X)", "X=n,n", "X", "L = tr(X)"),
        ("3 * np.trace(X)", "X=n,n", "X", "L = 3 tr(X)"),
        ("np.sum((X @ w - y)**2)", "X=n,d; w=d; y=n", "w", "L = ‖Xw − y‖²"),
        ("np.sum((A @ X - B)**2)", "A=n,m; X=m,k; B=n,k", "X", "L = ‖AX − B‖_F²"),
        ("x @ A @ x", "x=n; A=n,n", "x", "L = xᵀAx"),
        ("np.trace(B.T @ X.T @ C @ X @ X.T @ C @ X @ B)", "X=n,m; B=m,k; C=n,n", "X", "L = tr(BᵀXᵀCXXᵀCXB)"),
    ],
)
def test_losses_to_the_letter(loss, arrays, wrt, text):
    assert str(derived("gradient", loss, arrays, wrt).loss) == text
