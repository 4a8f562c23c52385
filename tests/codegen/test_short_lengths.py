"""Code for arrays that are shorter than what a formula shifts them by: what lies outside is 0, no error."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.codegen import from_forms, positions
from symderive.codegen.numpy_source import numpy_function
from symderive.language.evaluate import evaluate
from tests.codegen.spaces import HERE

N, M = sd.dims("n m")
V, W, F = sd.array("v", N), sd.array("w", N), sd.array("f", 3)
A, G = sd.array("A", N, M), sd.array("g", 3, 4)


def later(array, steps):
    """The array moved by so many positions, zeros in front."""
    return np.pad(array, (steps, 0))[:N]


BORDERED = np.pad(A, ((1, 1), (2, 2)))
IMAGE = sum(G[i, j] * BORDERED[i : N + i, j : M + 1 + j] for i in range(3) for j in range(4))
LOSSES = {
    "five taps": (np.sum(np.convolve(V, np.arange(1.0, 6.0)) ** 3), V),
    "own taps": (np.sum(np.exp(np.convolve(V, F))), V),
    "both": (np.sum(np.convolve(V, W) ** 2), W),
    "autoregression": (np.sum((V - sum(F[k] * later(V, 2 * k + 1) for k in range(3))) ** 2), V),
    "dilated": (np.sum(np.exp(sum(F[k] * np.pad(V, (4, 4))[2 * k : N + 2 * k] for k in range(3)))), V),
    "three lags": (np.sum(V * later(V, 3) * later(W, 2)), V),
    "a corner": (np.sum(np.tanh(np.pad(A, ((3, 0), (0, 2)))[:N, 2:]) * A), A),
    "an image": (np.sum(IMAGE**2), A),
    "a triangle": (np.sum(np.exp(np.triu(A, 3)) * A), A),
}  # fmt: skip
SIZES = ((1, 1), (2, 1), (1, 2), (3, 2), (4, 3), (5, 2), (2, 5))
DERIVATIVES = {"gradient": sd.gradient, "hessian": sd.hessian}


def drawn(program, sizes):
    """Random arrays for the inputs of a program."""
    rng = np.random.default_rng(1)
    values = dict(zip((N, M), sizes, strict=True))
    return {
        one.name: rng.normal(size=[int(size.subs(values)) for size in one.shape]) for one in program.inputs
    }


def is_right(derivation, function, sizes):
    """Whether code gives what the equations say."""
    arrays = drawn(derivation.original, sizes)
    named = dict(zip((N, M), sizes, strict=True))
    (slow,) = evaluate(derivation.program, arrays, named).values()
    made = function(**arrays)
    return made.shape == slow.shape and np.allclose(made, slow, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", DERIVATIVES)
@pytest.mark.parametrize("name", LOSSES)
def test_arrays_shorter_than_a_shift(name, kind):
    derivation = DERIVATIVES[kind](*LOSSES[name])
    function = derivation.to_numpy()
    for sizes in SIZES:
        assert is_right(derivation, function, sizes), (sizes, function.source)


# The standard leaves open what a slice gives that starts behind the end; array_api_strict refuses it.
LENIENT = [space for space in HERE if "strict" not in space.name]


@pytest.mark.parametrize("space", LENIENT, ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["autoregression", "dilated", "a corner"])
def test_in_other_libraries(name, space):
    derivation = sd.gradient(*LOSSES[name])
    plan = derivation.to_numpy().program
    for sizes in SIZES[:4]:
        arrays = drawn(derivation.original, sizes)
        made, _ = space.value(numpy_function(plan, "f", plan=True).program, arrays, "float64")
        (slow,) = evaluate(derivation.program, arrays, dict(zip((N, M), sizes, strict=True))).values()
        assert made.shape == slow.shape
        assert np.allclose(made, slow, rtol=1e-10, atol=1e-10)


def test_where_a_condition_says_that_an_axis_is_long_nothing_is_cut():
    loss = np.sum(np.exp(V[:-4] * V[2:-2]) * V[4:])
    assert "max(" not in sd.gradient(loss, V).to_numpy().source


@pytest.mark.parametrize(
    ("module", "name"), [(from_forms, "is_length"), (positions, "is_length")], ids=["lengths", "cuts"]
)
def test_a_planted_error_is_noticed(module, name, monkeypatch):
    monkeypatch.setattr(module, name, lambda size: True)
    with pytest.raises((AssertionError, ValueError)):
        list(map(test_arrays_shorter_than_a_shift, LOSSES, ["hessian"] * len(LOSSES)))
