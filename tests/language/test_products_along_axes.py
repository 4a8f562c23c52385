"""Products of vectors along a named axis, beside NumPy, also where two sizes agree."""

import numpy as np
import pytest

import symderive as sd
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of

SHAPES = [
    ((5,), (5, 3), 0), ((5,), (5, 5), 0), ((5, 3), (5,), 0), ((4, 5), (4, 5), 0), ((4, 5), (2, 4, 5), -2),
    ((5,), (4, 5), 1), ((4, 5), (5,), -1), ((2, 4, 5), (4, 5), -1),
]  # fmt: skip


def value(array, **numbers):
    program = program_of(array)
    return evaluate(program, numbers)[str(program.outputs[0].name)]


@pytest.mark.parametrize(("left", "right", "axis"), SHAPES)
@pytest.mark.parametrize("function", [np.vecdot, np.linalg.vecdot])
def test_vecdot_takes_its_axis_of_each_array(left, right, axis, function):
    rng = np.random.default_rng(0)
    numbers = {"x": rng.normal(size=left), "y": rng.normal(size=right)}
    x, y = sd.array("x", *left), sd.array("y", *right)
    try:
        expected = function(numbers["x"], numbers["y"], axis=axis)
    except ValueError:
        with pytest.raises(sd.SymderiveError, match="vecdot"):
            function(x, y, axis=axis)
        return
    np.testing.assert_allclose(value(function(x, y, axis=axis), **numbers), expected)


def test_the_axis_of_vecdot_in_text():
    made = sd.parse("np.vecdot(x, Y, axis=0)", x="n", Y="n,n")
    numbers = {"x": np.arange(1.0, 4.0), "Y": np.arange(9.0).reshape(3, 3)}
    np.testing.assert_allclose(value(made, **numbers), numbers["x"] @ numbers["Y"])
    with pytest.raises(sd.SymderiveError, match="vecdot: the argument axes is not supported"):
        sd.parse("np.vecdot(x, Y, axes=0)", x="n", Y="n,n")
