"""The noise bound on networks: over many entries none is outside, for array-valued functions as well."""

import numpy as np
import pytest

from symderive.numeric import (
    DenseLayer,
    SquaredError,
    backward,
    central,
    complex_step,
    draw,
    forward,
    loss_value,
    one_sided,
)
from tests.numeric import networks as net

NETWORKS = 60
STEPS = (1e-3, 1e-5, 1e-7, 1e-9, 1e-11)


def network(seed):
    rng = np.random.default_rng(seed)
    layers = [
        DenseLayer(draw((7, 3), seed=rng) / 2, draw((3,), seed=rng), "tanh"),
        DenseLayer(draw((3, 5), seed=rng), draw((5,), seed=rng), "sigmoid"),
    ]
    return layers, draw((6, 7), seed=rng), draw((6, 5), seed=rng)


@pytest.mark.parametrize("quotient", [one_sided, central])
def test_entries_of_network_gradients_lie_within_their_noise(quotient):
    """2 quotients × 60 networks × 21 entries × 5 steps; the noise is neither exceeded nor idle."""
    ratios = []
    for seed in range(NETWORKS):
        layers, x, y = network(seed)

        def loss(weight, layers=layers, x=x, y=y):
            changed = [DenseLayer(weight, layers[0].bias, "tanh"), layers[1]]
            return loss_value(changed, forward(changed, x), SquaredError(), y)

        exact = backward(layers, forward(layers, x), SquaredError(), y)[0].weight
        found = quotient(loss, layers[0].weight, epsilon=STEPS[seed % len(STEPS)])
        assert not found.undecided.any()
        ratios.append(np.abs(found.value - exact) / found.noise)
    ratios = np.array(ratios)
    assert np.mean(ratios <= 1) >= 0.999
    assert np.median(ratios) > 0.03


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "softmax"])
def test_jacobians_of_layers_lie_within_their_noise(name):
    """output.shape + wrt.shape, against the complex step of the same layer."""
    weight, x = draw((3, 4), seed=2), draw((5, 3), seed=3)

    def layer(w):
        return net.NAIVE[name](x @ w)

    exact = complex_step(layer, weight)
    assert exact.value.shape == (5, 4, 3, 4)
    for quotient in (one_sided, central):
        for epsilon in STEPS:
            found = quotient(layer, weight, epsilon=epsilon)
            assert found.value.shape == exact.value.shape
            inside = np.abs(found.value - exact.value) <= found.noise + exact.noise
            assert inside.mean() >= 0.995


def test_the_noise_is_least_at_the_default_step_of_a_network():
    layers, x, y = network(1)

    def loss(weight):
        changed = [DenseLayer(weight, layers[0].bias, "tanh"), layers[1]]
        return loss_value(changed, forward(changed, x), SquaredError(), y)

    best = central(loss, layers[0].weight).noise.max()
    for epsilon in (1e-2, 1e-3, 1e-8, 1e-10):
        assert central(loss, layers[0].weight, epsilon=epsilon).noise.max() > 10 * best


def test_the_noise_of_a_quotient_is_the_sum_of_its_parts():
    point = draw((4,), seed=1)
    for found in (
        one_sided(lambda a: np.exp(a).sum(), point),
        central(lambda a: np.exp(a).sum(), point),
        complex_step(lambda a: np.exp(a).sum(), point),
    ):
        np.testing.assert_allclose(found.noise, found.truncation + found.round_off, rtol=1e-15)
        assert (found.truncation >= 0).all()
        assert (found.round_off > 0).all()


def test_truncation_grows_as_the_textbook_says():
    """ε/2·|L″| and ε²/6·|L‴|, with a margin of a quarter."""
    for epsilon in (1e-3, 1e-4):
        first, second = one_sided(np.exp, 0.4, epsilon=epsilon), central(np.exp, 0.4, epsilon=10 * epsilon)
        assert first.truncation == pytest.approx(1.25 * epsilon / 2 * np.exp(0.4), rel=0.01)
        assert second.truncation == pytest.approx(1.25 * (10 * epsilon) ** 2 / 6 * np.exp(0.4), rel=0.02)


def test_round_off_shrinks_with_the_step():
    fine, coarse = (one_sided(np.exp, 0.4, epsilon=epsilon).round_off for epsilon in (2.0**-20, 2.0**-40))
    assert coarse == pytest.approx(2.0**20 * fine, rel=0.01)


def test_the_same_call_gives_the_same_bits():
    layers, x, _ = network(5)
    first, second = (central(lambda w: np.tanh(x @ w).sum(), layers[0].weight) for _ in range(2))
    for part in ("value", "noise", "truncation", "round_off", "quantum"):
        np.testing.assert_array_equal(getattr(first, part), getattr(second, part))
