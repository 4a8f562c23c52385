"""Pools of both libraries at random windows: their sizes, and the operations that they take."""

import itertools
import math

import onnx
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from symderive import cost
from symderive.errors import ShapeError, SymderiveError
from symderive.imports.onnx_files import onnx_file
from tests.imports.onnx_counting import run
from tests.imports.onnx_models import pool
from tests.imports.torch_facts import imported
from tests.profiles import examples

IMAGES = "B,3,H,W"
SIZES = [(1, 1), (2, 5), (6, 6), (7, 4), (9, 12), (13, 8)]


def shape_of(module, sizes):
    """The shape that torch gives, or None where it refuses."""
    try:
        return tuple(module(torch.zeros(*sizes)).shape)
    except RuntimeError:
        return None


TORCH = {
    "rounded up": (nn.MaxPool2d(3, 2, ceil_mode=True), "comparisons", 8),
    "rounded up, padded": (nn.MaxPool2d((3, 2), (2, 3), (1, 0), ceil_mode=True), "comparisons", 5),
    "far apart": (nn.MaxPool2d(2, 3, 1, ceil_mode=True), "comparisons", 3),
    "dilated": (nn.MaxPool2d(3, 2, 1, dilation=2, ceil_mode=True), "comparisons", 8),
    "mean rounded up": (nn.AvgPool2d(3, 2, 1, ceil_mode=True), "adds", 8),
    "mean inside": (nn.AvgPool2d(3, 2, 1, count_include_pad=False), "adds", 8),
    "own divisor": (nn.AvgPool2d(2, 3, ceil_mode=True, divisor_override=3), "adds", 3),
}


@pytest.mark.parametrize("name", TORCH)
def test_windows_of_torch_at_open_sizes(name):
    module, quantity, each = TORCH[name]
    found = imported(lambda: module, IMAGES)
    assert found.unknown == ()
    for height, width in SIZES:
        shape = shape_of(module, (2, 3, height, width))
        if shape is None:
            with pytest.raises(ShapeError):
                found.subs(B=2, H=height, W=width)
        else:
            numbers = found.subs(B=2, H=height, W=width)
            assert numbers.activations == math.prod(shape)
            assert numbers.quantity(quantity) == each * math.prod(shape)


ADAPTIVE = {
    "mean": (nn.AdaptiveAvgPool2d, "adds"),
    "max": (nn.AdaptiveMaxPool2d, "comparisons"),
}


def windows_of_torch(extent, count):
    """How many entries each window sees, by the gradient of its sum."""
    x = torch.zeros(1, 1, extent, requires_grad=True)
    seen = []
    for number in range(count):
        (slope,) = torch.autograd.grad(nn.functional.adaptive_avg_pool1d(x, count)[0, 0, number], x)
        seen.append(int((slope != 0).sum()))
    return seen


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_adaptive_windows_of_torch_at_open_sizes(kind):
    make, quantity = ADAPTIVE[kind]
    found = imported(lambda: make((7, 5)), IMAGES)
    assert (found.unknown, found.conditions) == ((), ())
    assert len(list(found.walk())) == 1
    for height, width in SIZES:
        rows, columns = windows_of_torch(height, 7), windows_of_torch(width, 5)
        per_channel = sum(one * other - 1 for one, other in itertools.product(rows, columns))
        numbers = found.subs(B=2, H=height, W=width)
        assert numbers.quantity(quantity) == 6 * per_channel
        assert numbers.activations == 6 * 35
    text = found.formula(quantity).write()
    assert text == "3 · B · ((H − gcd(H, 7) + 7) · (W − gcd(W, 5) + 5) − 35)"


def test_the_random_places_of_a_pool_are_not_counted_and_named():
    found = imported(lambda: nn.FractionalMaxPool2d(2, output_size=(3, 2)), IMAGES)
    assert [one.split()[0] for one in found.unknown] == ["rand"]
    with pytest.raises(SymderiveError):
        cost(nn.FractionalMaxPool2d(2, output_size=(3, 2)), input=IMAGES, strict=True)


def inferred(model, name, sizes):
    """The shape of a result at given sizes, by ONNX's own inference."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for axis in model.graph.input[0].type.tensor_type.shape.dim:
        axis.dim_value = sizes.get(axis.dim_param, axis.dim_value)
    found = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    infos = [one.type.tensor_type for one in (*found.output, *found.value_info) if one.name == name]
    return [axis.dim_value for axis in next(one for one in infos if one.shape.dim).shape.dim]


side = st.integers(0, 2)
two = st.lists(st.integers(1, 3), min_size=2, max_size=2)


@settings(deadline=None, max_examples=examples(40))
@given(
    st.sampled_from(["MaxPool", "AveragePool", "LpPool"]), two, two, st.lists(side, min_size=4, max_size=4),
    two, st.booleans(), st.booleans(),
)  # fmt: skip
def test_pools_of_onnx_have_the_shapes_that_onnx_infers(op, kernel, strides, pads, dilations, up, inside):
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    assume(all(2 * one <= span for one, span in zip(pads, spans * 2, strict=True)))
    own = {"count_include_pad": int(not inside)} if op == "AveragePool" else {}
    options = {"kernel_shape": kernel, "strides": strides, "pads": pads, "dilations": dilations, **own}
    g, y = pool(op, ceil_mode=int(up), **options)
    g.opset = 22
    found, model = cost(onnx_file(g.model(y))), g.model(y)
    assert found.unknown == ()
    for height, width in [(7, 6), (8, 9)]:
        shape = inferred(model, y, {"B": 2, "H": height, "W": width})
        numbers = found.subs(B=2, H=height, W=width)
        taps = math.prod(kernel) - 1
        counted = numbers.comparisons if op == "MaxPool" else numbers.adds
        assert counted == taps * math.prod(shape)


@pytest.mark.parametrize("version", [12, 18, 22])
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
def test_a_window_behind_the_input_is_left_out_as_the_evaluator_does(op, version):
    g, y = pool(op, kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)
    g.opset = version
    model = g.model(y)
    found = cost(onnx_file(model))
    for height, width in SIZES[1:]:
        shape = run(model, {"B": 2, "H": height, "W": width})[y].shape
        numbers = found.subs(B=2, H=height, W=width)
        assert (numbers.comparisons if op == "MaxPool" else numbers.adds) == 3 * math.prod(shape)


def test_norms_over_windows_and_largest_entries_put_back():
    g, y = pool("GlobalLpPool", p=3)
    found = cost(onnx_file(g.model(y)))
    assert found.unknown == ()
    assert found.formula("adds").write() == "3 · B · H · W − 3 · B"
    assert found.formula("pow").write() == "3 · B"
    g, y = pool("LpPool", kernel_shape=[2, 2], strides=[2, 2], p=2)
    found = cost(onnx_file(g.model(y)))
    assert (found.divs, found.formula("sqrt").write()) == (0, "3 · B · H₁ · W₁")
    g, y = pool("MaxPool", kernel_shape=[2, 2], strides=[2, 2], outputs=2)
    back = g.Relu(g.MaxUnpool(*y, kernel_shape=[2, 2], strides=[2, 2]))
    found = cost(onnx_file(g.model(back))).subs(B=1, H=8, W=6)
    assert (found.quantity("relu"), found.comparisons, found.unknown) == (3 * 48, 3 * 3 * 12, ())
    g, x = pool("Relu")
    regions = g.input("regions", "R", 5)
    found = cost(onnx_file(g.model(g.MaxRoiPool(x, regions, pooled_shape=[2, 3]))))
    assert [one.split()[0] for one in found.unknown] == ["MaxRoiPool"]
    assert str(found.formula("activations").terms[-1].text()) == "18 · R"
