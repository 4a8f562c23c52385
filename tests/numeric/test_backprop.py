"""Backprop against published gradients, difference quotients of a separate forward pass, and large inputs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from symderive.errors import SymderiveError
from symderive.numeric import (
    ACTIVATIONS,
    BinaryCrossEntropy,
    DenseLayer,
    OutputDifference,
    SoftmaxCrossEntropy,
    SquaredError,
    activation,
    backward,
    central,
    compare,
    complex_step,
    deltas,
    draw,
    forward,
    input_gradient,
    join,
    loss_value,
)
from tests.numeric import networks as net
from tests.profiles import examples

WIDTHS = (7, 3, 5, 4)
SMOOTH = ("identity", "sigmoid", "tanh", "softplus")
REDUCTIONS = ("sum", "mean")

# The losses once more, as functions of the output alone, in formulas that also take complex numbers.
NAIVE_LOSSES = {
    SquaredError: lambda a, y: (a - y) ** 2,
    OutputDifference: lambda a, y: y - a,
    BinaryCrossEntropy: lambda a, y: -y * np.log(a) - (1 - y) * np.log(1 - a),
    SoftmaxCrossEntropy: lambda a, y: -y * np.log(a),
}


def build(rng, activations, layout="in-out", bias=True, widths=WIDTHS):
    layers = []
    for (d_in, d_out), name in zip(itertools.pairwise(widths), activations, strict=True):
        weight = rng.normal(size=(d_in, d_out)) / np.sqrt(d_in)
        shaped = weight if layout == "in-out" else weight.T
        layers.append(DenseLayer(shaped, rng.normal(size=d_out) if bias else None, name, layout))
    return layers


def naive_loss(layers, x, loss, y, replaced=None, value=None):
    """The loss computed apart from the package, with one array replaced (also by a complex one)."""
    a = value if replaced == "x" else x
    for number, layer in enumerate(layers):
        weight = value if replaced == ("weight", number) else layer.weight
        bias = value if replaced == ("bias", number) else layer.bias
        z = a @ (weight if layer.layout == "in-out" else weight.T)
        a = net.NAIVE[layer.activation](z if bias is None else z + bias)
    total = NAIVE_LOSSES[type(loss)](a, y).sum()
    if isinstance(loss, SquaredError) and loss.half:
        total = total / 2
    if loss.reduction == "mean":
        rows = a.shape[0] if a.ndim == 2 else 1
        total = total / (rows if isinstance(loss, SoftmaxCrossEntropy) else a.size)
    return total


def parts(layers, x, loss, y):
    """Every gradient of a network by its place: ("weight", 0), ("bias", 0), …, "x"."""
    trace = forward(layers, x)
    found = {"x": (np.asarray(x), input_gradient(layers, trace, loss, y))}
    for number, gradient in enumerate(backward(layers, trace, loss, y)):
        found["weight", number] = (layers[number].weight, gradient.weight)
        if gradient.bias is not None:
            found["bias", number] = (layers[number].bias, gradient.bias)
    return found


def against(quotient, layers, x, loss, y):
    """Compare every gradient with a quotient of the separate forward pass."""
    comparisons = []
    for place, (at, gradient) in parts(layers, x, loss, y).items():
        found = quotient(lambda v, place=place: naive_loss(layers, x, loss, y, place, v), at)
        comparisons.append(
            compare(found.value, gradient, noise=found, resolution=1e-13, name=str(place), scale=1.0)
        )
    return join(comparisons)


def target(rng, loss, shape):
    if isinstance(loss, BinaryCrossEntropy):
        return draw(shape, "binary", seed=rng)
    if isinstance(loss, SoftmaxCrossEntropy):
        return draw(shape, "simplex", seed=rng)
    return draw(shape, seed=rng)


def test_the_report_to_all_printed_digits():
    layers = [DenseLayer(net.W1, None, "sigmoid"), DenseLayer(net.W2.reshape(2, 1), None, "sigmoid")]
    trace = forward(layers, net.X)
    assert_allclose(trace.inputs[1], [0.75979882, 0.7790386], atol=5e-9)
    assert_allclose(trace.output, [0.69531126], atol=5e-9)
    first, second = backward(layers, trace, OutputDifference(), [1.0])
    assert_allclose(first.weight, net.PRINTED_BACKPROP_W1, atol=net.PRINTED, rtol=0)
    assert_allclose(second.weight.ravel(), net.PRINTED_BACKPROP_W2, atol=net.PRINTED, rtol=0)
    assert first.bias is second.bias is None
    assert_allclose(deltas(layers, trace, OutputDifference(), [1.0])[1], [-0.21185351], atol=5e-9)


def test_the_target_of_the_report_does_not_enter_its_gradient():
    layers = [DenseLayer(net.W1, None, "sigmoid"), DenseLayer(net.W2.reshape(2, 1), None, "sigmoid")]
    trace = forward(layers, net.X)
    one, zero = (backward(layers, trace, OutputDifference(), [y])[0].weight for y in (1.0, 0.0))
    assert_array_equal(one, zero)


@pytest.mark.parametrize("layout", ["in-out", "out-in"])
@pytest.mark.parametrize("batch", [True, False])
def test_the_sibling_report_to_all_digits(layout, batch):
    turn = (lambda w: w) if layout == "in-out" else np.transpose
    layers = [
        DenseLayer(turn(net.Sibling.w1), net.Sibling.b1, "sigmoid", layout),
        DenseLayer(turn(net.Sibling.w2), net.Sibling.b2, "sigmoid", layout),
    ]
    x, y = (np.ones((1, 2)), np.zeros((1, 1))) if batch else (np.ones(2), np.zeros(1))
    trace = forward(layers, x)
    first, second = backward(layers, trace, BinaryCrossEntropy("mean"), y)
    for found, published in (
        (turn(first.weight), net.Sibling.dw1),
        (first.bias, net.Sibling.db1),
        (turn(second.weight), net.Sibling.dw2),
        (second.bias, net.Sibling.db2),
    ):
        assert_allclose(found, published, rtol=4e-16, atol=0)


LOSSES = [
    *(SquaredError(reduction, half) for reduction in REDUCTIONS for half in (False, True)),
    OutputDifference(),
    OutputDifference("mean"),
    BinaryCrossEntropy(),
    BinaryCrossEntropy("mean"),
    SoftmaxCrossEntropy(),
    SoftmaxCrossEntropy("mean"),
]


@settings(max_examples=examples(200), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    hidden=st.tuples(st.sampled_from(SMOOTH), st.sampled_from(SMOOTH)),
    last=st.sampled_from((*SMOOTH, "softmax")),
    loss=st.sampled_from(LOSSES),
    rows=st.sampled_from([None, 1, 6]),
    layout=st.sampled_from(["in-out", "out-in"]),
    bias=st.booleans(),
)
def test_right_gradients_are_never_flagged(seed, hidden, last, loss, rows, layout, bias):
    """200 random networks of widths 7, 3, 5, 4: no entry of a gradient is called wrong."""
    if isinstance(loss, BinaryCrossEntropy) and last not in ("sigmoid", "softmax"):
        last = "sigmoid"
    if isinstance(loss, SoftmaxCrossEntropy) and last not in ("sigmoid", "softmax", "softplus"):
        last = "softmax"
    rng = np.random.default_rng(seed)
    layers = build(rng, (*hidden, last), layout, bias)
    x = draw((7,) if rows is None else (rows, 7), seed=rng)
    y = target(rng, loss, forward(layers, x).output.shape)
    found = against(central, layers, x, loss, y)
    assert not [entry.sentence for entry in found.entries if entry.verdict == "different"]
    agreed = sum(entry.verdict == "equal" for entry in found.entries)
    assert agreed >= 0.95 * len(found.entries)


@pytest.mark.parametrize("last", [*SMOOTH, "softmax"])
@pytest.mark.parametrize("hidden", SMOOTH)
def test_complex_step_agrees_to_rounding(hidden, last):
    rng = np.random.default_rng(11)
    layers = build(rng, (hidden, hidden, last))
    x, y = draw((6, 7), seed=rng), draw((6, 4), seed=rng)
    found = against(complex_step, layers, x, SquaredError("mean"), y)
    assert found.verdict == "equal", found.summary()
    assert max(entry.noise for entry in found.entries) < 1e-11


def test_relu_away_from_its_kink():
    rng = np.random.default_rng(3)
    layers = build(rng, ("relu", "relu", "identity"))
    x, y = draw((6, 7), seed=rng), draw((6, 4), seed=rng)
    found = against(central, layers, x, SquaredError(), y)
    assert found.verdict == "equal", found.summary()
    assert (forward(layers, x).inputs[1] == 0).any()


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SoftmaxCrossEntropy("mean")])
def test_softmax_in_a_hidden_layer_and_targets_that_are_no_distribution(loss):
    rng = np.random.default_rng(5)
    layers = build(rng, ("softmax", "tanh", "softmax"))
    x, y = draw((6, 7), seed=rng), draw((6, 4), "positive", seed=rng)
    assert against(central, layers, x, loss, y).verdict == "equal"


def test_loss_values_are_those_of_the_separate_formulas():
    rng = np.random.default_rng(2)
    for loss in LOSSES:
        layers = build(
            rng, ("tanh", "tanh", "softmax" if isinstance(loss, SoftmaxCrossEntropy) else "sigmoid")
        )
        x = draw((6, 7), seed=rng)
        y = target(rng, loss, (6, 4))
        value = loss_value(layers, forward(layers, x), loss, y)
        assert value == pytest.approx(naive_loss(layers, x, loss, y), rel=1e-13)


@pytest.mark.parametrize("z", [-1e4, -800.0, -40.0, 40.0, 800.0, 1e4])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_at_large_inputs(name, z):
    with np.errstate(all="raise", under="ignore"):
        point = np.array([z, 0.5])
        value = activation(name).value(point)
        slope = activation(name).pullback(point, value, np.array([1.0, -2.0]))
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()


def test_slopes_keep_their_digits_in_the_tails():
    """σ′(z) = e^−z and 1 − tanh² z = 4 e^−2z to full precision, where 1 − a and 1 − a² have none left."""
    z = np.array([30.0, -30.0])
    sigmoid, tanh = activation("sigmoid"), activation("tanh")
    slope = sigmoid.pullback(z, sigmoid.value(z), np.ones(2))
    assert_allclose(slope, np.exp(-30.0), rtol=1e-12)
    assert_allclose(tanh.pullback(z, np.tanh(z), np.ones(2)), 4 * np.exp(-60.0), rtol=1e-12)


@pytest.mark.parametrize("z", [-1e4, 1e4])
@pytest.mark.parametrize("y", [0.0, 1.0, 0.25])
def test_binary_cross_entropy_at_large_inputs(z, y):
    layers = [DenseLayer([[z]], None, "sigmoid")]
    with np.errstate(all="raise", under="ignore"):
        trace = forward(layers, [1.0])
        value = loss_value(layers, trace, BinaryCrossEntropy(), [y])
        (gradient,) = backward(layers, trace, BinaryCrossEntropy(), [y])
    assert value == pytest.approx(max(z, 0.0) - y * z, rel=1e-15)
    assert_allclose(gradient.weight, (z > 0) - y)


def test_softmax_cross_entropy_at_large_inputs():
    layers = [DenseLayer(np.diag([1e4, -1e4, 1.0]), None, "softmax")]
    with np.errstate(all="raise", under="ignore"):
        trace = forward(layers, [1.0, 1.0, 1.0])
        value = loss_value(layers, trace, SoftmaxCrossEntropy(), [0.0, 1.0, 0.0])
        gradient = input_gradient(layers, trace, SoftmaxCrossEntropy(), [0.0, 1.0, 0.0])
    assert value == 2e4
    assert_allclose(gradient, [1e4, 1e4, 0.0])


def test_cross_entropy_of_probabilities_that_are_zero_or_one():
    layers = [DenseLayer(np.eye(2))]
    trace = forward(layers, [0.0, 1.0])
    assert loss_value(layers, trace, BinaryCrossEntropy(), [0.0, 1.0]) == 0
    assert_allclose(deltas(layers, trace, BinaryCrossEntropy(), [0.0, 1.0])[0], [1.0, -1.0])
    assert loss_value(layers, trace, SoftmaxCrossEntropy(), [0.0, 1.0]) == 0
    assert_allclose(deltas(layers, trace, SoftmaxCrossEntropy(), [0.0, 1.0])[0], [0.0, -1.0])


def test_layouts_give_transposed_gradients_and_the_same_rest():
    rng = np.random.default_rng(8)
    rows = build(rng, ("tanh", "tanh", "sigmoid"))
    columns = [DenseLayer(np.transpose(la.weight), la.bias, la.activation, "out-in") for la in rows]
    x, y = draw((6, 7), seed=rng), draw((6, 4), seed=rng)
    one, other = (backward(net_, forward(net_, x), SquaredError(), y) for net_ in (rows, columns))
    for left, right in zip(one, other, strict=True):
        assert_allclose(left.weight, right.weight.T, rtol=1e-12)
        assert_allclose(left.bias, right.bias, rtol=1e-12)


def test_a_batch_is_the_sum_of_its_rows():
    rng = np.random.default_rng(9)
    layers = build(rng, ("tanh", "softplus", "identity"))
    x, y = draw((6, 7), seed=rng), draw((6, 4), seed=rng)
    whole = backward(layers, forward(layers, x), SquaredError(), y)
    singles = [backward(layers, forward(layers, row), SquaredError(), t) for row, t in zip(x, y, strict=True)]
    for number, gradient in enumerate(whole):
        assert_allclose(gradient.weight, sum(single[number].weight for single in singles), rtol=1e-12)
        assert_allclose(gradient.bias, sum(single[number].bias for single in singles), rtol=1e-12)


def test_errors_say_what_does_not_fit():
    layer = DenseLayer(np.ones((7, 3)), np.ones(3), "tanh")
    with pytest.raises(SymderiveError, match=r"layer 2 takes 7 inputs \(weight \(7, 3\).*given 3"):
        forward([layer, layer], np.ones(7))
    with pytest.raises(SymderiveError, match="no layers"):
        forward([], np.ones(7))
    with pytest.raises(SymderiveError, match="one vector or a batch"):
        forward([layer], np.ones((2, 2, 7)))
    with pytest.raises(SymderiveError, match=r"the bias has shape \(7,\).*give a bias of that length"):
        DenseLayer(np.ones((7, 3)), np.ones(7))
    with pytest.raises(SymderiveError, match="must be a matrix"):
        DenseLayer(np.ones(7))
    with pytest.raises(SymderiveError, match="unknown activation 'gelu'; use one of identity, sigmoid"):
        DenseLayer(np.ones((7, 3)), None, "gelu")
    with pytest.raises(SymderiveError, match="unknown layout"):
        DenseLayer(np.ones((7, 3)), None, "tanh", "columns")
    with pytest.raises(
        SymderiveError, match=r"the target has shape \(1, 3\), the output of the network \(3,\)"
    ):
        backward([layer], forward([layer], np.ones(7)), SquaredError(), np.ones((1, 3)))
    with pytest.raises(SymderiveError, match="unknown reduction"):
        SquaredError("median")
