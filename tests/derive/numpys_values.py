"""A formula at numbers: what NumPy says, what the slow evaluator says, and what the generated code says."""

from __future__ import annotations

import numpy as np
from scipy import special

import symderive as sd
from symderive.codegen.numpy_source import numpy_function
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.numeric import draw_all


def numbers(shapes, sizes, seed):
    """Random numbers for arrays whose shapes read `n,d:spd`."""
    spec = {}
    for name, shape in shapes.items():
        extents, _, domain = shape.partition(":")
        spec[name] = tuple(sizes.get(one) or int(one) for one in extents.split(",")), domain or "real"
    return dict(draw_all(spec, seed=seed))


def has_numpys_value(text, shapes, sizes):
    """All three agree."""
    point = numbers(shapes, sizes, 3)
    program = program_of(sd.parse(text, **shapes))
    expected = eval(text, {"np": np, "special": special, **point})
    arrays = {tensor.name: point[tensor.name] for tensor in program.inputs}
    (slow,) = evaluate(program, arrays).values()
    fast = numpy_function(program, "value")(**arrays)
    assert np.shape(slow) == np.shape(expected) == np.shape(fast)
    np.testing.assert_allclose(slow, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(fast, expected, rtol=1e-10, atol=1e-12)
