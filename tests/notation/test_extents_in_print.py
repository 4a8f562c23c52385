"""Signs of sums, products, maxima and minima say up to where an index runs that no entry shows."""

import numpy as np
import pytest

import symderive as sd

SHAPES = {"x": "n", "y": "2*n", "X": "n,d", "w": "d", "a": "m", "b": "n+m-1"}
LOSSES = {
    "np.sum(np.exp(x[1:] - x[:-1]))": "Σ_{p < n−1} exp(xₚ₊₁ − xₚ)",
    "np.sum(np.exp(np.repeat(x, 2)) * y)": "Σ_{p < 2, r} y₂ᵣ₊ₚ exp(xᵣ)",
    "np.prod(x[1:4])": "Π_{p < 3} xₚ₊₁",
    "np.sum(np.max(X[:, 1:] - X[:, :-1], axis=1))": "Σₚ max_{r < d−1} (X[p, r+1] − Xₚᵣ)",
    "np.sum(np.min(X[:, 1:] - X[:, :-1], axis=1))": "Σₚ min_{r < d−1} (X[p, r+1] − Xₚᵣ)",
    "np.log(np.sum(np.exp(x[1:] - x[:-1])))": "log(Σ_{p < n−1} exp(xₚ₊₁ − xₚ))",
    # An axis as a whole, and factors that are 0 beyond it, show the extent.
    "np.sum(np.exp(x) * x[::-1])": "Σₚ xₙ₋₁₋ₚ exp(xₚ)",
    "np.sum(np.convolve(x, a) * b)": "Σₚ bₚ Σᵣ aᵣ xₚ₋ᵣ",
}


@pytest.mark.parametrize("source", LOSSES)
def test_the_extent_stands_under_the_sign(source):
    loss = sd.parse(source, **SHAPES)
    made = sd.gradient(loss, sd.parse("X" if "X" in source else "x", **SHAPES))
    assert made.loss.right_text == LOSSES[source]


def test_in_latex():
    made = sd.gradient(sd.parse("np.prod(x[1:4])", **SHAPES), sd.parse("x", **SHAPES))
    assert made.loss.right_latex == r"\prod_{p < 3} x_{p+1}"
    assert made.conditions[0].latex == r"x_{i+1} \neq 0\text{ for all } i < 3"


def test_conditions_say_it_too():
    n = sd.dims("n")
    x = sd.array("x", n)
    made = sd.gradient(np.sum(np.log(x[2:] - x[:-2])), x)
    assert made.conditions[0].text == "xᵢ₊₂ − xᵢ > 0 for all i < n−2"


def test_a_size_is_asked_for_once():
    n, d = sd.dims("n d")
    X = sd.array("X", n, d)
    loss = np.sum(X[1] * X[2]) / X[0, 0]
    for made in (sd.gradient(loss, X), sd.hessian(loss, X)):
        texts = [one.text for one in made.conditions]
        assert texts[:2] == ["X₀₀ ≠ 0", "n ≥ 3"]
        assert texts[2:] == ["𝐞₁ for the vector that is 1 at position 1, counted from 0, and 0 elsewhere"]


def test_an_intermediate_result_says_how_long_it_is():
    loss = sd.parse("np.sum(np.max(X[:, 1:] - X[:, :-1], axis=1))", **SHAPES)
    made = sd.gradient(loss, sd.parse("X", **SHAPES))
    assert str(made.lets[0]) == "Rᵢⱼ = X[i, j+1] − Xᵢⱼ for j < d−1"
    assert made.lets[0].latex() == r"R_{ij} = X_{i, j+1} - X_{ij}\quad \text{for } j < d-1"
    n = sd.dims("n")
    A = sd.array("A", n, n, domain="invertible")
    made = sd.gradient(np.sum(np.linalg.inv(np.linalg.inv(A)[:2, :2])), A)
    assert str(made.lets[0]) == "Uᵢⱼ = (A⁻¹)ᵢⱼ for i < 2, j < 2"
