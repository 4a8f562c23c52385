"""The index equations of the layers against NumPy code that does not know them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.nodes import Index
from symderive.core.program import Definition, Program
from symderive.layers import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    Dense,
    DepthwiseConv2d,
    SeparableConv2d,
    catalogue,
)
from tests.cost.brute_force import Loops, random_arrays
from tests.profiles import examples


def convolve(x, weight, bias, stride, padding, dilation, groups, mode="constant"):
    """A grouped convolution of (N, C, …) by shifted slices, one kernel tap at a time.

    `padding` has the two sides of each axis, or one number for both of them.
    """
    (n, _, *extents), (c_out, per_group, *kernel) = x.shape, weight.shape
    sides = [one if isinstance(one, tuple) else (one, one) for one in padding]
    padded = np.pad(x, ((0, 0), (0, 0), *sides), mode=mode)
    shape = [
        (extent + sum(side) - spread * (size - 1) - 1) // step + 1
        for extent, side, spread, size, step in zip(extents, sides, dilation, kernel, stride, strict=True)
    ]
    y = np.zeros((n, c_out, *shape))
    for o, c, *tap in np.ndindex(c_out, per_group, *kernel):
        taken = padded[:, o // (c_out // groups) * per_group + c]
        for axis, (u, spread, step, size) in enumerate(zip(tap, dilation, stride, shape, strict=True), 1):
            taken = taken.take(range(u * spread, u * spread + step * size, step), axis)
        y[:, o] += weight[(o, c, *tap)] * taken
    return y if bias is None else y + bias.reshape(-1, *[1] * len(kernel))


def transposed(x, weight, bias, stride, padding, added, dilation, groups):
    """A grouped transposed convolution of (N, C, …): each tap adds a copy of the input, then a crop."""
    (n, c_in, *extents), (_, per_group, *kernel) = x.shape, weight.shape
    sides = [one if isinstance(one, tuple) else (one, one) for one in padding]
    whole = [
        (extent - 1) * step + spread * (size - 1) + 1 + more
        for extent, step, spread, size, more in zip(extents, stride, dilation, kernel, added, strict=True)
    ]
    y = np.zeros((n, per_group * groups, *whole))
    for c, o, *tap in np.ndindex(c_in, per_group, *kernel):
        places = tuple(
            slice(u * spread, u * spread + step * extent, step)
            for u, spread, step, extent in zip(tap, dilation, stride, extents, strict=True)
        )
        fits = [y.shape[2 + axis] for axis in range(len(kernel))]
        ends = [len(range(*place.indices(size))) for place, size in zip(places, fits, strict=True)]
        assert ends == extents
        y[(slice(None), c // (c_in // groups) * per_group + o, *places)] += weight[(c, o, *tap)] * x[:, c]
    kept = tuple(slice(side[0], size - side[1]) for side, size in zip(sides, whole, strict=True))
    y = y[(slice(None), slice(None), *kept)]
    return y if bias is None else y + bias.reshape(-1, *[1] * len(kernel))


def run(layer, arrays):
    (output,) = layer.program().outputs
    return Loops(layer.program(), arrays).arrays[output.name]


CONVOLUTIONS = {1: Conv1d, 2: Conv2d, 3: Conv3d}
TRANSPOSED = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}
MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
small = st.integers(1, 3)


def each(draw, count, what):
    return tuple(draw(what) for _ in range(count))


@st.composite
def sliding(draw, taps=3):
    """Axes, groups, channels, kernel, stride, dilation and padding, one number or two for each axis."""
    count = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 2))
    kernel, dilation = each(draw, count, st.integers(1, taps)), each(draw, count, st.integers(1, 2))
    side = st.integers(0, 2)
    padding = each(draw, count, st.one_of(side, st.tuples(side, side)))
    return {
        "groups": groups, "kernel": kernel, "dilation": dilation, "padding": padding,
        "stride": each(draw, count, small), "bias": draw(st.booleans()), "batch": 2,
        "c_in": groups * draw(st.integers(1, 2)), "c_out": groups * draw(st.integers(1, 2)),
    }  # fmt: skip


def sides(padding):
    return [one if isinstance(one, tuple) else (one, one) for one in padding]


@st.composite
def convolutions(draw):
    made = draw(sliding())
    mode = draw(st.sampled_from(sorted(MODES)))
    kind = CONVOLUTIONS[len(made["kernel"])]
    extents = {}
    for axis, size, spread, side in zip(
        kind.AXES, made["kernel"], made["dilation"], sides(made["padding"]), strict=True
    ):
        least = max(1 if mode == "zeros" else 1 + max(side), spread * (size - 1) + 1 - sum(side))
        extents[axis] = least + draw(st.integers(0, 2 if len(made["kernel"]) < 3 else 1))
    return kind(**made, **extents, padding_mode=mode)


@st.composite
def transposed_convolutions(draw):
    made = draw(sliding(taps=2))
    kind = TRANSPOSED[len(made["kernel"])]
    extents = {axis: draw(st.integers(2, 3)) for axis in kind.AXES}
    added = tuple(
        draw(st.integers(0, max(pair) - 1)) for pair in zip(made["stride"], made["dilation"], strict=True)
    )
    for place, axis in enumerate(kind.AXES):
        step, spread = made["stride"][place], made["dilation"][place]
        whole = (extents[axis] - 1) * step + spread * (made["kernel"][place] - 1) + 1 + added[place]
        before = min(sides(made["padding"])[place][0], whole - 1)
        after = min(sides(made["padding"])[place][1], whole - 1 - before)
        made["padding"] = (*made["padding"][:place], (before, after), *made["padding"][place + 1 :])
    return kind(**made, **extents, output_padding=added)


def numbers(given):
    return tuple(numbers(one) if isinstance(one, tuple) else int(one) for one in given)


def inputs_of(layer, arrays):
    """The arrays of a convolution with the groups side by side, as libraries keep them."""
    count = len(layer.kernel)
    extents = [int(getattr(layer, axis)) for axis in layer.AXES]
    kernel = arrays["weight"].shape[-count:]
    first, second = arrays["weight"].shape[-count - 2 : -count]
    x = arrays["x"].reshape(2, int(layer.c_in), *extents)
    weight = arrays["weight"].reshape(int(layer.groups) * first, second, *kernel)
    return x, weight, arrays["bias"].ravel() if layer.bias else None


@settings(max_examples=examples(60), deadline=None)
@given(convolutions())
def test_a_convolution_computes_what_numpy_computes(layer):
    arrays = random_arrays(layer.program())
    expected = convolve(
        *inputs_of(layer, arrays),
        numbers(layer.stride), numbers(layer.padding), numbers(layer.dilation), int(layer.groups),
        MODES[layer.padding_mode],
    )  # fmt: skip
    assert expected.shape == layer.output_shape
    np.testing.assert_allclose(run(layer, arrays).reshape(expected.shape), expected, atol=1e-12)


@settings(max_examples=examples(60), deadline=None)
@given(transposed_convolutions())
def test_a_transposed_convolution_computes_what_numpy_computes(layer):
    arrays = random_arrays(layer.program())
    expected = transposed(
        *inputs_of(layer, arrays),
        numbers(layer.stride), numbers(layer.padding), numbers(layer.output_padding),
        numbers(layer.dilation), int(layer.groups),
    )  # fmt: skip
    assert expected.shape == layer.output_shape
    np.testing.assert_allclose(run(layer, arrays).reshape(expected.shape), expected, atol=1e-12)


def test_an_adjoint_of_a_convolution_is_the_transposed_one():
    """`⟨y, conv x⟩ = ⟨convᵀ y, x⟩` with one kernel, the channels of the weight changing places."""
    forward = Conv2d(2, 3, (3, 2), 7, 6, stride=(2, 1), padding=(1, 0))
    *_, rows, columns = numbers(forward.output_shape)
    back = ConvTranspose2d(3, 2, (3, 2), rows, columns, stride=(2, 1), padding=(1, 0))
    draw = np.random.default_rng(3)
    weight, x, y = (draw.normal(size=size) for size in ((3, 2, 3, 2), (2, 7, 6), (3, rows, columns)))
    onwards = run(forward, {"x": x, "weight": weight})
    backwards = run(back, {"x": y, "weight": weight})
    assert backwards.shape == x.shape
    assert abs(np.sum(onwards * y) - np.sum(backwards * x)) < 1e-12
    assert abs(np.sum(onwards * y[:, ::-1]) - np.sum(backwards * x)) > 0.1


@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_padding_same_puts_the_odd_zero_behind(kernel):
    layer = Conv1d(1, 1, kernel, 6, padding="same", batch=1)
    arrays = random_arrays(layer.program())
    before = (kernel - 1) // 2
    expected = convolve(
        arrays["x"], arrays["weight"], None, (1,), ((before, kernel - 1 - before),), (1,), groups=1
    )
    np.testing.assert_allclose(run(layer, arrays), expected, atol=1e-12)


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
    kept = tuple(one for one in layer.buffers if one in program.inputs)
    data = len(program.inputs) - len(layer.parameters) - len(kept)
    assert data > 0
    assert program.inputs[data:] == (*layer.parameters, *kept)
    output, *moved = program.outputs
    assert [one.shape for one in moved] == [one.shape for one in kept if moved]
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
        made = symbolic.program().definitions
        shapes = [size for one in made for size in one.tensor.shape]
        summed = [index.dim for one in made for index in one.body.atoms(Index)]
        assert size in {*shapes, *summed}
        assert not meaning.has(size)
