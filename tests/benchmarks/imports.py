"""Importing torch models with open sizes: the time of each beside torch's own counter, which knows one size.

Run from the root of a checkout: `python -m tests.benchmarks.imports`. Every formula is compared with the
counter at five sizes, those of the families also with the network that is declared in symderive, in every
quantity; a difference ends the run. The times are processor time of one run.
"""

import random
import sys
import time
from functools import partial
from unittest.mock import patch

import torch
import transformers as tr
from torch.utils.flop_counter import FlopCounterMode

from symderive.derive.costs import cost
from symderive.imports.torch_modules import torch_network
from symderive.networks import network
from tests.imports.families import FAMILIES
from tests.imports.models_convolutions import Bottleneck, ResNet, UNet
from tests.imports.models_sequences import ViT
from tests.imports.test_torch_families import differences
from tests.imports.torch_facts import counted_by_torch, on_meta

IMAGES, TOKENS = "B,3,H,W", "B,T:integer"
SHAPES = 5
EAGER = {"attn_implementation": "eager"}  # torch's counter does not know each of its fused attentions
MODELS = {
    **{name: (make, IMAGES) for name, make in FAMILIES.items()},
    "resnet50": (lambda: ResNet(Bottleneck, (3, 4, 6, 3)), IMAGES),
    "unet": (lambda: UNet(64, 4), IMAGES),
    "vit_b_16, any resolution": (lambda: ViT(None), IMAGES),
    "gpt2": (lambda: tr.GPT2LMHeadModel(tr.GPT2Config(**EAGER)), TOKENS),
    "bert_base": (lambda: tr.BertModel(tr.BertConfig(**EAGER)), TOKENS),
    "t5_small": (
        lambda: tr.T5Model(tr.T5Config()),
        {"input_ids": "B,S:integer", "decoder_input_ids": "B,T:integer"},
    ),
}


def shapes(name, symbols):
    """Sizes at random; a height and a width that U-Net can halve four times."""
    chosen = random.Random(name)
    for _ in range(SHAPES):
        step = 16 if name == "unet" else 1
        images = {one: step * chosen.randint(96 // step, 400 // step) for one in ("H", "W")}
        numbers = {
            "B": chosen.randint(1, 32),
            **images,
            "T": chosen.randint(2, 500),
            "S": chosen.randint(2, 500),
        }
        yield {one: numbers[one] for one in symbols}


def timed(function):
    """What a function gives, and the processor time that it took."""
    start = time.process_time()
    return function(), time.process_time() - start


def row(name):
    """One line of the table, after all comparisons.

    Raises:
        SystemExit: the formula and the counter differ.
    """
    make, text = MODELS[name]
    model = on_meta(make)
    (found, formula), ours = timed(lambda: _formula(model, text))
    assert not found.unknown, found.unknown
    assert found.params == sum(one.numel() for one in model.parameters())
    symbols = [one.name for one in found.order if one not in found.relations]
    times = []
    for numbers in shapes(name, symbols):
        theirs, seconds = timed(partial(counted, model, text, numbers))
        times.append(seconds)
        if found.subs(numbers).macs != theirs:
            sys.exit(f"{name} at {numbers}: {found.subs(numbers).macs} against {theirs}")
    if name in FAMILIES and (apart := list(differences(found, cost(network(name))))):
        sys.exit(f"{name} and the family that declares it: {apart}")
    middle = sorted(times)[len(times) // 2]
    return f"| {name} | {int(found.params):,} | {len(formula.terms)} | {ours:.2f} s | {middle:.3f} s |"


def _formula(model, text):
    found = cost(torch_network(model, text))
    return found, found.formula()


def counted(model, text, numbers):
    """What torch counts; a language model may not look at its numbers of positions: they have no entries."""
    more = {"use_cache": False} if hasattr(model, "config") else {}
    with patch.object(tr.masking_utils, "find_packed_sequence_indices", return_value=None):
        return counted_by_torch(model, text, numbers, **more)


def main():
    """Print the table."""
    on_meta(FAMILIES["resnet18"])
    torch_network(on_meta(FAMILIES["resnet18"]), IMAGES)  # torch loads half of itself on the first run
    with torch.no_grad(), FlopCounterMode(display=False):
        on_meta(FAMILIES["resnet18"])(torch.empty(1, 3, 64, 64, device="meta"))
    print("| model | parameters | terms of the formula | import, all sizes | torch's counter, one size |")
    print("|---|---|---|---|---|")
    for name in sys.argv[1:] or MODELS:
        print(row(name), flush=True)


if __name__ == "__main__":
    main()
