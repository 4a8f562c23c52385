"""Floats and arrays of numbers in formulas stand for what people mean by them."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import sympy
from hypothesis import given

import symderive as sd
from symderive.errors import SymderiveError
from symderive.language.constants import exact

PI = sympy.pi


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (0.1, sympy.Rational(1, 10)),
        (1e-5, sympy.Rational(1, 100000)),
        (2.0, sympy.Integer(2)),
        (1 / 3, sympy.Rational(1, 3)),
        (-2 / 7, -sympy.Rational(2, 7)),
        (np.sqrt(2), sympy.sqrt(2)),
        (1 / np.sqrt(2), 1 / sympy.sqrt(2)),
        (np.sqrt(2 / np.pi), sympy.sqrt(2 / PI)),
        (1 / np.sqrt(2 * np.pi), 1 / sympy.sqrt(2 * PI)),
        (np.pi, PI),
        (np.pi**2 / 6, None),
        (2 * np.pi, 2 * PI),
        (1 / np.pi, 1 / PI),
        (np.log(2), sympy.log(2)),
        (np.log(2 * np.pi), sympy.log(2 * PI)),
        (0.5 * np.log(2 * np.pi), sympy.log(2 * PI) / 2),
        (-np.log(np.pi), -sympy.log(PI)),
        (np.e, sympy.E),
        (0.12345678901234567, None),
    ],
)
def test_constants_are_recognised(value, meaning):
    found = exact(float(value))
    assert found == (sympy.Rational(repr(float(value))) if meaning is None else meaning)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_changes_by_more_than_round_off(value):
    assert abs(float(exact(value)) - value) <= 4 * math.ulp(value)


def test_a_normal_density_has_no_decimals_in_its_derivative():
    x = sd.array("x", "n")
    found = str(sd.gradient(np.sum(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)), x).results[0])
    assert found == "∇_x L = −(1/√(2π))(x ⊙ exp(−(1/2) x^⊙2))"


X, y = sd.array("X", 5, 3), sd.array("y", 3)


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        (lambda: np.sum((X.T @ X - np.eye(3)) ** 2), "∇_X L = 4(XXᵀX − X)"),
        (lambda: np.sum((X - np.ones((5, 3))) ** 2), "∇_X L = 2(X − 1)"),
        (lambda: np.sum((y - [1, 1, 1]) ** 2), "∇_y L = 2(y − 1)"),
        (lambda: y @ np.array([0, 0, 1]), "∇_y L = 𝐞₂"),
        (lambda: np.sum(y * np.zeros(3) + y), "∇_y L = 𝟏"),
    ],
)
def test_arrays_of_numbers(loss, gradient):
    variable = X if "_X" in gradient else y
    derived = sd.gradient(loss(), variable)
    assert str(derived.results[0]) == gradient
    assert derived.check().passed


def test_a_planted_error_in_an_array_of_numbers_is_seen():
    numbers = np.array([1.0, 2.0, 4.0])
    derived = sd.gradient(np.sum((X @ numbers) ** 2), X).to_numpy()
    values = np.random.default_rng(3).normal(size=(5, 3))
    assert np.allclose(derived(X=values), np.outer(2 * values @ numbers, numbers))
    assert not np.allclose(derived(X=values), np.outer(2 * values @ numbers, numbers[::-1]))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([1.0, np.nan, 2.0], "finite real numbers only"),
        (["a", "b", "c"], "finite real numbers only"),
        (np.zeros((0,)), "without entries"),
        (np.arange(1, 71), "70 entries that are not 0"),
        ([1.0, 2.0], "sizes 3 and 2 differ"),
        ([1j, 2, 3], "finite real numbers only"),
        ([[1], [2, 3]], "rows of different lengths"),
    ],
)
def test_other_arrays_are_refused(numbers, message):
    with pytest.raises(SymderiveError, match=message):
        y * numbers


x = sd.array("x", 5)


@pytest.mark.parametrize(
    "loss",
    [
        lambda X: X.var(),
        lambda X: np.var(X, ddof=1),
        lambda X: np.std(X, axis=1, ddof=1).sum(),
        lambda X: X.std(axis=0).sum(),
        lambda X: np.sum((X / X.std(axis=1, keepdims=True)) ** 3),
    ],
)
def test_variances(loss):
    derived = sd.gradient(loss(X), X)
    assert derived.check().passed
    values = np.random.default_rng(5).normal(size=(5, 3))
    step = 1e-6 * np.eye(15).reshape(15, 5, 3)
    differences = np.array([(loss(values + one) - loss(values - one)) / 2e-6 for one in step])
    assert np.allclose(derived.to_numpy()(X=values).ravel(), differences, atol=1e-7)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda: np.var(x, ddof=1.5), "ddof is 1.5"),
        (lambda: np.var(x, ddof=5), "leave nothing to divide by"),
        (lambda: x.std(dtype=float), "dtype is not supported"),
    ],
)
def test_variances_that_are_refused(loss, message):
    with pytest.raises(SymderiveError, match=message):
        loss()
