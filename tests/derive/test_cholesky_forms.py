# ruff: noqa: E501 -- one formula a line
"""Gradients through a Cholesky factor in matrix form, `½ L⁻ᵀ(tril(M) + triu(Mᵀ) − diag(M))L⁻¹` with M = LᵀL̄."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.notation.forms import BigSum, Triangle, walk
from symderive.notation.recover import matrix_form
from tests.profiles import examples

SHAPES = {"A": "n,n:spd", "B": "n,n", "C": "n,n", "u": "n", "v": "n", "y": "n"}
FACTOR = "np.linalg.cholesky(A)"
TERMS = [
    "np.sum({L} * B)", "np.sum({L} * C)", "u @ {L} @ v", "np.sum(({L} @ u - y)**2)", "np.sum(({L}.T @ v - y)**2)",
    "np.trace(B @ {L} @ C)", "np.sum({L}**2 * B)", "np.sum(({L} - B)**2)", "np.sum(np.linalg.solve({L}, u) * y)",
    "np.sum(({L} @ B - C)**2)", "np.sum(np.log(np.diag({L})))", "np.sum(np.tanh({L} @ u))",
]  # fmt: skip


def gradient(loss: str) -> sd.Derivation:
    used = {name: shape for name, shape in SHAPES.items() if name in loss.replace("np.linalg.cholesky", "")}
    return sd.gradient(sd.parse(loss, **used), sd.array("A", *[sd.dims("n")] * 2, domain="spd"))


@pytest.mark.parametrize(
    ("loss", "right"),
    [
        ("np.sum({L} * B)", "(1/2) chol(A)⁻ᵀ(tril(chol(A)ᵀB) + triu(Bᵀ chol(A)) − diag((B ⊙ chol(A))ᵀ𝟏)) chol(A)⁻¹"),
        ("u @ {L} @ v", "(1/2) chol(A)⁻ᵀ(tril(chol(A)ᵀu vᵀ) + triu(vuᵀ chol(A)) − diag(v ⊙ chol(A)ᵀu)) chol(A)⁻¹"),
        ("np.sum(({L} @ u - y)**2)", "chol(A)⁻ᵀ(triu(u(chol(A) u − y)ᵀ chol(A)) + tril(chol(A)ᵀ(chol(A) u − y) uᵀ) + diag(u ⊙ chol(A)ᵀ(y − chol(A) u))) chol(A)⁻¹"),
        ("np.sum(np.log(np.diag({L})))", "(1/2) A⁻¹"),
        ("np.sum(np.linalg.solve({L}, u)**2)", "−A⁻¹u uᵀA⁻¹"),
    ],
)  # fmt: skip
def test_to_the_letter(loss, right):
    made = gradient(loss.format(L=FACTOR))
    assert str(made.results[0]) == f"∇_A L = {right}"
    assert made.check().passed


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.sampled_from(["", "2 * ", "-"]), st.sampled_from(TERMS)), min_size=1, max_size=3)
)
def test_random_losses_have_matrix_form_and_are_right(terms):
    loss = " + ".join(f"{number}{term.format(L=FACTOR)}" for number, term in terms)
    made = gradient(loss)
    assert made.check().passed
    assert all(matrix_form(one.definition) is not None for one in (*made.results, *made.lets)), made.results
    parts = [part for one in made.results for part in walk(one.form)]
    assert not any(isinstance(part, BigSum) for part in parts)


def test_no_triangle_of_ones_between_diagonal_matrices():
    made = gradient(f"u @ {FACTOR} @ v")
    triangles = [part for part in walk(made.results[0].form) if isinstance(part, Triangle)]
    assert len(triangles) == 2
    assert "𝟏𝟏ᵀ" not in str(made.results[0])
