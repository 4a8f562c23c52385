"""Pools, activations and embeddings against NumPy code that does not know them, and what they cost."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.cost import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import (
    Activation,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    Embedding,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from tests.cost.brute_force import random_arrays
from tests.profiles import examples

POOLS = {"mean": (AvgPool1d, AvgPool2d, AvgPool3d), "max": (MaxPool1d, MaxPool2d, MaxPool3d)}


def pooled(x, kernel, stride, sides, what):
    """Each window cut out of an array that is padded with what never counts."""
    filled = 0.0 if what == "mean" else -np.inf
    x = np.pad(x, ((0, 0), *sides), constant_values=filled)
    shape = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:], kernel, stride, strict=True)]
    y = np.zeros((x.shape[0], *shape))
    for c, *place in np.ndindex(y.shape):
        window = tuple(slice(p * s, p * s + k) for p, s, k in zip(place, stride, kernel, strict=True))
        y[(c, *place)] = getattr(np, what)(x[(c, *window)])
    return y


@settings(max_examples=examples(60), deadline=None)
@given(st.data(), st.sampled_from(["mean", "max"]), st.integers(1, 3))
def test_a_pool_computes_what_numpy_computes(data, what, count):
    kernel = tuple(data.draw(st.integers(1, 3)) for _ in range(count))
    stride = tuple(data.draw(st.integers(1, 3)) for _ in range(count))
    sides = tuple(
        (data.draw(st.integers(0, size // 2)), data.draw(st.integers(0, size // 2))) for size in kernel
    )
    kind = POOLS[what][count - 1]
    extents = {axis: data.draw(st.integers(size, 5)) for axis, size in zip(kind.AXES, kernel, strict=True)}
    layer = kind(2, kernel, **extents, stride=stride, padding=sides)
    arrays = random_arrays(layer.program())
    expected = pooled(arrays["x"], kernel, stride, sides, what)
    assert expected.shape == layer.output_shape
    np.testing.assert_allclose(evaluate(layer.program(), arrays)["y"], expected, atol=1e-12)


def test_a_dilated_maximum_takes_every_second_entry():
    layer = MaxPool1d(1, 2, 6, stride=1, dilation=2)
    arrays = random_arrays(layer.program())
    x = arrays["x"]
    np.testing.assert_allclose(evaluate(layer.program(), arrays)["y"], np.maximum(x[:, :-2], x[:, 2:]))


SCALARS = {
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "silu": lambda x: x / (1 + math.exp(-x)),
}


@pytest.mark.parametrize("function", SCALARS)
def test_an_activation_is_its_formula_at_every_entry(function):
    layer = Activation(function, (2, 4))
    arrays = random_arrays(layer.program())
    got = evaluate(layer.program(), arrays)["y"]
    np.testing.assert_allclose(got, np.vectorize(SCALARS[function])(arrays["x"]), atol=1e-12)
    assert cost(layer).macs == 0


def test_an_embedding_reads_a_row_for_each_number():
    layer = Embedding(6, 3, (2, 4))
    arrays = random_arrays(layer.program())
    got = evaluate(layer.program(), arrays)["y"]
    np.testing.assert_allclose(got, arrays["weight"][arrays["x"].astype(int)])


def test_operations_without_products_stand_under_their_own_names():
    def quantities(layer):
        counted = cost(layer)
        return {
            name: int(counted.quantity(name)) for name in counted.quantities if counted.quantity(name) != 0
        }

    assert quantities(MaxPool2d(4, 2, 6, 8)) == {"comparisons": 3 * 4 * 3 * 4}
    assert quantities(AvgPool2d(4, 2, 6, 8)) == {"divisions": 48, "sum_adds": 3 * 48}
    assert quantities(Embedding(10, 4, (2, 3))) == {"params": 40}
    assert quantities(Activation("gelu", (2, 3))) == {"elementwise_muls": 6, "ndtr": 6}
    assert quantities(Activation("tanh", (2, 3))) == {"tanh": 6}
    assert cost(MaxPool2d(4, 2, 6, 8)).latex() == "0"
    assert cost(AvgPool2d()).formula("divisions").write() == "C · H′ · W′"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: MaxPool1d(2, 2, 8, padding=2),
            "the padding 2 along the length is more than half of the kernel 2",
        ),
        (
            lambda: MaxPool1d(2, 2, 8, padding=2, dilation=2),
            "the padding 2 along the length is more than half of the kernel 2, which covers 3 positions",
        ),
        (
            lambda: MaxPool1d(2, 2, 2, padding=2, dilation=3),
            "of 2 positions of the length a window with padding and a dilation of 3 may see none",
        ),
        (
            lambda: MaxPool1d(2, "k", 9, stride=2, ceil_mode=True),
            "which windows ceil_mode adds depends on the kernel k and the stride 2 of the length; give numbers",
        ),
        (lambda: AvgPool1d(2, 2, 8, divisor=0), "AvgPool1d: divisor: 0 is not a size"),
        (lambda: AvgPool2d(2, 4, 3, 8), "the kernel covers 4 positions and the height with padding has 3"),
        (lambda: AvgPool1d(0), "channels: 0 is not a size"),
        (lambda: Activation("rely"), "unknown function 'rely'; did you mean \"relu\"?"),
        (lambda: Activation("relu", (2, 0)), "batch: 0 is not a size"),
        (lambda: Embedding(vocabulary=-1), "vocabulary: -1 is not a size"),
    ],
)
def test_what_does_not_fit_is_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
