"""Every array's shape, every known entry and every product, against ONNX's own evaluator."""

import random

import numpy as np
import pytest
import sympy

from symderive.cost import cost
from symderive.imports.onnx_files import onnx_file
from symderive.imports.onnx_files.entry import read
from tests.imports.onnx_counting import run, total_macs
from tests.imports.onnx_models import MODELS, SIZES


def at(walk, size, sizes):
    """A size at numbers for the open ones."""
    meant = walk.trace.extents.meaning(sympy.sympify(size))
    return meant.xreplace({one: sympy.Integer(sizes[str(one)]) for one in meant.free_symbols})


def number(entry):
    """A known entry as a float; truth values are 1 and 0."""
    return float(bool(entry)) if entry in (sympy.true, sympy.false) else float(entry)


@pytest.mark.parametrize("name", MODELS)
def test_shapes_entries_and_products_are_those_of_the_reference(name):
    """At five random sizes, of the model with open sizes."""
    graph, output = MODELS[name]()
    every = graph.model(output, every=True)
    _, _, walk, values = read(every, None)
    found = cost(onnx_file(graph.model(output)))
    assert found.unknown == ()
    names = [one.name for one in every.graph.output]
    draw = random.Random(name)
    for _ in range(5):
        sizes = {one: draw.randint(*limits) for one, limits in SIZES.items()}
        arrays = run(every, sizes)
        for one, value in zip(names, values, strict=True):
            assert tuple(at(walk, size, sizes) for size in value.shape) == np.shape(arrays[one]), one
            if value.contents is not None:
                held = [at(walk, entry, sizes) for entry in value.contents.reshape(-1)]
                assert [number(entry) for entry in held] == list(np.reshape(arrays[one], -1)), one
        used = {str(symbol): sizes[str(symbol)] for symbol in found.symbols if str(symbol) in sizes}
        assert found.subs(used).macs == total_macs(every, arrays)
