"""Output sizes, conditions, names and the sentences about sizes that do not fit."""

import pytest
import sympy

from symderive.core.dims import Dim, dims
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import Conv1d, Conv2d, Conv3d, Dense, DepthwiseConv2d, PointwiseConv2d, SeparableConv2d
from symderive.layers.window import extents, padding_per_axis, per_axis, windows

H, W, k = dims("H W k")


def test_the_output_size_stays_clean_without_stride():
    assert Conv2d().output_shape == (Dim("C_out"), H - k + 1, W - k + 1)
    assert Conv2d(padding=1, kernel=3).output_shape[1:] == (H, W)
    assert Conv2d(padding="same").output_shape[1:] == (H, W)
    assert Conv2d(padding="same").relations == {}


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"), [(1, 1, 0, 1), (3, 2, 1, 1), (2, 3, 2, 2), (4, 3, 0, 1)]
)
def test_the_output_size_counts_the_positions_of_the_window(size, kernel, stride, padding, dilation):
    span = dilation * (kernel - 1) + 1
    positions = range(-padding, size + padding - span + 1, stride)
    if not positions:
        with pytest.raises(ShapeError, match="take a smaller kernel"):
            DepthwiseConv2d(1, kernel, size, size, stride, padding, dilation)
        return
    layer = DepthwiseConv2d(1, kernel, size, size, stride, padding, dilation)
    assert layer.output_shape == (1, len(positions), len(positions))
    symbolic = DepthwiseConv2d(1, "k", "H", "W", "s", "p", "d")
    numbers = {"k": kernel, "H": size, "s": stride, "p": padding, "d": dilation}
    values = {Dim(name): sympy.Integer(value) for name, value in numbers.items()}
    assert symbolic.output_shape[1].xreplace(values) == len(positions)


def test_a_named_output_size_comes_with_its_meaning():
    assert Conv2d().relations == {Dim("Hprime"): H - k + 1, Dim("Wprime"): W - k + 1}
    assert Conv2d(stride=2, padding=1).relations[Dim("Hprime")] == sympy.floor((H + 2 - k) / 2) + 1
    assert Conv2d(height="Hprime").relations[Dim("Hprimeprime")] == Dim("Hprime") - k + 1
    assert extents([window.output for window in windows(Conv2d(3, 4, 5, 12, 12))], ("Hprime", "Wprime")) == (
        (8, 8),
        {},
    )


def test_conditions_are_what_is_not_decided():
    assert Conv2d().conditions == (sympy.Ge(H, k), sympy.Ge(W, k))
    assert Conv2d(3, 256, 5, 12, 12).conditions == ()
    assert sympy.Eq(sympy.Mod(Dim("C_in"), Dim("G")), 0) in Conv2d(groups="G").conditions
    assert Conv2d(padding="same").conditions == ()
    assert SeparableConv2d().conditions == DepthwiseConv2d().conditions
    assert PointwiseConv2d().conditions == Dense().conditions == ()


def test_integer_sizes_get_the_names_of_their_roles():
    layer, values = Conv2d(3, 8, (5, 3), 12, 10, groups=1, batch=2).named()
    assert {symbol.name: value for symbol, value in values.items()} == {
        "N": 2, "k_h": 5, "k_w": 3, "H": 12, "W": 10, "C_in": 3, "C_out": 8,
    }  # fmt: skip
    assert layer.groups == 1
    assert Conv2d(kernel=5).named()[0].kernel == (k, k)
    assert Conv2d(4, 6, groups=2).named()[1][Dim("G")] == 2


def test_a_name_in_use_is_not_given_twice():
    layer, values = Conv2d(c_in="k", kernel=5).named()
    assert layer.c_in == k
    assert layer.kernel == (Dim("k_1"), Dim("k_1"))
    assert values == {Dim("k_1"): 5}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Conv2d(3, 4, 5, 3, 9), "the kernel covers 5 positions and the height with padding has 3"),
        (
            lambda: Conv2d(3, 4, 3, 9, 4, dilation=2),
            "the kernel covers 5 positions and the width with padding has 4",
        ),
        (lambda: Conv2d(3, 4, 3, 8, 8, padding="same", stride=2), "it needs stride 1"),
        (lambda: Conv2d(3, 4, groups=2), "2 groups do not divide 3 input channels"),
        (lambda: Conv2d(4, 3, groups=2), "2 groups do not divide 3 output channels"),
        (lambda: Conv2d(0), "c_in: 0 is not a size"),
        (lambda: Conv2d(batch=-1), "batch: -1 is not a size"),
        (lambda: Conv2d(kernel=(1, 2, 3)), "3 values given; give one for both axes"),
        (lambda: Conv2d(padding=-1), "padding: -1 is not a size"),
        (lambda: Conv2d(stride=0), "stride: 0 is not a size"),
        (lambda: Conv2d(padding=((1, 2, 3), 0)), "padding: 3 values for one axis; give one, or two"),
        (lambda: Conv1d(padding=(1, 2)), "give one for the length, or two for each: ((before, after),)"),
        (
            lambda: Conv3d(kernel=(1, 2)),
            "give one for all axes, or one for depth, one for height and one for",
        ),
        (lambda: Conv1d(1, 1, 5, 3), "the kernel covers 5 positions and the length with padding has 3"),
        (lambda: Conv1d(padding_mode="mirror"), "unknown padding mode 'mirror'. Known are zeros, reflect,"),
        (lambda: Conv1d(1, 1, 3, 2, padding=2, padding_mode="reflect"), "reads 2 positions of the length"),
        (
            lambda: Conv1d(1, 1, 3, 2, padding=3, padding_mode="circular"),
            "at most once around, and it has 2",
        ),
        (lambda: Dense(2.5), "d_in: 2.5 is not a size"),
        (lambda: PointwiseConv2d(height=False), "height: False is not a size"),
    ],
)
def test_sizes_that_do_not_fit_are_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


PLANE = ("height", "width")


def test_a_field_for_each_axis_is_one_size_for_all_or_one_for_each():
    assert per_axis(3, PLANE, "kernel") == (3, 3)
    assert per_axis([0, 1], PLANE, "padding", 0) == (0, 1)
    for wrong in ((0, 1), False, 1.5, (1, 2, 3)):
        with pytest.raises(ShapeError):
            per_axis(wrong, PLANE, "kernel")


def test_padding_may_differ_on_the_two_sides():
    assert padding_per_axis((1, (0, 2)), PLANE, "padding") == (1, (0, 2))
    assert padding_per_axis(((2, 2), 1), PLANE, "padding") == (2, 1)
    assert padding_per_axis("valid", PLANE, "padding") == (0, 0)
    assert Conv2d(1, 1, 2, 4, 4, padding=((1, 0), (0, 2))).output_shape == (1, 4, 5)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_padding_same_keeps_the_size_for_odd_and_even_kernels(kernel, dilation):
    layer = Conv1d(1, 1, kernel, 9, padding="same", dilation=dilation)
    (window,) = windows(layer)
    assert layer.output_shape == (1, 9)
    assert window.after - window.before in (0, 1)
