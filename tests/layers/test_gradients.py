"""The gradient of every layer, as the engine derives it from the index equation, against differences."""

import numpy as np
import pytest

from symderive.calculus.chain import reverse
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.language.evaluate import evaluate
from symderive.layers import catalogue
from tests.cost.brute_force import random_arrays

STEP = 1e-5
ENTRIES = 6


def with_loss(layer):
    """The layer's program followed by `loss = Σ r·y` with numbers r, and what is differentiated by."""
    program = layer.program()
    y, *_ = program.outputs
    loss, weights = Tensor("loss"), Tensor("weights_of_y", y.shape)
    indices = tuple(Index(f"i{place}", size) for place, size in enumerate(y.shape))
    total = Definition(loss, (), IndexSum(Entry(weights, *indices) * Entry(y, *indices), *indices))
    inputs = [one for one in program.inputs if one.domain not in ("count", "binary")]
    return Program((*program.inputs, weights), (*program.definitions, total), (loss,)), inputs


def worst_error(program, inputs, arrays, scale=1.0):
    """The largest relative error of the gradient at some entries of each input, `scale` planted on it."""
    (loss,) = program.outputs
    chained = reverse(program, loss, inputs).program
    slopes = evaluate(chained, arrays)
    draw = np.random.default_rng(5)
    errors = []
    for tensor, name in zip(inputs, (one.name for one in chained.outputs), strict=True):
        assert slopes[name].shape == arrays[tensor.name].shape
        for place in draw.permutation(arrays[tensor.name].size)[:ENTRIES]:
            moved = {}
            for side in (-STEP, STEP):
                shifted = arrays[tensor.name].copy()
                shifted.flat[place] += side
                moved[side] = float(evaluate(program, {**arrays, tensor.name: shifted})["loss"])
            difference = (moved[STEP] - moved[-STEP]) / (2 * STEP)
            slope = scale * slopes[name].flat[place]
            errors.append(abs(slope - difference) / max(1.0, abs(difference)))
    return max(errors)


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_the_gradient_of_every_layer_is_that_of_differences(layer):
    program, inputs = with_loss(layer)
    arrays = random_arrays(program, seed=1)
    assert worst_error(program, inputs, arrays) < 1e-7


def test_a_gradient_wrong_by_a_thousandth_is_noticed():
    program, inputs = with_loss(catalogue()[0])
    assert worst_error(program, inputs, random_arrays(program, seed=1), scale=1.001) > 1e-5
