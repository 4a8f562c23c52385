"""Losses that hardly change, or not at all: confirmed from wider steps; wrong derivatives are still found."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.derive import step_checks, verification
from symderive.errors import InternalError

x = sd.array("x", sd.dims("n"))
column = x[:, None]
FLAT = {
    "tiny slopes": np.linalg.vector_norm(1 + np.deg2rad(np.deg2rad(x)) ** 2, ord=3),
    "a large constant": np.sum(np.sin(x / 1000) ** 2) + 1e4,
    "one is wide, one is not": np.sum(np.sin(x) * 1e-7) + 3,
}
CONSTANT = {
    "nuclear and Frobenius norm of a column": np.linalg.norm(column, "nuc") - np.linalg.norm(column),
    "spectral norm of a column": np.linalg.norm(column, 2) - np.linalg.norm(x),
    "a square": np.sum((x + 1 / 3) ** 2 - x**2 - 2 * x / 3),
}


def off(monkeypatch, change):
    """Change what was derived before it is compared."""
    right = verification.in_usual_layout
    calls = []

    def wrong(derivation, values, *rest):
        calls.append(1)
        odd = len(calls) % 2  # the numbers; then what rounding can do to them
        return right(derivation, change(values) if odd else values, *rest)

    monkeypatch.setattr(verification, "in_usual_layout", wrong)


@pytest.mark.parametrize("name", FLAT)
def test_a_flat_loss_is_confirmed_and_a_wrong_slope_is_not(name, monkeypatch):
    for made in (sd.gradient(FLAT[name], x), sd.directional(FLAT[name], x, "v")):
        assert made.check().passed
    off(monkeypatch, lambda values: 1.001 * values)
    for made in (sd.gradient(FLAT[name], x), sd.directional(FLAT[name], x, "v")):
        with pytest.raises(InternalError, match=r"does not agree|could not be confirmed"):
            made.check()


@pytest.mark.parametrize("name", CONSTANT)
def test_a_constant_is_confirmed_and_a_small_slope_is_not(name, monkeypatch):
    for made in (sd.gradient(CONSTANT[name], x), sd.directional(CONSTANT[name], x, "v")):
        assert made.check().passed
    off(monkeypatch, lambda values: values + 1e-8)
    for made in (sd.gradient(CONSTANT[name], x), sd.directional(CONSTANT[name], x, "v")):
        with pytest.raises(InternalError, match=r"does not agree|could not be confirmed"):
            made.check()


def test_a_step_from_what_rounding_has_left_of_0_is_confirmed_and_a_wrong_one_is_not(monkeypatch):
    """A total of standardised columns is 0, and so is the slope of its square; computed, it is 1e-16."""
    total = "np.sum(((X - np.mean(X, axis=0)) / np.std(X, axis=0)) @ w) ** 2"
    arrays = {"X": "n,d", "w": "d"}
    made = sd.gradient(sd.parse(total, **arrays), sd.parse("X", **arrays))
    assert str(made.results[0]) == "∇_X L = 0"
    assert made.check().passed
    loss = f"{total} + np.sum(np.sin(X @ w) ** 2)"
    made = sd.gradient(sd.parse(loss, **arrays), sd.parse("X", **arrays))
    assert made.check().passed
    right = step_checks._values
    monkeypatch.setattr(
        step_checks,
        "_values",
        lambda *args: ({one: 1.001 * value for one, value in right(*args)[0].items()}, right(*args)[1]),
    )
    with pytest.raises(InternalError, match="the step"):
        sd.gradient(sd.parse(loss, **arrays), sd.parse("X", **arrays)).check()
