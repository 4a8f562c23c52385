"""What layers keep: values in place of arguments only where they say the slope, and enough of each layer."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symderive.derive.kept import _keeps_slope, kept
from symderive.functions import by_head, catalogue
from symderive.layers import (
    GRU,
    LSTM,
    Activation,
    Attention,
    BatchNorm2d,
    Conv2d,
    Embedding,
    MultiHeadAttention,
)
from symderive.layers.activation import KINDS

HEADS = {entry.name: entry for entry in catalogue() if entry.head is not None and _keeps_slope(entry.head)}


def names(layer, *varying, again=()):
    return [str(one.name) for one in kept(layer, varying, again)]


def test_relu_says_its_slope_by_its_value():
    assert list(HEADS) == ["relu"]


@given(st.floats(-50, 50), st.sampled_from(sorted(HEADS)))
def test_the_slope_at_the_value_is_the_slope(x, name):
    """Against a difference quotient away from the kinks."""
    entry, width = HEADS[name], 1e-6
    if min(abs(x - kink) for kink in entry.kinks) < 1e-3:
        return
    quotient = (entry.scalar(x + width) - entry.scalar(x - width)) / (2 * width)
    slope = by_head()[type(entry.head(sympy.Symbol("x")).fdiff(1))].scalar
    assert slope(entry.scalar(x)) == pytest.approx(quotient, abs=1e-6)


@pytest.mark.parametrize("function", KINDS)
def test_activations_keep_one_array(function):
    """The value where the catalogue has the slope by the value, or a constant slope; else the argument."""
    by_value = {"relu", "sigmoid", "tanh"}
    assert names(Activation(function, (2, 3)), "x") == (["y"] if function in by_value else ["x"])


def test_what_does_not_vary_needs_less():
    assert names(Activation("relu", (2, 3))) == []
    assert names(Attention(2, 3), "q") == ["k", "v", "weights"]
    assert names(Conv2d(3, 4, 3, 8, 8)) == ["x"]
    assert names(Embedding(5, 3, 4)) == ["x"]


def test_layers_of_several_equations():
    assert names(BatchNorm2d(3, 4, 4, batch=2, training=True), "x") == ["x", "mean", "variance"]
    assert names(BatchNorm2d(3, 4, 4, batch=2), "x") == ["x"]
    whole = ["x", "queries", "keys", "values", "weights", "attended"]
    assert names(MultiHeadAttention(4, 2, 3), "x") == whole
    assert names(MultiHeadAttention(4, 2, 3), "x", again=("scores", "weights", "attended")) == whole[:4]
    inputs = ("x", "h_start", "c_start")
    assert names(LSTM(3, 2, 4), *inputs) == ["x", "h_start", "i", "f", "g", "o", "c_before", "h"]
    assert names(GRU(3, 2, 4), *inputs[:2]) == ["x", "h_start", "from_h", "r", "z", "candidate", "h"]
