"""The state-space scan and the mixture of experts against NumPy loops that count their products."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import dims
from symderive.cost import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import MixtureOfExperts, StateSpaceScan
from tests.cost.brute_force import random_arrays
from tests.profiles import examples

small = st.integers(1, 3)


@settings(max_examples=examples(30), deadline=None)
@given(small, small, st.integers(1, 4), small, st.booleans())
def test_a_scan_goes_through_the_steps_one_after_the_other(d, state, steps, batch, skip):
    layer = StateSpaceScan(d, state, steps, skip, batch)
    arrays = random_arrays(layer.program(), 8)
    (got,) = evaluate(layer.program(), arrays).values()
    h, expected = arrays["h_start"], np.zeros((batch, steps, d))
    for t in range(steps):
        x, delta = arrays["x"][:, t], arrays["delta"][:, t]
        h = np.exp(delta[..., None] * arrays["a"]) * h + (delta * x)[..., None] * arrays["b"][:, t, None]
        expected[:, t] = (
            np.einsum("ns,ncs->nc", arrays["read"][:, t], h) + arrays.get("skip", np.zeros(d)) * x
        )
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_a_scan_costs_so_many_products_for_each_step_channel_and_entry():
    T, N, d, s = dims("T N d d_s")
    counted = cost(StateSpaceScan(batch="N"))
    # y reads the state; delta · a and fed · b are outer products
    assert sympy.expand(counted.macs - 3 * T * N * d * s) == 0
    assert sympy.expand(counted.quantity("elementwise_muls") - (T * N * d * s + 2 * T * N * d)) == 0
    assert counted.quantity("exp") == T * N * d * s
    assert (counted.params, counted.unknown) == (d * s + d, ())


@settings(max_examples=examples(30), deadline=None)
@given(small, small, st.integers(1, 4), small, st.data())
def test_a_mixture_uses_the_chosen_experts_only(d, hidden, experts, batch, data):
    chosen = data.draw(st.integers(1, experts))
    layer = MixtureOfExperts(d, hidden, experts, chosen, batch, "tanh")
    arrays = random_arrays(layer.program(), 9)
    x, scores = arrays["x"], arrays["x"] @ arrays["w_gate"].T
    arrays["choice"] = np.argsort(-scores, axis=1)[:, :chosen].astype(float)
    (got,) = evaluate(layer.program(), arrays).values()
    expected, products = np.zeros((batch, d)), scores.size * d
    for n, row in enumerate(arrays["choice"].astype(int)):
        shares = np.exp(scores[n, row]) / np.exp(scores[n, row]).sum()
        for share, e in zip(shares, row, strict=True):
            inner = np.tanh(arrays["w_up"][e] @ x[n])
            expected[n] += share * (arrays["w_down"][e] @ inner)
            products += 2 * d * hidden + d
    np.testing.assert_allclose(got, expected, atol=1e-12)
    counted = cost(layer)
    assert counted.macs == counted.valid_macs == products
    assert counted.params == experts * d * (1 + 2 * hidden)
    assert counted.unknown == ()


def test_the_experts_that_are_not_chosen_cost_nothing():
    N, d, h, E, k = dims("N d d_h E k")
    counted = cost(MixtureOfExperts())
    assert sympy.expand(counted.macs - (N * E * d + 2 * N * k * d * h + N * k * d)) == 0
    assert counted.params == E * d + 2 * E * d * h


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: MixtureOfExperts(2, 3, 4, 5), "5 of 4 experts cannot be chosen; take fewer."),
        (lambda: MixtureOfExperts(function="rely"), "unknown function 'rely'; did you mean \"relu\"?"),
        (lambda: cost(MixtureOfExperts()).subs(E=2, k=3), "k ≤ E is needed, but E = 2, k = 3"),
        (lambda: StateSpaceScan(state=0), "StateSpaceScan: state: 0 is not a size"),
    ],
)
def test_what_does_not_fit_is_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
