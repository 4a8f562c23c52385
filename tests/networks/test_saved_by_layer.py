"""Bytes that single layers keep: those of autograd, and by what they differ where its kernels keep others."""

import math
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional

from symderive.derive.costs import cost
from symderive.layers import GRU, LSTM, RNN, Attention, AvgPool2d, Bilinear, Einsum, MultiHeadAttention
from tests.networks.autograd import kept_by_autograd

FUSED = ("scores", "weights")


def entries(*shape):
    """The bytes of an array."""
    return 4 * math.prod(shape)


class Apply(nn.Module):
    """A function of arrays."""

    def __init__(self, function, **options):
        super().__init__()
        self.function, self.options = function, options

    def forward(self, *arrays):
        return self.function(*arrays, **self.options)


class Self(nn.Module):
    """Attention of an array to itself."""

    def __init__(self, **options):
        super().__init__()
        self.heads, self.options = nn.MultiheadAttention(64, 4, batch_first=True), options

    def forward(self, x):
        return self.heads(x, x, x, **self.options)[0]


def attended(**options):
    return Apply(functional.scaled_dot_product_attention, **options)


TWO, SAME = [(4, 1, 9, 11), (3, 11, 13)], [(2, 4, 16, 8)] * 3
HEADS = MultiHeadAttention(64, 4, 10, batch=2)
CASES = {
    # What is computed in the middle is worked out again.
    "bilinear": (nn.Bilinear(5, 6, 7), [(3, 5), (3, 6)], Bilinear(5, 6, 7, batch=3), ("left",), 0),
    # The fused kernel keeps its result, too, and the logarithm of each sum of exponentials.
    "attention": (
        attended(), SAME, Attention(8, 16, heads=4, batch=2), FUSED, entries(2, 4, 16, 8) + entries(2, 4, 16)
    ),
    "causal attention": (
        attended(is_causal=True), SAME, Attention(8, 16, heads=4, batch=2, causal=True), FUSED,
        entries(2, 4, 16, 8) + entries(2, 4, 16),
    ),
    "attention in groups": (
        attended(enable_gqa=True), [(2, 8, 16, 8), (2, 2, 16, 8), (2, 2, 16, 8)],
        Attention(8, 16, heads=8, kv_heads=2, batch=2), FUSED, entries(2, 8, 16, 8) + entries(2, 8, 16),
    ),
    "heads": (Self(need_weights=False), [(2, 10, 64)], HEADS, FUSED, entries(2, 4, 10)),
    # The queries are scaled, and stay as they were in one array with keys and values.
    "heads with weights": (Self(need_weights=True), [(2, 10, 64)], HEADS, (), entries(2, 10, 64)),
    # Copies of operands that are the same along an axis.
    "stretched product": (
        Apply(torch.matmul), TWO, Einsum.matmul(*TWO), (),
        (3 - 1) * entries(4, 9, 11) + (4 - 1) * entries(3, 11, 13),
    ),
    # The input, of which it only needs the shape.
    "mean of windows": (
        nn.AvgPool2d(2), [(1, 16, 14, 14)], AvgPool2d(16, 2, 14, 14), (), entries(16, 14, 14)
    ),
    "rnn": (nn.RNN(4, 5), [(7, 3, 4)], RNN(4, 5, 7, batch=3), (), 0),
    # Zeros that no state is given for are made by us and not kept by it.
    "gru": (nn.GRU(4, 5), [(7, 3, 4)], GRU(4, 5, 7, batch=3), (), -entries(3, 5)),
    # The tanh of each memory, which we work out again; of what is handed on, the last is not kept by it.
    "lstm": (nn.LSTM(4, 5), [(7, 3, 4)], LSTM(4, 5, 7, batch=3), (), entries(7, 3, 5) - entries(3, 5)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_layer_keeps_is_what_autograd_keeps_but_for_what_is_named(name):
    """The LSTM without the kernel that keeps a workspace of its own, of which torch warns."""
    module, shapes, layer, again, more = CASES[name]
    arrays = [torch.rand(shape, requires_grad=True) for shape in shapes]
    with warnings.catch_warnings(action="ignore"), torch.backends.mkldnn.flags(enabled=False):
        wanted = kept_by_autograd(module, *arrays)
    assert cost(layer).saved_bytes(recompute=again) + more == wanted


def test_the_array_in_the_middle_of_a_bilinear_layer_is_read_by_its_derivative():
    """As it is derived, `Σ_o left[o, j] ȳ[o]` is the gradient by the second input, so that `left` is kept."""
    found = cost(Bilinear(5, 6, 7, batch=3))
    assert [row.name for row in found.saved().rows] == ["x1", "x2", "left"]
    assert found.saved_bytes() - found.saved_bytes(recompute="left") == entries(3, 7, 6)
    assert found.backward_pass(input_gradient=True).macs == 2 * found.macs
