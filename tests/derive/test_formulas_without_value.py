"""A formula that has no value, whatever the arrays are, is refused in one sentence and never becomes 0."""

import numpy as np
import pytest

import symderive as sd

n = sd.dims("n")
x, y, X = sd.array("x", n), sd.array("y", n), sd.array("X", n, n)
NEVER = r"^the formula has no value or no derivative anywhere, because {}; check its signs.*\.$"
NEEDS = NEVER.format("it needs: {}")
REFUSED = [
    (lambda: np.sum(x) / np.sum(0 * x), "no value: it divides by 0 or takes the logarithm of 0"),
    (lambda: np.sum(x / (y - y)), "no value: it divides by 0 or takes the logarithm of 0"),
    (lambda: np.sum(np.log(x - x) * x), "no value: it divides by 0 or takes the logarithm of 0"),
    (lambda: np.sum(np.sqrt(-(x**2))), "no value: a root or a logarithm is taken of what is never positive"),
    (lambda: np.sum(x) * np.sqrt(np.sum(x - x) - 2), "no value: a root or a logarithm is taken of what"),
    (lambda: np.sum(1 / (x - x)), NEVER.format("it divides by 0")),
    (lambda: np.sum(np.exp(x) / np.max(x - x)), NEVER.format("it divides by 0")),
    (lambda: np.sum(np.log(-(x**2))), NEEDS.format("−xᵢ² > 0 for all i")),
    (lambda: np.sum(np.arcsin(2 + x**2)), NEEDS.format("−1 < xᵢ² [+] 2 < 1 for all i")),
    (lambda: np.sum(np.linalg.inv(0 * X) * X), NEVER.format("it inverts a matrix of zeros")),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
@pytest.mark.parametrize("derive", [sd.gradient, sd.hessian])
def test_it_is_refused(make, message, derive):
    loss = make()
    with pytest.raises(sd.SymderiveError, match=message):
        derive(loss, X if "matrix" in message else x)


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (np.log(np.linalg.det(0 * X)), "it takes log of 0"),
        (np.linalg.slogdet(0 * X)[1], "it inverts a matrix of zeros"),
    ],
)
def test_the_logarithm_of_the_determinant_of_zeros_is_refused(loss, reason):
    with pytest.raises(sd.SymderiveError, match=NEVER.format(reason)):
        sd.gradient(loss, X)


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (np.sum(1 / np.max(x - x + n - n)), "it divides by 0"),
        (np.sum(np.sqrt(np.max(x - x) - 2)), "it takes a root of −2"),
        (np.sum(x) * np.arcsin(np.max(x - x) + 2), "it takes arcsin of 2"),
        (np.sum(x) * np.log(np.max(x - x) - n), "it takes log of −n"),
    ],
)
def test_a_number_under_a_function_is_named(loss, reason):
    with pytest.raises(sd.SymderiveError, match=NEVER.format(reason)):
        sd.gradient(loss, x)


def test_a_branch_that_is_never_taken_may_have_no_value():
    made = sd.gradient(np.sum(np.where(x > 0, x, np.log(-(x**2) - 1))), x, subgradient="zero")
    assert made.results


def test_a_constant_that_is_0_has_a_derivative():
    assert str(sd.gradient(np.linalg.norm(x - x) + np.sum(x), x).results[0]) == "∇_x L = 𝟏"


def test_a_maximum_or_product_of_equal_numbers():
    for loss, factor in ((np.max(0 * x + 3) * np.sum(x), 3), (np.prod(0 * x + 2) * np.sum(x), 32)):
        slope = sd.gradient(loss, x).to_numpy()
        np.testing.assert_allclose(slope(x=np.zeros(5)), np.full(5, factor))
