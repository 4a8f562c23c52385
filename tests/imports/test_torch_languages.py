"""Language models of the transformers package, built from configurations without weights."""

import pytest
import torch
import transformers as tr

from tests.imports.torch_facts import counted_by_torch, imported

SMALL = {"num_hidden_layers": 1, "hidden_size": 64, "intermediate_size": 96, "vocab_size": 101}
HEADS = {"num_attention_heads": 8, "num_key_value_heads": 2}
TOKENS = "B,T:integer"
MODELS = {
    "bert": (lambda: tr.BertModel(tr.BertConfig(**SMALL, num_attention_heads=8)), TOKENS),
    "llama": (lambda: tr.LlamaForCausalLM(tr.LlamaConfig(**SMALL, **HEADS)), TOKENS),
    "t5": (
        lambda: tr.T5Model(tr.T5Config(vocab_size=101, d_model=64, d_kv=8, d_ff=96, num_layers=1)),
        {"input_ids": "B,S:integer", "decoder_input_ids": "B,T:integer"},
    ),
}


def test_gpt2_from_the_transformers_package():
    found = imported(lambda: tr.GPT2LMHeadModel(tr.GPT2Config(n_layer=2)), TOKENS)
    batch, length = found.symbols
    assert not found.unknown
    # The convention of the whole model: 36864·B·T² + 247064064·B·T in 12 blocks of 7077888·B·T·2 + 3072·B·T².
    head = 2 * 50257 * 768
    assert head + 12 * 2 * 7077888 == 247064064
    assert found.flops.expand() == 2 * (2 * 7077888 * batch * length + 2 * 1536 * batch * length**2) + (
        head * batch * length
    )
    assert found.params == 124439808 - 10 * 7087872


@pytest.mark.parametrize("name", MODELS)
def test_the_formula_gives_what_torch_counts(name):
    make, texts = MODELS[name]
    found, model = imported(make, texts), make().eval()  # with entries, at which Llama looks
    model.set_attn_implementation(
        "eager"
    )  # torch's counter takes its own fused attention on a CPU for nothing
    assert not found.unknown
    assert found.params == sum(one.numel() for one in model.parameters())
    for numbers in ({"B": 1, "T": 17, "S": 9}, {"B": 3, "T": 64, "S": 31}, {"B": 5, "T": 7, "S": 50}):
        used = {one: numbers[one] for one in (symbol.name for symbol in found.symbols)}
        assert found.subs(used).macs == counted_by_torch(model, texts, numbers, "cpu", use_cache=False)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32])
def test_a_mixture_counts_the_experts_that_are_chosen(kind):
    """Of 4 experts each token uses 2; torch's counter does not know the grouped product at all."""
    options = {"num_local_experts": 4, "num_experts_per_tok": 2, "dtype": kind}
    config = tr.MixtralConfig(**SMALL, **HEADS, **options)
    found = imported(lambda: tr.MixtralForCausalLM(config).to(kind), TOKENS)
    assert ["topk" in one for one in found.unknown] == [True]
    attention = 64 * (64 + 16 + 16) + 64 * 64
    batch, length = found.symbols
    each = attention + 64 * 4 + 2 * 3 * 64 * 96 + 64 * 101
    assert found.macs.expand() == each * batch * length + 2 * 64 * batch * length**2
