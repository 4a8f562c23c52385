"""The index equations of the layers against NumPy code that does not know them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.program import Definition, Program
from symderive.layers import Conv2d, Dense, DepthwiseConv2d, SeparableConv2d, catalogue
from tests.cost.brute_force import Loops, random_arrays
from tests.profiles import examples


def convolve(x, weight, bias, stride, padding, dilation, groups):
    """A grouped convolution of (N, C, H, W) by shifted slices, one kernel tap at a time."""
    (n, _, height, width), (c_out, per_group, k_h, k_w) = x.shape, weight.shape
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    rows = (height + 2 * padding[0] - dilation[0] * (k_h - 1) - 1) // stride[0] + 1
    columns = (width + 2 * padding[1] - dilation[1] * (k_w - 1) - 1) // stride[1] + 1
    y = np.zeros((n, c_out, rows, columns))
    for o in range(c_out):
        first = o // (c_out // groups) * per_group
        for c in range(per_group):
            for u in range(k_h):
                for v in range(k_w):
                    top, left = u * dilation[0], v * dilation[1]
                    tap = padded[:, first + c, top:, left:]
                    tap = tap[:, :: stride[0], :: stride[1]][:, :rows, :columns]
                    y[:, o] += weight[o, c, u, v] * tap
    return y if bias is None else y + bias[:, None, None]


def run(layer, arrays):
    (output,) = layer.program().outputs
    return Loops(layer.program(), arrays).arrays[output.name]


small = st.integers(1, 3)


@st.composite
def convolutions(draw):
    groups = draw(small)
    kernel, stride, dilation = ((draw(small), draw(small)) for _ in range(3))
    padding = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
    spans = [spread * (size - 1) + 1 for size, spread in zip(kernel, dilation, strict=True)]
    height, width = (
        max(1, span - 2 * pad) + draw(st.integers(0, 3)) for span, pad in zip(spans, padding, strict=True)
    )
    c_in, c_out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    return Conv2d(
        c_in, c_out, kernel, height, width, stride, padding, dilation, groups, draw(st.booleans()), 2
    )


def numbers(pair):
    return tuple(int(one) for one in pair)


@settings(max_examples=examples(40), deadline=None)
@given(convolutions())
def test_a_convolution_computes_what_numpy_computes(layer):
    arrays = random_arrays(layer.program())
    c_out, per_group = int(layer.c_out), int(layer.c_in / layer.groups)
    expected = convolve(
        arrays["x"].reshape(2, int(layer.c_in), int(layer.height), int(layer.width)),
        arrays["weight"].reshape(c_out, per_group, *numbers(layer.kernel)),
        arrays["bias"].reshape(c_out) if layer.bias else None,
        numbers(layer.stride), numbers(layer.padding), numbers(layer.dilation), int(layer.groups),
    )  # fmt: skip
    assert expected.shape == layer.output_shape
    np.testing.assert_allclose(run(layer, arrays).reshape(expected.shape), expected, atol=1e-12)


def test_the_comparison_notices_a_wrong_dilation_and_missing_groups():
    layer = Conv2d(4, 4, 2, 6, 5, dilation=2, groups=2, batch=1)
    arrays = random_arrays(layer.program())
    got = run(layer, arrays).reshape(1, 4, 4, 3)
    x, weight = arrays["x"].reshape(1, 4, 6, 5), arrays["weight"].reshape(4, 2, 2, 2)
    np.testing.assert_allclose(got, convolve(x, weight, None, (1, 1), (0, 0), (2, 2), 2))
    wrong_dilation = convolve(x, weight, None, (1, 1), (0, 0), (1, 1), 2)[:, :, :4, :3]
    wrong_groups = convolve(x, np.concatenate([weight, weight], 1), None, (1, 1), (0, 0), (2, 2), 1)
    for wrong in (wrong_dilation, wrong_groups):
        assert np.abs(got - wrong).max() > 0.1


@pytest.mark.parametrize("bias", [False, True])
def test_a_depthwise_convolution_is_a_convolution_in_as_many_groups_as_channels(bias):
    layer = DepthwiseConv2d(3, (2, 3), 6, 5, stride=(1, 2), padding=1, dilation=(2, 1), bias=bias, batch=2)
    arrays = random_arrays(layer.program())
    expected = convolve(
        arrays["x"], arrays["weight"][:, None], arrays.get("bias"), (1, 2), (1, 1), (2, 1), groups=3
    )
    np.testing.assert_allclose(run(layer, arrays), expected, atol=1e-12)


def test_a_separable_convolution_is_the_two_after_each_other():
    layer = SeparableConv2d(3, 4, 2, 5, 6, padding=1, bias=True, batch=2)
    arrays = random_arrays(layer.program())
    first = convolve(
        arrays["x"], arrays["depthwise_weight"][:, None], arrays["depthwise_bias"], (1, 1), (1, 1), (1, 1), 3
    )
    kernel = arrays["pointwise_weight"][:, :, None, None]
    second = convolve(first, kernel, arrays["pointwise_bias"], (1, 1), (0, 0), (1, 1), 1)
    np.testing.assert_allclose(run(layer, arrays), second, atol=1e-12)


def test_a_dense_layer_is_a_matrix_product():
    layer = Dense(4, 3, batch=(2, 5))
    arrays = random_arrays(layer.program())
    np.testing.assert_allclose(
        run(layer, arrays), arrays["x"] @ arrays["weight"].T + arrays["bias"], atol=1e-12
    )


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_every_layer_is_one_program_over_its_inputs_and_parameters(layer):
    program = layer.program()
    assert isinstance(program, Program)
    assert program.inputs[1:] == layer.parameters
    (output,) = program.outputs
    size = np.prod([int(one) for one in output.shape])
    assert size == np.prod([int(one) for one in layer.output_shape])
    assert all(isinstance(one, Definition) and one.pinned for one in program.definitions)


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_naming_the_sizes_and_putting_them_back_gives_the_same_shapes(layer):
    symbolic, values = layer.named()
    assert symbolic.output_shape != layer.output_shape
    assert tuple(size.xreplace(dict(values.items())) for size in symbolic.output_shape) == layer.output_shape
    assert [one.name for one in symbolic.parameters] == [one.name for one in layer.parameters]
    for size, meaning in symbolic.relations.items():
        assert size in {
            one for shape in (made.tensor.shape for made in symbolic.program().definitions) for one in shape
        }
        assert not meaning.has(size)
