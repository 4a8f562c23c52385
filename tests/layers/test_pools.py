"""Pools, activations and embeddings against NumPy code that does not know them, and what they cost."""

import itertools
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


def starts(size, span, step, sides, rounds_up):
    """Where windows begin that end in the padding; rounded up, all that begin inside or in front."""
    found, begin = [], -sides[0]
    while begin + span <= size + sides[1] or (
        rounds_up and begin + span - step < size + sides[1] and begin < size
    ):
        found.append(begin)
        begin += step
    return found


def pooled(x, kernel, stride, sides, what, dilation=None, rounds_up=False, with_padding=True):
    """Each window tap by tap; what counts are those inside, of a mean also those in the padding."""
    dilation = dilation or (1,) * len(kernel)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    rows = [starts(*row, rounds_up) for row in zip(x.shape[1:], spans, stride, sides, strict=True)]
    y = np.zeros((x.shape[0], *map(len, rows)))
    for c, *place in np.ndindex(y.shape):
        seen, padding = [], 0
        for tap in itertools.product(*map(range, kernel)):
            spot = [row[p] + d * u for row, p, d, u in zip(rows, place, dilation, tap, strict=True)]
            if all(0 <= one < n for one, n in zip(spot, x.shape[1:], strict=True)):
                seen.append(x[(c, *spot)])
            else:
                ends = zip(spot, x.shape[1:], sides, strict=True)
                padding += all(-before <= one < n + after for one, n, (before, after) in ends)
        count = len(seen) + (padding if with_padding else 0)
        y[(c, *place)] = max(seen) if what == "max" else sum(seen) / count
    return y


def on_each_axis(draw, what):
    return tuple(draw(one) for one in what)


@settings(max_examples=examples(60), deadline=None)
@given(st.data(), st.sampled_from(["mean", "max"]), st.integers(1, 3), st.booleans(), st.booleans())
def test_a_pool_computes_what_numpy_computes(data, what, count, rounds_up, with_padding):
    kernel, stride = (on_each_axis(data.draw, [st.integers(1, 3)] * count) for _ in range(2))
    dilation = on_each_axis(data.draw, [st.integers(1, 2 if what == "max" else 1)] * count)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    sides = on_each_axis(data.draw, [st.tuples(*[st.integers(0, span // 2)] * 2) for span in spans])
    kind = POOLS[what][count - 1]
    extents = on_each_axis(data.draw, [st.integers(span, 5) for span in spans])
    options = {"dilation": dilation} if what == "max" else {"count_include_pad": with_padding}
    layer = kind(2, kernel, *extents, stride=stride, padding=sides, ceil_mode=rounds_up, **options)
    arrays = random_arrays(layer.program())
    expected = pooled(arrays["x"], kernel, stride, sides, what, dilation, rounds_up, with_padding)
    assert expected.shape == layer.output_shape
    np.testing.assert_allclose(evaluate(layer.program(), arrays)["y"], expected, atol=1e-12)
    taps = math.prod(kernel)
    found = cost(layer)
    assert (found.comparisons if what == "max" else found.adds) == (taps - 1) * expected.size


def test_a_mean_divided_by_something_else():
    layer = AvgPool1d(2, 3, 8, stride=2, divisor=5)
    arrays = random_arrays(layer.program())
    got = evaluate(layer.program(), arrays)["y"]
    np.testing.assert_allclose(got, 3 / 5 * pooled(arrays["x"], (3,), (2,), ((0, 0),), "mean"))
    assert evaluate(AvgPool1d(2, 3, 8, divisor=1).program(), arrays)["y"].shape == (2, 2)
    assert cost(AvgPool1d(2, 3, 8, divisor=1)).divs == 0


def test_windows_that_are_partly_inside_in_symbols():
    rows = cost(MaxPool2d("C", 3, "H", "W", stride=2, ceil_mode=True))
    assert rows.formula("comparisons").write() == "C · H′ · W′ · 8"
    sizes = np.arange(2, 60)
    outputs = rows.compile("activations")(C=1, H=sizes, W=3)
    assert list(outputs) == [len(starts(size, 3, 2, (0, 0), True)) for size in sizes]


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
            "which windows ceil_mode adds depends on the kernel k and the stride 2 of the length; give",
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
