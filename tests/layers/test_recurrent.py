"""Recurrent layers against NumPy loops over time that count their products, and against PyTorch's numbers."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import dims
from symderive.cost import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import GRU, LSTM, RNN
from tests.cost.brute_force import random_arrays
from tests.profiles import examples

small = st.integers(1, 3)


class Counted:
    """Matrix products of rows, counted."""

    def __init__(self):
        self.products = 0

    def __call__(self, x, weight):
        self.products += x.shape[0] * weight.size
        return x @ weight.T


def logistic(x):
    return 1 / (1 + np.exp(-x))


def gates_of(times, arrays, mark, x, h):
    """What input and state add to the gates, each (batch, gates, entries)."""
    found = []
    for name, read in (("ih", x), ("hh", h)):
        weight = arrays[f"w_{name}{mark}"]
        rows = weight.reshape(-1, weight.shape[-1])
        bias = arrays.get(f"b_{name}{mark}", np.zeros(rows.shape[0])).ravel()
        found.append((times(read, rows) + bias).reshape(len(read), -1, weight.shape[-2]))
    return found


def rnn_step(times, arrays, mark, x, state, function=np.tanh):
    from_x, from_h = gates_of(times, arrays, mark, x, state["h"])
    state["h"] = function(from_x + from_h)[:, 0]


def relu_step(*given):
    rnn_step(*given, function=lambda x: np.maximum(x, 0))


def gru_step(times, arrays, mark, x, state):
    from_x, from_h = gates_of(times, arrays, mark, x, state["h"])
    reset, update = (logistic(from_x[:, place] + from_h[:, place]) for place in (0, 1))
    candidate = np.tanh(from_x[:, 2] + reset * from_h[:, 2])
    state["h"] = candidate + update * (state["h"] - candidate)


def lstm_step(times, arrays, mark, x, state):
    i, f, g, o = np.moveaxis(sum(gates_of(times, arrays, mark, x, state["h"])), 1, 0)
    state["c"] = logistic(f) * state["c"] + logistic(i) * np.tanh(g)
    state["h"] = logistic(o) * np.tanh(state["c"])
    if f"w_hr{mark}" in arrays:
        state["h"] = times(state["h"], arrays[f"w_hr{mark}"])


def looped(layer, arrays, step):
    """The output (batch, time, entries), and how many products there were."""
    times = Counted()
    x = arrays["x"] if layer.batch_first else np.swapaxes(arrays["x"], 0, 1)
    for number in range(1, layer.layers + 1):
        mark, outputs = (f"_{number}" if layer.layers > 1 else ""), []
        for back in ("", "_back")[: 1 + layer.bidirectional]:
            state = {
                name: arrays[f"{name}_start{mark}{back}"]
                for name in "hc"
                if f"{name}_start{mark}{back}" in arrays
            }
            made = {}
            for t in range(x.shape[1])[:: -1 if back else 1]:
                step(times, arrays, mark + back, x[:, t], state)
                made[t] = state["h"]
            outputs.append(np.stack([made[t] for t in range(x.shape[1])], axis=1))
        x = np.concatenate(outputs, axis=2)
    return x if layer.batch_first else np.swapaxes(x, 0, 1), times.products


KINDS = {
    "tanh": (RNN, rnn_step), "relu": (RNN, relu_step), "gru": (GRU, gru_step), "lstm": (LSTM, lstm_step),
}  # fmt: skip


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(sorted(KINDS)), small, small, small, small, st.integers(1, 2), st.data())
def test_a_recurrent_layer_computes_and_costs_what_loops_over_time_do(kind, d, h, steps, batch, layers, data):
    made, step = KINDS[kind]
    options = {name: data.draw(st.booleans()) for name in ("bias", "bidirectional", "batch_first")}
    if made is RNN:
        options["function"] = kind
    if made is LSTM and h > 1 and data.draw(st.booleans()):
        options["projection"] = data.draw(st.integers(1, h - 1))
    layer = made(d, h, steps, layers, batch=batch, **options)
    arrays = random_arrays(layer.program(), 4)
    (got,) = evaluate(layer.program(), arrays).values()
    expected, products = looped(layer, arrays, step)
    assert got.shape == layer.output_shape
    np.testing.assert_allclose(got, expected, atol=1e-12)
    counted = cost(layer)
    assert counted.macs == counted.valid_macs == products
    assert counted.params == sum(array.size for name, array in arrays.items() if name[:2] in ("w_", "b_"))
    assert counted.unknown == ()


def test_the_steps_of_a_layer_may_stay_a_symbol():
    T, N, d, h, p = dims("T N d_in d_h d_p")
    counted = cost(LSTM(batch="N", projection="d_p"))
    assert sympy.expand(counted.macs - T * N * (4 * h * d + 4 * h * p + h * p)) == 0
    assert counted.formula().write() == "4 · T · N · d_in · d_h + 5 · T · N · d_h · d_p"
    assert counted.quantity("elementwise_muls") == 3 * T * N * h
    assert counted.subs(T=5, N=3, d_in=16, d_h=32, d_p=8).macs == 49920
    both = cost(GRU("d_in", "d_h", "T", 2, bidirectional=True))
    assert sympy.expand(both.macs - 2 * T * 3 * h * ((d + h) + (2 * h + h))) == 0
    assert cost(RNN(bias=False)).adds == cost(RNN()).adds - 2 * T * h


# PyTorch 2.15.0 in double precision: y[1, 3, 1] and the sum of all y·cos(1, …), with x = sin(1, …) of shape
# (2, 5, 3), the k-th parameter of the module from cos(1 + 10k) on, states that begin with h from sin(3) and
# c from cos(5) on.
OF_TORCH = [
    (RNN(3, 2, 5, batch=2), [0.948333736713644, 1.0251875159958943]),
    (RNN(3, 2, 5, bias=False, batch=2, function="relu"), [3.608053259403534, 4.675463588362931]),
    (GRU(3, 2, 5, batch=2), [0.4075332122877584, 0.08832347682913383]),
    (GRU(3, 2, 5, 2, bidirectional=True, batch=2), [0.6095178238092742, -0.911312176719956]),
    (LSTM(3, 2, 5, batch=2), [0.33439573643900267, 0.24932879174821726]),
    (LSTM(3, 4, 5, batch=2, projection=2), [-0.021812253562319507, 0.07971919401781788]),
    (
        LSTM(3, 4, 5, 2, bidirectional=True, batch=2, projection=2),
        [0.05558564954305037, -0.2669928870959346],
    ),
]


def waves(shape, start, wave):
    return wave(start + np.arange(np.prod(shape, dtype=int))).reshape([int(size) for size in shape])


@pytest.mark.parametrize(("layer", "expected"), OF_TORCH, ids=str)
def test_a_recurrent_layer_computes_what_pytorch_does(layer, expected):
    inputs = layer.program().inputs
    arrays = {"x": waves((2, 5, 3), 1, np.sin)}
    arrays |= {one.name: waves(one.shape, 1 + 10 * k, np.cos) for k, one in enumerate(layer.parameters)}
    for name, first, wave in (("h", 3, np.sin), ("c", 5, np.cos)):
        starts = [one for one in inputs if one.name.startswith(f"{name}_start")]
        for place, one in enumerate(starts):
            arrays[one.name] = waves((len(starts), *one.shape), first, wave)[place]
    (y,) = evaluate(layer.program(), arrays).values()
    np.testing.assert_allclose([y[1, 3, 1], np.sum(y * waves(y.shape, 1, np.cos))], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: LSTM(4, 3, projection=3), "the projection 3 is not smaller than the state of 3"),
        (lambda: LSTM(4, 3, projection=0), "LSTM: projection: 0 is not a size"),
        (lambda: RNN(function="sin"), "RNN: unknown function 'sin'"),
        (lambda: RNN(function="tan"), 'did you mean "tanh"?'),
        (lambda: GRU(layers="n"), "GRU: layers: n is a symbol; give a number."),
        (lambda: GRU(layers=0), "GRU: layers: 0 is not a size"),
        (lambda: GRU(steps=-1), "GRU: steps: -1 is not a size"),
        (
            lambda: cost(LSTM(projection="d_p")).subs(d_h=3, d_p=4),
            "d_p < d_h is needed, but d_h = 3, d_p = 4",
        ),
    ],
)
def test_what_does_not_fit_is_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    written = str(caught.value).replace("₋", "_")
    assert sentence in written or sentence in written.replace("ₕ", "_h").replace("ₚ", "_p")
    assert "\n" not in str(caught.value)
