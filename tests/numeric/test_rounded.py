"""What rounding can do to a value, against arithmetic of higher precision."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.derive import verification
from symderive.errors import InternalError
from symderive.numeric.rounded import Rounded, rounded, rounding_noise

X = np.linspace(-2.0, 3.0, 12).reshape(4, 3)


def noise_of(function, **arrays):
    return rounding_noise(lambda given: function(**given), arrays)


@pytest.mark.parametrize("z", [0.5, 3.0, 12.0, 17.2, 18.0, 18.4, 18.7])
def test_it_covers_the_error_of_a_saturated_slope_and_is_not_much_larger(z):
    (noise,) = noise_of(lambda x: 1 - np.tanh(x) ** 2, x=np.array(z))
    exact = sympy.sech(sympy.Rational(Fraction(z))) ** 2
    error = abs(float(exact.evalf(40) - sympy.Rational(Fraction(float(1 - np.tanh(z) ** 2)))))
    assert error <= noise < 2e-15


def test_cancellation_inside_a_sum_or_a_product_is_seen():
    big = np.array([1e8, 1.0, -1e8])
    for function in (lambda x: np.sum(x), lambda x: x @ np.ones(3), lambda x: np.einsum("i->", x)):
        (noise,) = noise_of(function, x=big)
        assert 1e-9 < noise < 1e-6


def test_a_near_singular_matrix_amplifies():
    bad = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]])
    (noise,) = noise_of(lambda x: np.linalg.inv(x), x=bad)
    assert noise.max() > 1e-8 * np.abs(np.linalg.inv(bad)).max()
    (fine,) = noise_of(lambda x: np.linalg.inv(x), x=np.array([[2.0, 1.0], [1.0, 3.0]]))
    assert fine.max() < 1e-14


def test_what_only_moves_entries_is_exact():
    def moves(x):
        largest = np.max(x, axis=1, keepdims=True)
        return np.where(x == largest, x.T.reshape(4, 3) * 0, np.pad(x, ((1, 0), (0, 0)))[1:][::-1])

    (noise,) = noise_of(moves, x=X)
    assert (noise == 0).all()


def test_equal_numbers_stay_equal():
    """Otherwise a tie would seem to be undone by rounding, and an error at it would be called noise."""
    twice = np.concatenate([X.ravel(), X.ravel()])
    made = np.exp(rounded(twice, 1)) * 3
    np.testing.assert_array_equal(np.asarray(made[:12]), np.asarray(made[12:]))
    assert (np.asarray(made) != np.exp(twice) * 3).any()
    (noise,) = noise_of(lambda x: np.where(x * 1.5 == np.max(x * 1.5), 1.0, 0.0), x=twice)
    assert (noise < 1e-14).all()


def test_several_results_and_the_same_seed_give_the_same():
    def both(x):
        return np.exp(x), np.sum(x**3)

    first, second = noise_of(both, x=X), noise_of(both, x=X)
    assert first[0].shape == X.shape
    assert first[1].shape == ()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        assert (one > 0).any()


def test_operations_keep_making_errors():
    made = rounded(X, 0)
    several = (
        made + 1,
        made @ made.T,
        made.sum(axis=0),
        np.sum(made),
        made[1:],
        np.exp(made).T,
        2.0 / (made + 9),
    )
    for one in several:
        assert isinstance(one, Rounded)


N = sd.dims("n")
x = sd.array("x", N)


@pytest.mark.parametrize("loss", [np.sum(np.tanh((2 * x) * x)), np.sum(np.tanh(6 * x) ** 2)])
def test_saturated_losses_are_confirmed_and_wrong_ones_are_not(loss, monkeypatch):
    made = sd.hessian(loss, x)
    for seed in range(4):
        assert made.check(seed).passed
    wrong = verification.in_usual_layout
    monkeypatch.setattr(
        verification, "in_usual_layout", lambda d, values, *rest: wrong(d, _scaled(values, d), *rest)
    )
    with pytest.raises(InternalError, match="does not agree"):
        sd.hessian(loss, x).check()


def _scaled(values, derivation):
    """What was derived, wrong by a thousandth."""
    return tuple(1.001 * one for one in values) if isinstance(values, tuple) else 1.001 * values


def test_adding_zero_and_multiplying_by_one_make_no_error():
    def steps(arrays):
        x, ones = arrays["x"], arrays["ones"]
        return np.where((x * ones > x) | (x + 0 * x != x) | (x / ones < x), 1.0, 0.0)

    (noise,) = rounding_noise(steps, {"x": np.linspace(0.1, 0.9, 9), "ones": np.ones(9)})
    assert not noise.any()


def test_what_is_written_through_a_view_is_there():
    def with_ones_added(x):
        made = 0 * x
        np.einsum("ii->i", made)[:] += 1
        np.transpose(made)[0, 1] -= 2
        return made @ x

    square = np.array([[0.3, 1.7], [-2.2, 0.9]])
    (noise,) = noise_of(with_ones_added, x=square)
    assert (noise < 1e-13).all()
