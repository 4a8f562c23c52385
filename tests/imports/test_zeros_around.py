"""Zeros that a model puts around an array before it convolves it are padding, and no valid products."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import symderive as sd
from tests.imports.onnx_models import Graph


class Padded(nn.Module):
    """A convolution of what a function makes of the input."""

    def __init__(self, before, convolution):
        super().__init__()
        self.before, self.convolution = before, convolution

    def forward(self, x):
        return self.convolution(self.before(x))


class AsLarge(nn.Module):
    """A convolution with as many outputs as ⌈size/stride⌉, as other libraries mean "same"."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(3, 4, 3, stride=2)

    def forward(self, x):
        size = x.shape[-1]
        missing = max((-(-size // 2) - 1) * 2 + 3 - size, 0)
        return self.convolution(F.pad(x, (missing // 2, missing - missing // 2)))


def filled(x):
    y = F.pad(x, (1, 1))
    y[..., 0] = 1
    return y


MODELS = {
    "even": (lambda: nn.Conv1d(4, 6, 4, padding="same"), "B,4,L"),
    "dilated": (lambda: nn.Conv2d(4, 6, (3, 4), padding="same", dilation=(1, 3)), "B,4,H,W"),
    "unbatched": (lambda: nn.Conv2d(2, 3, (1, 2), padding="same"), "2,H,W"),
    "causal": (lambda: Padded(lambda x: F.pad(x, (3, 0)), nn.Conv1d(4, 4, 4, groups=4)), "B,4,L"),
    "twice": (
        lambda: Padded(lambda x: F.pad(F.pad(x, (1, 0)), (0, 1, 2, 0)), nn.Conv2d(3, 4, 3, 2, 1)), "B,3,H,W"
    ),
    "cut_off": (lambda: Padded(lambda x: F.pad(x, (1, -2, 0, 1)), nn.Conv2d(3, 4, 3)), "B,3,H,W"),
    "cut_off_again": (lambda: Padded(lambda x: F.pad(F.pad(x, (2, 2)), (-1, -4)), nn.Conv1d(3, 4, 3)), "3,L"),
    "pooled": (
        lambda: nn.Sequential(nn.MaxPool2d(2), nn.ZeroPad2d((1, 2, 0, 1)), nn.Conv2d(3, 4, 3)), "B,3,H,W"
    ),
    "as_large": (AsLarge, "B,3,L"),
}  # fmt: skip


def valid(model, *shape):
    """The products with entries of the input, whose entries and those of the kernel are 1."""
    for name, one in model.named_parameters():
        nn.init.constant_(one, float(name.endswith("weight")))
    return int(model(torch.ones(*shape)).sum())


@pytest.mark.parametrize("name", MODELS)
def test_what_is_multiplied_by_these_zeros_is_not_valid(name):
    make, text = MODELS[name]
    found = sd.cost(make(), input=text)
    for numbers in ({"B": 2, "L": 9, "H": 8, "W": 11}, {"B": 1, "L": 12, "H": 11, "W": 14}):
        own = {one: numbers[one] for one in "BLHW" if one in text}
        shape = [own[one] if one in own else int(one) for one in text.split(",")]
        counted = sd.cost(make(), input=",".join(map(str, shape)))
        assert counted.valid_macs == found.subs(own).valid_macs == valid(make(), *shape)
        assert counted.macs == found.subs(own).macs > counted.valid_macs


@pytest.mark.parametrize(
    "before", [filled, lambda x: F.pad(x, (1, 1)).add_(1), lambda x: F.pad(x, (1, 1), value=1.0)]
)
def test_what_is_no_zero_any_more_is_data(before):
    found = sd.cost(Padded(before, nn.Conv1d(3, 4, 3)), input="B,3,L")
    assert found.valid_macs == found.macs


def test_zeros_between_the_channels_are_data():
    found = sd.cost(Padded(lambda x: F.pad(x, (1, 1, 0, 1)), nn.Conv1d(4, 4, 3)), input="B,3,L")
    assert found.valid_macs == found.macs


@pytest.mark.parametrize(
    ("mode", "put", "is_padding"),
    [("constant", None, True), ("constant", 0.0, True), ("constant", 0.5, False), ("reflect", None, False)],
)
def test_a_pad_of_onnx_in_front_of_a_convolution(mode, put, is_padding):
    g = Graph()
    more = [] if put is None else [g.Constant(value_float=put)]
    x = g.Pad(g.input("x", "B", 3, "L"), g.whole([0, 0, 1, 0, 0, 2]), *more, mode=mode)
    found = sd.cost(g.model(g.Conv(x, g.weight(4, 3, 4)))).subs(B=2, L=9)
    padded = Padded(lambda x: F.pad(x, (1, 2)), nn.Conv1d(3, 4, 4, bias=False))
    assert found.macs == 2 * 4 * 3 * 4 * 9
    assert found.valid_macs == (valid(padded, 2, 3, 9) if is_padding else found.macs)
