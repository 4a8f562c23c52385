"""A wrong gradient is caught: every planted error, in every network, entry by entry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.numeric import (
    DenseLayer,
    SquaredError,
    backward,
    central,
    compare,
    draw,
    forward,
    loss_value,
    one_sided,
)
from tests.profiles import examples

ROWS, D_IN, HIDDEN, D_OUT = 6, 7, 3, 5


def network(seed):
    """A two-layer network and its data at a generic point, with pairwise different dims."""
    rng = np.random.default_rng(seed)
    first = DenseLayer(draw((D_IN, HIDDEN), seed=rng) / 2, draw((HIDDEN,), seed=rng), "tanh")
    second = DenseLayer(draw((HIDDEN, D_OUT), seed=rng), draw((D_OUT,), seed=rng), "sigmoid")
    return [first, second], draw((ROWS, D_IN), seed=rng), draw((ROWS, D_OUT), seed=rng)


def loss_of_first_weight(layers, x, y):
    def loss(weight):
        changed = [DenseLayer(weight, layers[0].bias, "tanh"), layers[1]]
        return loss_value(changed, forward(changed, x), SquaredError(), y)

    return loss


def without_slope(layers, x, y):
    """∂L/∂W1 with the factor g′(z¹) forgotten."""
    trace = forward(layers, x)
    delta = 2 * (trace.output - y) * trace.output * (1 - trace.output)
    return x.T @ (delta @ layers[1].weight.T)


def without_last_sample(layers, x, y):
    return backward(layers, forward(layers, x[:-1]), SquaredError(), y[:-1])[0].weight


def transposed_index(layers, x, y):
    """δ¹ = δ² W2 instead of δ² W2ᵀ, with the first three outputs taken for the hidden units."""
    trace = forward(layers, x)
    delta = 2 * (trace.output - y) * trace.output * (1 - trace.output)
    mixed = delta[:, :HIDDEN] @ layers[1].weight[:, :HIDDEN]
    return x.T @ (mixed * (1 - trace.inputs[1] ** 2))


def one_wrong_entry(right, seed):
    wrong = right.copy()
    index = np.random.default_rng(seed).integers(0, wrong.size)
    wrong.flat[index] += 1e-4 * np.abs(right).max()
    return wrong


def planted(kind, layers, x, y, right, seed):
    wrong = {
        "sign": lambda: -right,
        "0.1 per cent": lambda: 1.001 * right,
        "transposed index": lambda: transposed_index(layers, x, y),
        "slope forgotten": lambda: without_slope(layers, x, y),
        "sample forgotten": lambda: without_last_sample(layers, x, y),
        "one wrong entry": lambda: one_wrong_entry(right, seed),
        "two entries swapped": lambda: np.concatenate([right[1::-1], right[2:]]),
        "mean for sum": lambda: right / (ROWS * D_OUT),
    }
    return wrong[kind]()


KINDS = (
    "sign",
    "0.1 per cent",
    "transposed index",
    "slope forgotten",
    "sample forgotten",
    "one wrong entry",
    "two entries swapped",
    "mean for sum",
)


@pytest.mark.parametrize("quotient", [one_sided, central])
@settings(max_examples=examples(200), deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(KINDS))
def test_planted_errors_are_caught_and_right_gradients_are_not(quotient, seed, kind):
    layers, x, y = network(seed)
    right = backward(layers, forward(layers, x), SquaredError(), y)[0].weight
    found = quotient(loss_of_first_weight(layers, x, y), layers[0].weight)
    correct = compare(found.value, right, noise=found, name="W1")
    assert correct.verdict != "different", correct.summary()
    wrong = planted(kind, layers, x, y, right, seed)
    assert compare(found.value, wrong, noise=found, name="W1").verdict == "different"


def test_one_wrong_entry_is_the_one_that_is_named():
    layers, x, y = network(4)
    right = backward(layers, forward(layers, x), SquaredError(), y)[0].weight
    found = central(loss_of_first_weight(layers, x, y), layers[0].weight)
    wrong = right.copy()
    wrong[5, 2] *= 1.001
    comparison = compare(found.value, wrong, noise=found, name="W1")
    assert [entry.name for entry in comparison.entries if entry.verdict == "different"] == ["W1[5, 2]"]
    assert comparison.worst.name == "W1[5, 2]"


def test_in_the_round_off_regime_small_errors_drown_and_are_not_called_equal_to_nothing():
    """At ε = 1e-13 the noise is a few per cent: a deviation of 0.1 % cannot be seen, a sign can."""
    layers, x, y = network(4)
    right = backward(layers, forward(layers, x), SquaredError(), y)[0].weight
    found = one_sided(loss_of_first_weight(layers, x, y), layers[0].weight, epsilon=1e-13)
    assert compare(found.value, 1.001 * right, noise=found).verdict == "undecided"
    assert compare(found.value, -right, noise=found).verdict == "different"
