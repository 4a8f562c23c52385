"""Bytes kept for the backward pass: the formula against what PyTorch's autograd really keeps, to the byte."""

import pytest
import torch

from symderive.cost.memory.saved import in_training
from symderive.derive.costs import cost
from symderive.errors import ShapeError
from symderive.layers import BatchNorm2d
from symderive.networks import architecture, network
from tests.networks.autograd import Block, kept_by_autograd, mobilenet_v1, resnet18, vgg16

SHAPES = ((2, 32, 32), (2, 33, 47), (3, 64, 41), (1, 97, 131))
BLOCKS = ((1, 1, 8, 2), (2, 5, 12, 3), (3, 17, 20, 5), (1, 64, 48, 6))


@pytest.fixture(scope="module")
def block():
    """A block of GPT-2 with open sizes."""

    def declared(x):
        x = x.layer_norm().attention("h", causal=True) + x
        return x.layer_norm().feed_forward(4 * x.width, "gelu_tanh") + x

    return cost(architecture("block", declared, "B", "T", "d"))


@pytest.mark.parametrize("make", [resnet18, mobilenet_v1], ids=["resnet18", "mobilenet_v1"])
def test_networks_with_batch_normalisation(make):
    """Inputs of convolutions, of norms with mean and deviation, values of relu, positions of the pool."""
    model, found = make(), cost(network(make.__name__))
    for batch, height, width in SHAPES:
        wanted = kept_by_autograd(model, torch.zeros(batch, 3, height, width))
        assert found.subs(B=batch, H=height, W=width).saved_bytes() == wanted


def test_vgg16():
    """Autograd keeps the input of the mean over 7 × 7 windows, too, of which it only needs the shape."""
    model, found = vgg16(), cost(network("vgg16"))
    for batch, height, width in SHAPES[:3]:
        wanted = kept_by_autograd(model, torch.zeros(batch, 3, height, width))
        for_its_shape = 4 * batch * 512 * (height // 32) * (width // 32)
        assert found.subs(B=batch, H=height, W=width).saved_bytes() + for_its_shape == wanted


@pytest.mark.parametrize("sizes", BLOCKS)
def test_a_block_with_attention_written_out(block, sizes):
    """Autograd keeps which scores were masked, too; their shares are 0, so that nothing depends on it."""
    batch, length, width, heads = sizes
    wanted = kept_by_autograd(Block(width, heads, True), torch.zeros(batch, length, width))
    mask = length * length
    assert block.subs(B=batch, T=length, d=width, h=heads).saved_bytes() + mask == wanted


@pytest.mark.parametrize("sizes", BLOCKS)
def test_a_block_with_attention_as_one_call(block, sizes):
    """Scores and shares are computed again; the logarithm of each sum of exponentials is kept to help."""
    batch, length, width, heads = sizes
    wanted = kept_by_autograd(Block(width, heads, False), torch.zeros(batch, length, width))
    found = block.subs(B=batch, T=length, d=width, h=heads).saved_bytes(recompute=("scores", "weights"))
    assert found + 4 * batch * heads * length == wanted


def test_an_array_too_few_is_caught(monkeypatch):
    """Batch normalisation as at inference keeps no statistics: the bytes differ."""
    kept_by_autograd_of_norms = 2 * 4 * 4800  # mean and deviation of each channel
    in_training.cache_clear()
    with monkeypatch.context() as planted:
        planted.setattr(BatchNorm2d, "in_training", lambda self: self)
        too_few = cost(network("resnet18", B=2, H=32, W=32)).saved_bytes()
    in_training.cache_clear()
    wanted = kept_by_autograd(resnet18(), torch.zeros(2, 3, 32, 32))
    assert too_few == wanted - kept_by_autograd_of_norms


def test_a_norm_of_one_entry_is_refused_as_in_training():
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        kept_by_autograd(resnet18(), torch.zeros(1, 3, 32, 32))
    with pytest.raises(ShapeError, match="B · H₅ · W₅ ≥ 2 is needed"):
        cost(network("resnet18")).subs(B=1, H=32, W=32).saved_bytes()
    with pytest.raises(ShapeError, match="training needs"):
        cost(network("resnet18", B=1, H=32, W=32)).saved_bytes()
