"""Adaptive pools, upsampling, softmax and dropout against NumPy code that does not know them, and PyTorch."""

from functools import partial

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import dims
from symderive.core.divisors import Gcd
from symderive.cost import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    Dropout,
    Softmax,
    Upsample1d,
    Upsample2d,
    Upsample3d,
)
from tests.cost.brute_force import random_arrays
from tests.profiles import examples

POOLS = {
    "mean": (AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d),
    "max": (AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d),
}
UPSAMPLES = (Upsample1d, Upsample2d, Upsample3d)


def computed(layer):
    program = layer.program()
    arrays = random_arrays(program, 6)
    (y,) = evaluate(program, arrays).values()
    assert y.shape == layer.output_shape
    return y, arrays


def each_axis(draw, count, what):
    return tuple(draw(what) for _ in range(count))


@settings(max_examples=examples(60), deadline=None)
@given(st.data(), st.sampled_from(sorted(POOLS)), st.integers(1, 3))
def test_an_adaptive_pool_cuts_out_the_windows_of_pytorch(data, what, count):
    extents = each_axis(data.draw, count, st.integers(1, 6 if count < 3 else 4))
    outputs = each_axis(data.draw, count, st.integers(1, 6 if count < 3 else 4))
    y, arrays = computed(POOLS[what][count - 1](2, *extents, outputs))
    for c, *place in np.ndindex(y.shape):
        window = tuple(
            slice(int(np.floor(i * extent / out)), int(np.ceil((i + 1) * extent / out)))
            for i, extent, out in zip(place, extents, outputs, strict=True)
        )
        expected = getattr(np, what)(arrays["x"][(c, *window)])
        assert y[(c, *place)] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=examples(40), deadline=None)
@given(st.data(), st.integers(1, 3))
def test_the_nearest_entry_is_repeated(data, count):
    extents, scale = (each_axis(data.draw, count, st.integers(1, 3)) for _ in range(2))
    y, arrays = computed(UPSAMPLES[count - 1](2, *extents, scale))
    expected = arrays["x"]
    for axis, factor in enumerate(scale, 1):
        expected = expected.repeat(factor, axis)
    np.testing.assert_array_equal(y, expected)


@settings(max_examples=examples(40), deadline=None)
@given(st.data(), st.integers(1, 3))
def test_between_entries_it_goes_straight(data, count):
    extents, scale = (each_axis(data.draw, count, st.integers(1, 3)) for _ in range(2))
    y, arrays = computed(UPSAMPLES[count - 1](2, *extents, scale, "linear"))
    expected = arrays["x"]
    for axis, (extent, factor) in enumerate(zip(extents, scale, strict=True), 1):
        places = (np.arange(extent * factor) + 0.5) / factor - 0.5  # np.interp repeats the ends, too
        expected = np.apply_along_axis(partial(np.interp, places, np.arange(extent)), axis, expected)
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_a_softmax_has_the_sum_1_along_its_axis():
    y, arrays = computed(Softmax(3, 2, (4, 5)))
    np.testing.assert_allclose(y, np.exp(arrays["x"]) / np.exp(arrays["x"]).sum(1, keepdims=True))
    np.testing.assert_allclose(y.sum(1), 1)


def test_dropout_leaves_out_only_while_training():
    y, arrays = computed(Dropout((2, 3)))
    np.testing.assert_array_equal(y, arrays["x"])
    program = Dropout((2, 3), training=True, rate=0.2).program()
    x, kept = np.arange(6.0).reshape(2, 3), np.array([[1, 0, 1], [0, 1, 1]])
    np.testing.assert_allclose(evaluate(program, {"x": x, "kept": kept})["y"], x * kept / 0.8)
    counted = cost(Dropout((2, 3)))
    assert (counted.macs, counted.muls, counted.adds, counted.unknown) == (0, 0, 0, ())


OF_TORCH = [
    (AdaptiveAvgPool2d(2, 5, 4, (3, 2), 2), [-0.3149188302855334, 0.03906839705630549]),
    (AdaptiveMaxPool2d(2, 5, 4, (3, 2), 2), [0.5661076368981803, -1.9452786532104844]),
    (AdaptiveAvgPool2d(2, 5, 4, batch=2), [-0.055759895124740236, 0.0577399853049834]),
    (Upsample2d(2, 5, 4, (3, 2), batch=2), [-0.9938886539233752, 1.5871309627070962]),
    (Upsample2d(2, 5, 4, (3, 2), "linear", 2), [-0.9938886539233752, -3.9734314070272623]),
    (Softmax(2, 2, (5, 4)), [0.3342382008110757, -0.8608198380302854]),
]
"""PyTorch 2.15.0 in double precision, with x = sin(1), sin(2), … of shape (2, 2, 5, 4): the last entry of y,
and the sum of all y·cos(1, …)."""


@pytest.mark.parametrize(("layer", "expected"), OF_TORCH, ids=str)
def test_the_layers_compute_what_pytorch_does(layer, expected):
    x = np.sin(1 + np.arange(80)).reshape(2, 2, 5, 4)
    (y,) = evaluate(layer.program(), {"x": x}).values()
    found = [y.flat[-1], np.sum(y * np.cos(1 + np.arange(y.size)).reshape(y.shape))]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_what_they_cost_in_symbols():
    N, C, H, W, d, s, Ho, Wo = dims("N C H W d s H_out W_out")
    pool = cost(AdaptiveAvgPool2d(output=("H_out", "W_out")))
    assert (pool.macs, pool.quantity("divisions"), pool.unknown) == (0, C * Ho * Wo, ())
    assert pool.subs(C=2, H=6, W=4, H_out=3, W_out=2).adds == 2 * 6 * (4 - 1)
    assert cost(AdaptiveMaxPool2d()).quantity("comparisons") == C * (H * W - 1)
    assert pool.conditions == ()
    rows, columns = H + Ho - Gcd(H, Ho), W + Wo - Gcd(W, Wo)
    assert sympy.expand(pool.adds - C * (rows * columns - Ho * Wo)) == 0
    near, line = cost(Upsample2d(batch="N")), cost(Upsample2d(mode="linear"))
    assert (near.muls, near.adds, near.unknown) == (0, 0, ())
    assert (line.macs, line.muls, line.unknown) == (0, C * H * W * s + C * H * W * s**2, ())
    soft = cost(Softmax("d", "N"))
    assert (soft.quantity("exp"), soft.quantity("divisions")) == (N * d, N * d)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: AdaptiveAvgPool2d(2, 3, 4, (1, 2, 3)), "AdaptiveAvgPool2d: output: 3 values given"),
        (lambda: AdaptiveAvgPool1d(2, 3, 0), "AdaptiveAvgPool1d: output: 0 is not a size"),
        (lambda: Upsample2d(mode="cubic"), "unknown mode 'cubic'. Known are nearest, linear."),
        (lambda: Upsample1d(scale=0), "Upsample1d: scale: 0 is not a size"),
        (lambda: Dropout(rate=1), "with the rate 1 nothing is left; take less than 1"),
        (lambda: Dropout(rate=-1), "Dropout: rate: -1 is not a positive number"),
        (lambda: Softmax(0), "Softmax: d: 0 is not a size"),
    ],
)
def test_what_does_not_fit_is_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
