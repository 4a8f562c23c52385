"""Sums that are positive definite whatever their arrays: they need no condition under an inverse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.core.dims import Dim
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric.draws import draw_all
from tests.profiles import examples

ARRAYS = {
    "X": "n,d", "lam": ":positive", "s": "n:positive", "t": "d:positive", "b": "d", "P": "d,d:spd",
    "S": "n,n:spd", "c": "", "u": "n", "M": "d,d", "q": "d:nonnegative",
}  # fmt: skip
SIZES = {"n": 3, "d": 4}  # XᵀX is singular
DEFINITE = [
    "lam * np.eye(d)", "np.diag(t)", "P", "lam * P", "np.linalg.inv(P)", "np.exp(c) * np.eye(d)",
    "np.diag(np.exp(b))", "np.eye(d) / s.sum()", "(P + np.eye(d))",
]  # fmt: skip
SEMIDEFINITE = [
    "X.T @ X", "X.T @ np.diag(s) @ X", "X.T @ (s[:, None] * X) / n", "np.outer(b, b)", "lam * np.outer(t, t)",
    "X.T @ S @ X",
    "X.T @ np.linalg.inv(S) @ X", "np.diag(q)", "c**2 * np.eye(d)", "np.diag(b**2)",
    "X.T @ np.linalg.inv(X @ X.T + lam * np.eye(n)) @ X",
]  # fmt: skip
NEITHER = [
    "c * np.eye(d)", "np.diag(b)", "M", "X.T @ np.diag(u) @ X", "-P", "-X.T @ X", "np.outer(b, t)", "M @ M",
    "M @ P", "X.T @ X @ M",
    "np.ones((d, d)) * c",
]  # fmt: skip


def needed(matrix):
    """The conditions on matrices under which log |det| has a gradient."""
    loss = sd.parse(f"np.linalg.slogdet({matrix})[1] * y", y="", **ARRAYS)
    made = sd.gradient(loss, sd.parse("y", y=""))
    return [str(one) for one in made.conditions if "invertible" in str(one)]


def values(matrix, seed):
    """The matrix at random arrays."""
    program = program_of(sd.parse(matrix, **ARRAYS))
    shapes = {
        str(one.name): (tuple(SIZES[str(size)] for size in one.shape), one.domain) for one in program.inputs
    }
    (value,) = evaluate(
        program, draw_all(shapes, seed=seed), sizes={Dim(name): size for name, size in SIZES.items()}
    ).values()
    return value


@settings(max_examples=examples(60))
@given(
    st.lists(st.sampled_from(SEMIDEFINITE + DEFINITE), max_size=3),
    st.sampled_from(DEFINITE),
    st.integers(0, 99),
)
def test_definite_sums_need_no_condition(terms, definite, seed):
    matrix = " + ".join([*terms, definite])
    assert needed(matrix) == []
    assert np.linalg.eigvalsh(values(matrix, seed)).min() > 0


@settings(max_examples=examples(60))
@given(st.lists(st.sampled_from(SEMIDEFINITE + DEFINITE), max_size=2), st.sampled_from(NEITHER))
def test_other_sums_need_one(terms, other):
    assert len(needed(" + ".join([*terms, other]))) == 1


@given(st.lists(st.sampled_from(SEMIDEFINITE), min_size=1, max_size=3))
def test_sums_of_semidefinite_matrices_need_one(terms):
    assert len(needed(" + ".join(terms))) >= 1


@pytest.mark.parametrize("matrix", NEITHER)
def test_what_is_neither_can_be_indefinite(matrix):
    """The list of exceptions is not empty talk: each of them is not positive definite for some arrays."""
    smallest = [
        np.linalg.eigvalsh((made + made.T) / 2).min() for made in (values(matrix, seed) for seed in range(9))
    ]
    assert min(smallest) <= 0
