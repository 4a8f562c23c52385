"""A formula that has no value, whatever the arrays are, is refused in one sentence and never becomes 0."""

import numpy as np
import pytest

import symderive as sd

n = sd.dims("n")
x, y, X = sd.array("x", n), sd.array("y", n), sd.array("X", n, n)
NEEDS = r"^the formula has no value or no derivative anywhere, because it needs: {}; check its signs.*\.$"
REFUSED = [
    (lambda: np.sum(x) / np.sum(0 * x), "no value: it divides by 0 or takes the logarithm of 0"),
    (lambda: np.sum(x / (y - y)), "no value: it divides by 0 or takes the logarithm of 0"),
    (lambda: np.sum(np.log(x - x) * x), "no value: it divides by 0 or takes the logarithm of 0"),
    (lambda: np.sum(np.sqrt(-(x**2))), "no value: a root or a logarithm is taken of what is never positive"),
    (lambda: np.sum(x) * np.sqrt(np.sum(x - x) - 2), "no value: a root or a logarithm is taken of what"),
    (lambda: np.sum(1 / (x - x)), NEEDS.format("0 ≠ 0")),
    (lambda: np.sum(np.exp(x) / np.max(x - x)), NEEDS.format("0 ≠ 0")),
    (lambda: np.sum(np.log(-(x**2))), NEEDS.format("−xᵢ² > 0 for all i")),
    (lambda: np.sum(np.arcsin(2 + x**2)), NEEDS.format("−1 < xᵢ² [+] 2 < 1 for all i")),
    (lambda: np.sum(np.linalg.inv(0 * X) * X), NEEDS.format("0 is invertible")),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
@pytest.mark.parametrize("derive", [sd.gradient, sd.hessian])
def test_it_is_refused(make, message, derive):
    loss = make()
    with pytest.raises(sd.SymderiveError, match=message):
        derive(loss, X if "invertible" in message else x)


@pytest.mark.parametrize("loss", [np.log(np.linalg.det(0 * X)), np.linalg.slogdet(0 * X)[1]])
def test_the_logarithm_of_the_determinant_of_zeros_is_refused(loss):
    with pytest.raises(
        sd.SymderiveError, match=r"because it needs: (0 > 0|0 is invertible); check its signs"
    ):
        sd.gradient(loss, X)


def test_a_branch_that_is_never_taken_may_have_no_value():
    made = sd.gradient(np.sum(np.where(x > 0, x, np.log(-(x**2) - 1))), x, subgradient="zero")
    assert made.results


def test_a_constant_that_is_0_has_a_derivative():
    assert str(sd.gradient(np.linalg.norm(x - x) + np.sum(x), x).results[0]) == "∇_x L = 𝟏"


def test_a_maximum_or_product_of_equal_numbers():
    for loss, factor in ((np.max(0 * x + 3) * np.sum(x), 3), (np.prod(0 * x + 2) * np.sum(x), 32)):
        slope = sd.gradient(loss, x).to_numpy()
        np.testing.assert_allclose(slope(x=np.zeros(5)), np.full(5, factor))
