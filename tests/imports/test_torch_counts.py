"""Imported modules against torch's own counter at numbers, and attention in each of its spellings."""

import random

import pytest
import torch
from torch import nn

from tests.imports import models_convolutions as plain
from tests.imports import models_mobile as mobile
from tests.imports import models_sequences as sequences
from tests.imports.torch_facts import counted_by_torch, imported, on_meta

IMAGES = "B,3,H,W"
TOKENS = "B,T:integer"
SMALL = {
    "alexnet": (lambda: plain.AlexNet(4, 16, 5), IMAGES),
    "vgg": (lambda: plain.VGG((1, 1, 2), 4, 16, 5), IMAGES),
    "resnet": (lambda: plain.ResNet(width=8, classes=5), IMAGES),
    "resnext": (lambda: plain.ResNet(plain.Bottleneck, (1, 2, 1, 1), 4, 8, 16, 5), IMAGES),
    "squeezenet": (lambda: plain.SqueezeNet(8, 5), IMAGES),
    "densenet": (lambda: plain.DenseNet((2, 3), 4, 5), IMAGES),
    "googlenet": (lambda: plain.GoogLeNet(8, 5), IMAGES),
    "unet": (plain.UNet, IMAGES),
    "mobilenet_v1": (lambda: mobile.MobileNetV1(4, 5), IMAGES),
    "mobilenet_v2": (lambda: mobile.MobileNetV2([(1, 4, 1, 1), (3, 6, 2, 2)], 8, 16, 5), IMAGES),
    "mobilenet_v3": (
        lambda: mobile.MobileNetV3([(3, 8, 4, 0, False, 1), (5, 12, 4, 8, True, 2)], 8, 16, 5), IMAGES
    ),
    "efficientnet": (lambda: mobile.EfficientNet([(1, 3, 1, 8, 1), (4, 5, 2, 12, 2)], 8, 16, 5), IMAGES),
    "shufflenet": (lambda: mobile.ShuffleNetV2((4, 8, 16, 32, 24), (2, 2, 1), 5), IMAGES),
    "regnet": (lambda: mobile.RegNet((8, 16), (1, 2), 4, classes=5), IMAGES),
    "convnext": (lambda: mobile.ConvNeXt((4, 8), (1, 2), 5), IMAGES),
    "vit": (lambda: sequences.ViT(None, 4, 12, 3, 2, 5), IMAGES),
    "language": (sequences.Language, TOKENS),
}  # fmt: skip
EVEN = {"unet"}
"""What needs a height and a width that can be divided by 4."""


def shapes(name, text, count=5):
    """Sizes at random, most of them odd."""
    chosen = random.Random(name)
    for _ in range(count):
        if text == TOKENS:
            yield {"B": chosen.randint(1, 9), "T": chosen.randint(2, 99)}
        else:
            step = 4 if name in EVEN else 1
            yield {"B": chosen.randint(1, 9), **{one: step * chosen.randint(64, 150) for one in "HW"}}


@pytest.mark.parametrize("name", SMALL)
def test_the_formula_gives_what_torch_counts(name):
    make, text = SMALL[name]
    found, model = imported(make, text), on_meta(make)
    assert not found.unknown
    assert found.params == sum(one.numel() for one in model.parameters())
    assert found.buffers == sum(one.numel() for one in model.buffers() if one.dim())
    for numbers in shapes(name, text):
        assert found.subs(numbers).macs == counted_by_torch(model, text, numbers), numbers


@pytest.mark.parametrize("spelling", sequences.Attention.SPELLINGS)
def test_attention_costs_the_same_in_every_spelling(spelling):
    def small():
        return sequences.ViT(None, 4, 12, 3, 1, 5, spelling)

    fused = imported(lambda: sequences.ViT(None, 4, 12, 3, 1, 5), IMAGES)
    found = imported(small, IMAGES)
    assert not found.unknown
    assert found.formula().expr.expand() == fused.formula().expr.expand()
    assert found.params == fused.params
    exps = {quantity: found.formula(quantity).expr.expand() for quantity in ("exp", "divisions")}
    assert exps["exp"] == fused.formula("exp").expr.expand()


def test_vit_b_16_takes_17_56_thousand_million_products():
    found = imported(sequences.ViT, "B,3,224,224")
    assert found.macs == 17_563_828_224 * found.symbols[0]
    assert found.params == 86_567_656


CELLS = {
    "lstm": (nn.LSTM, {}, 4), "gru": (nn.GRU, {}, 3), "rnn": (nn.RNN, {}, 1),
    "both": (nn.LSTM, {"num_layers": 2, "bidirectional": True}, 4),
    "projected": (nn.LSTM, {"proj_size": 5, "bias": False}, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_recurrent_layers_have_a_symbolic_number_of_steps(name):
    kind, options, gates = CELLS[name]
    model = on_meta(lambda: sequences.Recurrent(kind, 50, 12, 16, **options))
    found = imported(lambda: sequences.Recurrent(kind, 50, 12, 16, **options), TOKENS)
    assert not found.unknown
    assert found.params == sum(one.numel() for one in model.parameters())
    matrices = [one.numel() for one in model.cells.parameters() if one.dim() == 2]
    batch, steps = found.symbols
    assert found.macs == batch * steps * (sum(matrices) + model.head.weight.numel())
    assert all(one % gates == 0 for one in matrices[:1])


def test_a_model_is_left_as_it_is():
    model = plain.ResNet(width=4, classes=3).train()
    model.layer2.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    imported(lambda: model, IMAGES)
    model.layer1.train()
    assert model.training is False  # on_meta calls eval(); the import itself changes nothing
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
