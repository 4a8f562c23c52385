"""Random chains of operators over open sizes, against ONNX's own evaluator at random sizes."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symderive.cost import cost
from symderive.errors import ShapeError
from symderive.imports.onnx_files import onnx_file
from symderive.imports.onnx_files.entry import read
from tests.imports.onnx_counting import run, total_macs
from tests.imports.onnx_models import Graph
from tests.imports.test_onnx_reference import at

WAYS = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")
CONV = st.tuples(
    st.just("conv"),
    st.integers(1, 3),
    st.integers(1, 2),
    st.integers(1, 2),
    st.sampled_from(WAYS),
    st.lists(st.integers(0, 1), min_size=4, max_size=4),
    st.booleans(),
)
POOL = st.tuples(
    st.just("pool"), st.sampled_from(["MaxPool", "AveragePool"]), st.integers(2, 3), st.booleans()
)
UP = st.tuples(st.just("up"), st.integers(1, 3), st.integers(1, 2))
PLAIN = st.tuples(
    st.sampled_from(["halved", "crossed", "flat", "joined", "shifted", "turned", "gated", "tokens"])
)
STEPS = st.lists(st.one_of(CONV, POOL, UP, PLAIN), min_size=1, max_size=5)


def sizes_of(g, x, *places):
    """The sizes of some axes, each as a list of one."""
    shape = g.Shape(x)
    return [g.Gather(shape, g.whole([place]), axis=0) for place in places]


def applied(g, x, channels, kind, *options):
    """One step of a chain: its output and the number of its channels."""
    if kind == "conv":
        kernel, stride, dilation, way, pads, depthwise = options
        groups = channels if depthwise else 1
        made = channels if depthwise else 3
        weights = [g.weight(made, channels // groups, kernel, kernel), g.weight(made)]
        own = {"pads": pads} if way == "NOTSET" else {"auto_pad": way}
        steps = {"strides": [stride] * 2, "dilations": [dilation] * 2}
        return g.Conv(x, *weights, group=groups, **steps, **own), made
    if kind == "pool":
        op, kernel, is_padded = options
        pads = {"pads": [1, 0, 0, 1]} if is_padded else {}
        return getattr(g, op)(x, kernel_shape=[kernel] * 2, strides=[2, 1], **pads), channels
    if kind == "up":
        kernel, stride = options
        return g.ConvTranspose(x, g.weight(channels, 2, kernel, kernel), strides=[stride] * 2), 2
    if kind == "halved":
        height, width = sizes_of(g, x, 2, 3)
        half = g.Div(g.Add(height, g.whole([1])), g.whole([2]))
        return g.Slice(x, g.whole([0]), half, g.whole([2])), channels
    if kind == "crossed":
        return g.MatMul(x, g.Transpose(x, perm=[0, 1, 3, 2])), channels
    if kind == "flat":
        batch, height, width = sizes_of(g, x, 0, 2, 3)
        flat = g.Reshape(x, g.Concat(batch, g.whole([channels]), g.whole([-1]), axis=0))
        return g.Reshape(flat, g.Concat(g.whole([0, channels]), height, width, axis=0)), channels
    if kind == "joined":
        return g.Concat(x, g.Relu(x), axis=1), 2 * channels
    if kind == "shifted":
        return g.Pad(x, g.whole([0, 0, 1, 0, 0, 0, 0, 2])), channels
    if kind == "turned":
        return g.Transpose(x, perm=[0, 1, 3, 2]), channels
    if kind == "gated":
        return g.Mul(x, g.Sigmoid(g.GlobalAveragePool(x))), channels
    tokens = g.Transpose(g.Flatten(x, axis=2), perm=[1, 0])
    tokens = g.MatMul(tokens, g.MatMul(g.Transpose(tokens, perm=[1, 0]), tokens))
    return g.Reshape(g.Transpose(tokens, perm=[1, 0]), g.Shape(x)), channels


def is_impossible(model, sizes):
    """Whether the reference has no result either, or one without entries."""
    try:
        arrays = run(model, sizes)
    except (ValueError, IndexError, RuntimeError, RuntimeWarning):
        return True
    return any(np.size(arrays[one.name]) == 0 for one in model.graph.output)


@settings(deadline=None, max_examples=25)
@given(STEPS, st.lists(st.tuples(st.integers(1, 2), *[st.integers(2, 8)] * 2), min_size=5, max_size=5))
def test_random_chains_have_the_shapes_and_products_of_the_reference(steps, tried):
    """At five sizes; where the reference has no result, the sizes do not meet the conditions."""
    g = Graph()
    x, channels = g.input("x", "B", 2, "H", "W"), 2
    for step in steps:
        x, channels = applied(g, x, channels, *step)
    model = g.model(x, every=True)
    try:
        _, _, walk, values = read(model, None)
        found = cost(onnx_file(g.model(x)))
    except ShapeError:
        assume(False)
    for batch, height, width in tried:
        sizes = {"B": batch, "H": height, "W": width}
        try:
            numbers = found.subs({name: sizes[name] for name in map(str, found.symbols) if name in sizes})
        except ShapeError:
            assert is_impossible(model, sizes)
            continue
        arrays = run(model, sizes)
        for info, value in zip(model.graph.output, values, strict=True):
            shape = tuple(at(walk, size, sizes) for size in value.shape)
            assert shape == np.shape(arrays[info.name]), info.name
        assert numbers.macs == total_macs(model, arrays)
        assert found.unknown == ()
