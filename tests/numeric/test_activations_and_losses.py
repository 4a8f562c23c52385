"""Every activation and every loss, one by one, against complex steps of a formula that is written apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from symderive.errors import SymderiveError
from symderive.numeric import (
    ACTIVATIONS,
    BinaryCrossEntropy,
    Loss,
    OutputDifference,
    SoftmaxCrossEntropy,
    SquaredError,
    activation,
    complex_step,
    draw,
)
from tests.numeric import networks as net
from tests.profiles import examples

LOSSES = (SquaredError, OutputDifference, BinaryCrossEntropy, SoftmaxCrossEntropy)
PAIRS = [(BinaryCrossEntropy, "sigmoid"), (SoftmaxCrossEntropy, "softmax")]


def test_every_loss_is_tested():
    assert set(LOSSES) == set(Loss.__subclasses__())


def test_every_activation_has_its_formula_in_the_tests():
    assert set(ACTIVATIONS) == set(net.NAIVE)


@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_values_are_those_of_the_formula(name, seed):
    z = draw((4, 3), seed=seed)
    assert_allclose(activation(name).value(z), net.NAIVE[name](z), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_pullback_is_the_transposed_jacobian(name, seed):
    rng = np.random.default_rng(seed)
    z, v = draw((4, 3), seed=rng), draw((4, 3), seed=rng)
    jacobian = complex_step(net.NAIVE[name], z)
    expected = np.einsum("ij,ijkl->kl", v, jacobian.value)
    noise = np.einsum("ij,ijkl->kl", np.abs(v), jacobian.noise) + 1e-14
    found = activation(name).pullback(z, activation(name).value(z), v)
    assert (np.abs(found - expected) <= noise).all()


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_entrywise_activations_do_not_mix_entries(name):
    z = draw((5,), seed=4)
    for place in range(5):
        v = np.eye(5)[place]
        found = activation(name).pullback(z, activation(name).value(z), v)
        assert set(np.flatnonzero(found)) <= {place}


def test_softmax_is_a_distribution_and_does_not_feel_a_shift():
    z = draw((4, 3), seed=8)
    softmax = activation("softmax")
    assert_allclose(softmax.value(z).sum(axis=-1), 1, rtol=1e-15)
    assert_allclose(softmax.value(z + 1e4), softmax.value(z), rtol=1e-11)
    assert_allclose(softmax.pullback(z, softmax.value(z), np.ones((4, 3))), 0, atol=1e-15)


def test_relu_has_slope_zero_at_its_kink():
    relu = activation("relu")
    z = np.array([-1.0, 0.0, 2.0])
    assert_allclose(relu.pullback(z, relu.value(z), np.full(3, 5.0)), [0, 0, 5])


def test_unknown_activation():
    with pytest.raises(SymderiveError, match="unknown activation 'swish'"):
        activation("swish")


def data(rng, loss_type):
    """Outputs and targets on which every loss is defined: probabilities, and distributions as targets."""
    y = (
        draw((4, 3), "simplex", seed=rng)
        if loss_type is SoftmaxCrossEntropy
        else draw((4, 3), "unit", seed=rng)
    )
    return draw((4, 3), "unit", seed=rng), y


NAIVE = {
    SquaredError: lambda a, y: (a - y) ** 2,
    OutputDifference: lambda a, y: y - a,
    BinaryCrossEntropy: lambda a, y: -y * np.log(a) - (1 - y) * np.log(1 - a),
    SoftmaxCrossEntropy: lambda a, y: -y * np.log(a),
}


@pytest.mark.parametrize("loss_type", LOSSES)
@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_gradient_with_respect_to_the_output(loss_type, seed):
    a, y = data(np.random.default_rng(seed), loss_type)
    expected = complex_step(lambda v: NAIVE[loss_type](v, y).sum(), a)
    found = loss_type().gradient(a, y)
    assert (np.abs(found - expected.value) <= expected.noise + 1e-14 * np.abs(expected.value)).all()
    assert_allclose(loss_type().entry_value(a, y), NAIVE[loss_type](a, y), rtol=1e-12)


@pytest.mark.parametrize(("loss_type", "partner"), PAIRS)
@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_shortcut_through_z_agrees_with_the_long_way(loss_type, partner, seed):
    """δ = p − y against the chain of both derivatives, and the value from z against that from the output."""
    rng = np.random.default_rng(seed)
    z = draw((4, 3), seed=rng)
    y = data(rng, loss_type)[1]
    a = activation(partner).value(z)
    loss = loss_type("mean")
    assert loss.partner == partner
    long_way = activation(partner).pullback(z, a, loss.gradient(a, y)) / loss.count(a)
    assert_allclose(loss.delta(z, a, y, partner), long_way, rtol=1e-10, atol=1e-14)
    assert loss.value(z, a, y, partner) == pytest.approx(
        loss.entry_value(a, y).sum() / loss.count(a), rel=1e-12
    )


@pytest.mark.parametrize("loss_type", LOSSES)
def test_what_a_mean_divides_by(loss_type):
    a, y = data(np.random.default_rng(1), loss_type)
    divisor = 4 if loss_type is SoftmaxCrossEntropy else 12
    total = loss_type("sum").value(a, a, y, "identity")
    assert loss_type("mean").value(a, a, y, "identity") == pytest.approx(total / divisor, rel=1e-14)
    assert_allclose(
        loss_type("mean").delta(a, a, y, "identity") * divisor, loss_type("sum").delta(a, a, y, "identity")
    )


def test_half_of_the_squared_error():
    a, y = np.array([1.0, 2.0]), np.array([0.0, 5.0])
    assert SquaredError().value(a, a, y, "identity") == 10
    assert SquaredError(half=True).value(a, a, y, "identity") == 5
    assert_allclose(SquaredError(half=True).delta(a, a, y, "identity"), a - y)


@pytest.mark.parametrize("loss_type", [SquaredError, OutputDifference])
def test_a_loss_without_partner_has_no_shortcut(loss_type):
    loss = loss_type()
    assert loss.partner == ""
    with pytest.raises(SymderiveError, match="no activation belongs"):
        loss.paired_value(np.ones(2), np.ones(2))
    with pytest.raises(SymderiveError, match="no activation belongs"):
        loss.paired_delta(np.ones(2), np.ones(2))
