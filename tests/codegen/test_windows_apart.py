"""Code for windows that differ in size: values and gradients are what the equations say."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.codegen.numpy_source import exact_far_out, function_source, numpy_function, plan_of
from symderive.core.nodes import Tensor
from symderive.core.program import Definition, Program
from symderive.derive.backward import gradient_program
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
)
from tests.profiles import examples


def gradient_of(layer):
    """The gradient program, its arrays with names that code may have."""
    program = layer.program()
    program = gradient_program(program, layer.results, layer.data).program
    arrays = (*program.inputs, *(made.tensor for made in program.definitions))
    names = {one: Tensor(re.sub(r"\W", "_", str(one.name)), one.shape, one.domain) for one in arrays}
    assert len({one.name for one in names.values()}) == len(names)
    definitions = (
        Definition(names[made.tensor], made.indices, made.body.xreplace(names), made.rule)
        for made in program.definitions
    )
    outputs = tuple(names[one] for one in program.outputs)
    return Program(tuple(names[one] for one in program.inputs), tuple(definitions), outputs)


def check(program, rewrite):
    rng = np.random.default_rng(5)
    arrays = {str(one.name): rng.normal(size=[int(size) for size in one.shape]) for one in program.inputs}
    names = {}
    exec(function_source(rewrite(program), "pool", "a pool"), names)
    made, expected = names["pool"](**arrays), evaluate(program, arrays)
    (output,) = program.outputs
    assert np.any(expected[output.name])
    np.testing.assert_allclose(made, expected[output.name], atol=1e-13)


@pytest.mark.parametrize("rewrite", [exact_far_out, plan_of])
@pytest.mark.parametrize(
    "layer",
    [
        AdaptiveAvgPool2d(2, 5, 8, (3, 3)),
        AdaptiveMaxPool2d(2, 5, 4, (3, 2), batch=2),
        AdaptiveAvgPool3d(1, 4, 5, 3, (3, 2, 2)),
        AdaptiveMaxPool1d(2, 3, 5),
    ],
    ids=str,
)
def test_pools_along_several_axes(layer, rewrite):
    check(layer.program(), rewrite)
    check(gradient_of(layer), rewrite)


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([AdaptiveAvgPool1d, AdaptiveMaxPool1d]))
def test_any_number_of_windows_of_any_length(length, windows, kind):
    layer = kind(2, length, windows)
    check(layer.program(), exact_far_out)
    check(gradient_of(layer), exact_far_out)


def test_windows_of_open_sizes_are_refused_in_one_sentence():
    with pytest.raises(SymderiveError, match="code needs numbers for the sizes then, or windows of one size"):
        numpy_function(AdaptiveAvgPool1d(2, "L", 3).program(), "pool")
