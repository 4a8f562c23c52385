"""Code for sums at evenly spaced positions: layers and gradients against the equations, planted errors."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings

import symderive as sd
from symderive.calculus.chain import reverse
from symderive.codegen import spaced, spacing
from symderive.codegen.numpy_source import numpy_function
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.language.evaluate import evaluate
from symderive.layers import AvgPool2d, Conv1d, Conv2d, ConvTranspose2d, MaxPool1d, MaxPool2d
from tests.cost.brute_force import random_arrays
from tests.layers.test_equations import convolutions, transposed_convolutions
from tests.layers.test_gradients import with_loss
from tests.profiles import examples

SPACED = (
    Conv1d(2, 3, 3, 13, stride=2, padding=1, dilation=2, batch=3),
    Conv1d(2, 3, 3, 15, stride=3, padding=2, dilation=2, bias=True),
    Conv2d(2, 3, 3, 8, 9, stride=2, padding=1),
    Conv2d(4, 6, (3, 2), 7, 8, stride=(1, 2), padding=(2, 0), dilation=(2, 1), groups=2, batch=2),
    ConvTranspose2d(2, 3, (4, 3), 5, 4, stride=(2, 1), padding=1, batch=2),
    AvgPool2d(2, 3, 9, 8, stride=2),
    MaxPool1d(2, 3, 10, stride=2),
    MaxPool2d(3, 2, 6, 7, batch=2),
)


def with_plain_names(program):
    """The program with names that Python takes."""
    every = (*program.inputs, *(made.tensor for made in program.definitions))
    new = {one: Tensor(one.name.replace("∂", "d"), one.shape, domain=one.domain) for one in every}

    def renamed(body):
        return body.xreplace({one: Entry(new[one.tensor], *one.axes) for one in body.atoms(Entry)})

    made = tuple(Definition(new[one.tensor], one.indices, renamed(one.body)) for one in program.definitions)
    return Program(
        tuple(new[one] for one in program.inputs), made, tuple(new[one] for one in program.outputs)
    )


def written(layer):
    """The code of a layer and its gradient.

    Raises:
        AssertionError: it does not give what the equations say.
    """
    program, variables = with_loss(layer)
    chained = reverse(program, program.outputs[0], variables).program
    rest = tuple(one for one in chained.definitions if one.tensor != program.outputs[0])
    outputs = (*layer.program().outputs, *chained.outputs)
    gradient = with_plain_names(Program(chained.inputs, rest, outputs))
    function = numpy_function(gradient, "gradient", plan=True)
    arrays = random_arrays(gradient, seed=3)
    made = function.unchecked(arrays)
    slow = evaluate(gradient, arrays)
    for tensor, value in zip(gradient.outputs, made if isinstance(made, tuple) else (made,), strict=True):
        right = slow[tensor.name]
        assert value.shape == right.shape
        assert np.allclose(value, right, rtol=1e-10, atol=1e-10)
    return function.source


@pytest.mark.parametrize("layer", SPACED, ids=str)
def test_gradients_of_strided_layers_are_added_up_by_slices(layer):
    """No loop is longer than a window, and nothing is read at computed positions."""
    source = written(layer)
    assert max(map(int, re.findall(r"in range\((\d+)\)", source))) <= max(layer.kernel)
    assert "arange" not in source


@settings(max_examples=examples(60), deadline=None)
@given(convolutions())
def test_gradients_of_random_convolutions(layer):
    written(layer)


@settings(max_examples=examples(60), deadline=None)
@given(transposed_convolutions())
def test_gradients_of_random_transposed_convolutions(layer):
    written(layer)


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (spaced, "_slots", lambda right: lambda start, steps: right(start + 1, steps)),
        (spaced, "_length", lambda right: lambda own, needed: right(own, own)),
        (spaced, "margin", lambda right: lambda *given: (right(*given)[0] + 1, right(*given)[1])),
        (spacing, "_solved", lambda right: lambda place, *given: right(place + 1, *given)),
        (spacing, "_remainder", lambda right: lambda *given: (right(*given) + 1) % given[2]),
    ],
)
def test_a_planted_error_is_noticed(module, name, wrong, monkeypatch):
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    with pytest.raises((AssertionError, ValueError)):
        list(map(test_gradients_of_strided_layers_are_added_up_by_slices, SPACED))


def test_a_slice_of_an_axis_that_is_longer_reaches_its_last_position():
    n = sd.dims("n")
    x, f = sd.array("x", 2 * n + 1), sd.array("f", 3)
    gradient = sd.gradient(np.sum(np.exp(sum(f[u] * x[u : 2 * n - 1 + u : 2] for u in range(3)))), x)
    assert gradient.check()
    values = {"x": np.linspace(-1, 1, 9), "f": np.array([0.5, -1.0, 2.0])}
    taps = np.exp(sum(values["f"][u] * values["x"][u : 7 + u : 2] for u in range(3)))
    assert gradient.to_numpy()(**values)[-1] == pytest.approx(2.0 * taps[-1])
