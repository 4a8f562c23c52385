"""Sizes of 1: a branch at 1 that computes the same is no condition, one that computes something else is."""

import pytest
import sympy
import torch
import transformers as tr

import symderive as sd
from symderive.core.dims import dims
from tests.imports.test_torch_inputs import Doing
from tests.imports.torch_facts import imported

B, T = dims("B T")


def repeated_where_it_has_to_be(model, x):
    """A table is repeated along the batch only where there is more than one."""
    table = torch.arange(8.0)[None]
    return model.linear(x) + (table.expand(x.shape[0], 8) if x.shape[0] != 1 else table)


def less_for_one(model, x):
    """At a batch of 1 a layer is left out."""
    return model.linear(model.linear(x)) if x.shape[0] != 1 else model.linear(x)


def refused_for_one(model, x):
    """At a batch of 1 the model stops."""
    if x.shape[0] == 1:
        raise ValueError
    return model.linear(x)


def less_for_one_of_both(model, x):
    """Only where both sizes are 1 a layer is left out."""
    if x.shape[0] == 1:
        return model.linear(x) if x.shape[1] == 1 else model.linear(model.linear(x))
    return model.linear(model.linear(x)) if x.shape[1] != 1 else model.linear(model.linear(2 * x) / 2)


@pytest.mark.parametrize(
    ("function", "text", "needed"),
    [
        (repeated_where_it_has_to_be, "B,8", ()),
        (less_for_one, "B,8", (B >= 2,)),
        (refused_for_one, "B,8", (B >= 2,)),
        (less_for_one_of_both, "B,T,8", (T >= 2,)),
    ],
)
def test_a_condition_goes_only_where_the_model_does_the_same_at_one(function, text, needed):
    assert sd.cost(Doing(function), input=text).conditions == needed


def test_it_goes_where_numbers_of_the_model_are_symbols():
    model = Doing(lambda model, x: model.linear(x[None])[0] if x.shape[0] != 1 else model.linear(x))
    found = sd.cost(model, input="B,8", symbols={"linear.out_features": "d"})
    assert found.formula().write() == "8 · B · d"
    assert found.conditions == ()


def test_a_language_model_without_a_cache_holds_for_one_text():
    sizes = {"num_hidden_layers": 1, "hidden_size": 64, "intermediate_size": 96, "vocab_size": 101}
    config = tr.LlamaConfig(**sizes, num_attention_heads=8, num_key_value_heads=2, use_cache=False)
    found = imported(lambda: tr.LlamaForCausalLM(config), "B,T:integer")
    assert sympy.Ge(B, 2) not in found.conditions
    each = 64 * (64 + 16 + 16) + 64 * 64 + 3 * 64 * 96 + 64 * 101
    assert found.subs({"B": 1, "T": 9}).macs == 9 * each + 2 * 64 * 81
