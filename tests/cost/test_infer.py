"""Kernels from shapes, against trying every convolution."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.cost.infer import infer_kernel
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import Conv2d
from tests.profiles import examples


def output(size, kernel, stride, padding, dilation=1):
    """How many places the window has, counted."""
    return len(range(-padding, size + padding - dilation * (kernel - 1), stride))


def test_the_assignment():
    found = infer_kernel((12, 12, 3), (8, 8, 256), stride=1, padding=0)
    assert found.kernel == (5, 5)
    assert found.status == "determined"
    assert str(found) == "12×12×3 → 8×8×256, stride 1, no padding ⇒ k = 12 − 8 + 1 = 5"
    assert found.latex() == (
        r"12 \times 12 \times 3 \to 8 \times 8 \times 256,\ \text{stride 1, no padding} "
        r"\;\Rightarrow\; k = 12 - 8 + 1 = 5"
    )
    assert Conv2d(3, 256, found.kernel, 12, 12).output_shape == (256, 8, 8)


def test_unknown_padding_leaves_the_kernel_open():
    found = infer_kernel((12, 12, 3), (8, 8, 256))
    assert found.status == "not determined"
    assert found.kernels == ((5, 5), (7, 7), (9, 9), (11, 11))
    assert "because stride and padding are not given" in str(found)
    assert "7×7 (stride 1, padding 1)" in str(found)
    with pytest.raises(SymderiveError, match="the kernel is not determined"):
        _ = found.kernel


def test_a_stride_that_rounds_leaves_two_kernels():
    found = infer_kernel((224, 224), (112, 112), stride=2, padding=3)
    assert found.kernels == ((7, 7), (8, 8), (7, 8), (8, 7))
    assert "because the stride rounds" in str(found)
    assert "×" not in found.latex()


def test_an_unknown_stride_that_only_one_value_fits_is_said():
    found = infer_kernel((12, 12), (8, 8), padding=0)
    assert found.kernel == (5, 5)
    assert str(found).endswith("k = 12 − 8 + 1 = 5 (only stride 1 fits)")


def test_height_and_width_may_differ():
    found = infer_kernel((12, 10), (8, 8), stride=1, padding=(0, 1))
    assert found.kernel == (5, 5)
    assert str(found).endswith("k_h = 12 − 8 + 1 = 5, k_w = 10 + 2 · 1 − 8 + 1 = 5")
    assert infer_kernel((3, 12, 10), (9, 8, 8), stride=1, padding=0, channels="first").kernel == (5, 3)


def test_a_square_kernel_from_an_oblong_input_shows_both_axes():
    assert str(infer_kernel((12, 10), (8, 6), stride=1, padding=0)).endswith(
        "k_h = 12 − 8 + 1 = 5, k_w = 10 − 6 + 1 = 5"
    )


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [
        ((8, 8), (12, 12), {"stride": 1, "padding": 0}),
        ((12, 12), (8, 8), {"stride": 2, "padding": 0}),
        ((12, 12), (8, 8), {"kernel": 3, "stride": 1, "padding": 0}),
        ((12, 12), (8, 9), {"kernel": (5, 5), "stride": 1, "padding": 0}),
    ],
)
def test_impossible_shapes_are_said_to_be_impossible(before, after, known):
    found = infer_kernel(before, after, **known)
    assert (found.status, found.choices) == ("impossible", ())
    assert str(found).endswith(": no kernel fits")


def test_a_dilation_is_respected():
    assert infer_kernel((12, 12), (8, 8), stride=1, padding=0, dilation=2).kernel == (3, 3)
    assert infer_kernel((12, 12), (8, 8), stride=1, padding=0, dilation=3).status == "impossible"
    kernels = infer_kernel((12, 12), (8, 8), stride=1, padding=0, dilation=None).kernels
    assert kernels == ((2, 2), (3, 3), (5, 5))


sizes, steps = st.integers(1, 9), st.integers(1, 3)


@settings(max_examples=examples(60), deadline=None)
@given(st.tuples(sizes, sizes), st.tuples(sizes, sizes), steps, st.integers(0, 3), steps)
def test_with_everything_known_the_list_is_that_of_trying_all(before, after, stride, padding, dilation):
    found = infer_kernel(before, after, stride=stride, padding=padding, dilation=dilation)
    tried = {
        kernel
        for kernel in itertools.product(range(1, 20), repeat=2)
        if all(
            output(b, k, stride, padding, dilation) == a
            for b, a, k in zip(before, after, kernel, strict=True)
        )
    }
    assert set(found.kernels) == tried


@settings(max_examples=examples(30), deadline=None)
@given(sizes, sizes)
def test_with_nothing_known_the_list_is_that_of_trying_all_within_the_bounds(before, after):
    found = infer_kernel((before, before), (after, after))
    tried = {
        ((k, k), stride, padding)
        for k in range(1, before + 1)
        for stride in range(1, before + 1)
        for padding in range((k - 1) // 2 + 1)
        if output(before, k, stride, padding) == after
    }
    square = [one for one in found.choices if one.kernel[0] == one.kernel[1]]
    assert {(one.kernel, one.stride[0], one.padding[0]) for one in square} == tried


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (((12,), (8, 8)), "the input shape is"),
        (((12, 12), (8, 0)), "the output shape is"),
        (((12.0, 12), (8, 8)), "the input shape is"),
    ],
)
def test_shapes_that_are_none_are_one_sentence(arguments, sentence):
    with pytest.raises(ShapeError, match=sentence):
        infer_kernel(*arguments)


def test_settings_that_are_none_are_one_sentence():
    with pytest.raises(ShapeError, match="stride is 0; give a whole number from 1"):
        infer_kernel((12, 12), (8, 8), stride=0)
    with pytest.raises(ShapeError, match="padding is"):
        infer_kernel((12, 12), (8, 8), padding=(1, 2, 3))
    with pytest.raises(SymderiveError, match='say "last" or "first"'):
        infer_kernel((12, 12, 3), (8, 8, 3), channels="middle")
