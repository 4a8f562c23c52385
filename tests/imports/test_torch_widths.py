"""Symbols for the numbers of a torch module: one formula for all models that are built with other numbers."""

import pytest
import transformers as tr
from torch import nn

import symderive as sd
from symderive.networks import network
from tests.imports.models_convolutions import ResNet
from tests.imports.test_torch_families import ALWAYS, in_inputs
from tests.imports.torch_facts import on_meta


def imported(make, texts, **options):
    """The cost of a model whose arrays have no entries."""
    return sd.cost(on_meta(make), input=texts, **options)


def assert_same(found, plain, numbers, besides=()):
    """Every quantity of one formula at some numbers is that of a model that is built with them."""
    names = dict.fromkeys((*found.quantities, *plain.quantities, *ALWAYS))
    put_in = {symbol: numbers[symbol.name] for symbol in found.symbols if symbol.name in numbers}
    for quantity in (name for name in names if name not in besides):
        difference = in_inputs(found, quantity).xreplace(put_in) - in_inputs(plain, quantity)
        assert (quantity, difference.expand()) == (quantity, 0)


def assert_formula(make, texts, symbols, *rows):
    """The formula with symbols at each row of numbers is that of the model built with them.

    The first row has the numbers of the model that is imported.
    """
    found = imported(lambda: make(**rows[0]), texts(rows[0], True), symbols=symbols)
    assert not found.unknown
    for row in rows:
        assert_same(found, imported(lambda row=row: make(**row), texts(row, False)), row)
    return found


def test_a_convolution_its_norm_and_the_next_convolution_have_one_width():
    def make(w, k):
        layers = nn.Conv2d(3, w, k, bias=False), nn.BatchNorm2d(w), nn.ReLU(), nn.Conv2d(w, 5, 1)
        return nn.Sequential(*layers)

    rows = ({"w": 16, "k": 3}, {"w": 7, "k": 3}, {"w": 64, "k": 3})
    found = assert_formula(make, lambda row, _: "B,3,H,W", {"0.out_channels": "w"}, *rows)
    batch, height, width, w = found.symbols
    assert found.macs.expand() == ((3 * 9 + 5) * batch * (height - 2) * (width - 2) * w).expand()
    assert found.params == 3 * 9 * w + 2 * w + 5 * w + 5
    assert found.buffers == 2 * w


def test_resnet18_with_a_symbol_for_its_width():
    symbols = {"conv1.out_channels": "w", "layer1.*.conv1.out_channels": "w", "fc.out_features": "c"}
    symbols |= {f"layer{one}.*.conv1.out_channels": f"{2 ** (one - 1)}*w" for one in (2, 3, 4)}
    symbols |= {f"layer{one}.0.conv2.out_channels": f"{2 ** (one - 1)}*w" for one in (2, 3, 4)}
    found = imported(lambda: ResNet(width=16, classes=10), "B,3,H,W", symbols=symbols)
    assert_same(found, sd.cost(network("resnet18")), {"w": 64, "c": 1000})
    w, c = (symbol for symbol in found.symbols if symbol.name in "wc")
    assert found.params == 2724 * w**2 + 297 * w + 8 * w * c + c


def test_a_perceptron():
    def make(n, a, b):
        return nn.Sequential(nn.Linear(n, a), nn.GELU(), nn.LayerNorm(a), nn.Linear(a, b))

    rows = ({"n": 8, "a": 8, "b": 8}, {"n": 3, "a": 5, "b": 7}, {"n": 10, "a": 1, "b": 2})
    symbols = {"0.in_features": "n", "2.normalized_shape": "a", "3.bias": "b"}
    found = assert_formula(make, lambda row, is_open: "B,n" if is_open else f"B,{row['n']}", symbols, *rows)
    batch, n, a, b = found.symbols
    assert found.macs.expand() == batch * n * a + batch * a * b


@pytest.fixture(scope="module")
def encoder():
    """A transformer of nn, with symbols for all of it."""

    def make(d, h, f, N):
        layer = nn.TransformerEncoderLayer(d, h, f, batch_first=True)
        return nn.TransformerEncoder(layer, N, enable_nested_tensor=False)

    symbols = {
        "layers.*.self_attn.embed_dim": "d",
        "layers.*.self_attn.num_heads": "h",
        "layers.*.linear1.out_features": "f",
        "layers.length": "N",
    }
    rows = ({"d": 16, "h": 4, "f": 24, "N": 2}, {"d": 12, "h": 3, "f": 5, "N": 3})
    return assert_formula(
        make, lambda row, is_open: "B,T,d" if is_open else f"B,T,{row['d']}", symbols, *rows
    )


def test_a_transformer_of_nn_with_its_depth(encoder):
    by_name = {symbol.name: symbol for symbol in encoder.symbols}
    batch, length, d, f, n = (by_name[name] for name in "BTdfN")
    wanted = n * (4 * batch * length * d**2 + 2 * batch * length**2 * d + 2 * batch * length * d * f)
    assert (encoder.macs - wanted).expand() == 0
    assert [encoder.condition_text(one) for one in encoder.conditions] == ["h divides d"]


def test_cross_attention():
    def make(d, h):
        return nn.MultiheadAttention(d, h, batch_first=True)

    def texts(row, is_open):
        d = "d" if is_open else row["d"]
        return f"B,T,{d}", f"B,S,{d}", f"B,S,{d}"

    rows = ({"d": 16, "h": 4}, {"d": 6, "h": 3}, {"d": 24, "h": 2})
    assert_formula(make, texts, {"embed_dim": "d", "num_heads": "h"}, *rows)


def test_recurrent_layers():
    def make(h, p):
        return nn.LSTM(5, h, 2, batch_first=True, proj_size=p, bidirectional=True)

    rows = ({"h": 12, "p": 3}, {"h": 7, "p": 2}, {"h": 20, "p": 8})
    found = assert_formula(make, lambda *_: "B,T,5", {"hidden_size": "h", "proj_size": "p"}, *rows)
    assert [found.condition_text(one) for one in found.conditions] == ["p < h"]
    rows = ({"h": 4}, {"h": 9})
    symbols = {"weight_hh_l0[1]": "h", "input_size": "h"}
    assert_formula(
        lambda h: nn.GRU(h, h),
        lambda row, is_open: "T,B,h" if is_open else f"T,B,{row['h']}",
        symbols,
        *rows,
    )


GPT2 = {
    "transformer.wte.embedding_dim": "d",
    "transformer.h.*.attn.split_size": "d",
    "transformer.h.*.attn.head_dim": "d/h",
    "transformer.h.*.mlp.c_fc.nf": "4*d",
    "transformer.wte.num_embeddings": "V",
    "transformer.wpe.num_embeddings": "C",
    "transformer.h.length": "L",
}


def gpt2(d, h, L, V, C):
    return tr.GPT2LMHeadModel(tr.GPT2Config(n_embd=d, n_head=h, n_layer=L, vocab_size=V, n_positions=C))


def test_gpt2_is_its_family_in_all_symbols():
    """Its activation function is written out in the module, so that its quotients are other products."""
    rows = ({"d": 24, "h": 3, "L": 2, "V": 101, "C": 64}, {"d": 20, "h": 5, "L": 3, "V": 77, "C": 32})
    found = imported(lambda: gpt2(**rows[0]), "B,T:integer", symbols=GPT2)
    declared = sd.cost(network("gpt"))
    for quantity in ("macs", "params", "flops", "exps", "adds"):
        assert (in_inputs(found, quantity) - in_inputs(declared, quantity)).expand() == 0
    assert found.leading("T").terms == declared.leading("T").terms
    assert {found.condition_text(one) for one in found.conditions} == {"h divides d", "T ≥ 2"}
    assert_same(found, imported(lambda: gpt2(**rows[1]), "B,T:integer"), rows[1])


def test_llama_in_width_vocabulary_and_depth():
    def make(d, f, V, L):
        heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}
        sizes = {"hidden_size": d, "intermediate_size": f, "vocab_size": V, "num_hidden_layers": L}
        return tr.LlamaForCausalLM(tr.LlamaConfig(**heads, **sizes))

    symbols = {
        "model.embed_tokens.embedding_dim": "d",
        "model.layers.*.mlp.gate_proj.out_features": "f",
        "lm_head.out_features": "V",
        "model.embed_tokens.num_embeddings": "V",
        "model.layers.length": "L",
    }
    rows = ({"d": 32, "f": 48, "V": 101, "L": 2}, {"d": 24, "f": 30, "V": 50, "L": 3})
    found = imported(lambda: make(**rows[0]), "B,T:integer", symbols=symbols)
    for row in rows[1:]:
        assert_same(found, imported(lambda row=row: make(**row), "B,T:integer"), row)
