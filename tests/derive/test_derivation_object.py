"""A derivation as an object: what a REPL shows, and that it survives a pickle."""

import pickle

import numpy as np
import pytest

import symderive as sd
from symderive.errors import SymderiveError


def least_squares():
    n, d = sd.dims("n d")
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    return sd.gradient(np.sum((X @ w - y) ** 2), w)


def test_the_repr_is_the_closed_form():
    assert repr(least_squares()) == "<gradient: ∇_w L = 2 Xᵀ(Xw − y)>"


def test_a_checked_derivation_and_its_function_survive_a_pickle():
    derived = least_squares()
    derived.check()
    arrays = {"X": np.array([[1.0, 2.0], [0.5, -1.0]]), "w": np.array([1.0, -2.0]), "y": np.array([0.0, 1.0])}
    again = pickle.loads(pickle.dumps(derived))
    assert str(again) == str(derived)
    function = pickle.loads(pickle.dumps(derived.to_numpy()))
    assert function.source == derived.to_numpy().source
    expected = 2 * arrays["X"].T @ (arrays["X"] @ arrays["w"] - arrays["y"])
    np.testing.assert_allclose(function(**arrays), expected)
    np.testing.assert_allclose(again.to_numpy()(**arrays), expected)


def test_points_at_which_a_value_overflows_are_no_test_points():
    """`exp(800)` on the way makes a share 0 or NaN without a word: nothing can be compared there."""
    score = "np.outer(z, z) ** 4"
    total = f"np.sum(np.exp({score}), axis=0, keepdims=True)"
    loss = sd.parse(f"z @ np.exp({score} - np.log({total})) @ z", z="d")
    check = sd.gradient(loss, sd.parse("z", z="d")).check()
    assert check.passed


def test_a_loss_that_overflows_everywhere_is_not_confirmed():
    loss = sd.parse("np.sum(x) + 1 / np.sum(np.exp(1e6 * (1 + x ** 2)))", x="n")
    with pytest.raises(SymderiveError, match="no random point was found at which the loss has a value"):
        sd.gradient(loss, sd.parse("x", x="n")).check()
