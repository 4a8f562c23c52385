"""Symbols for the numbers of a torch module: one formula for all models that are built with other numbers."""

import contextlib
import math
from itertools import pairwise

import pytest
import torch
import transformers as tr
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import symderive as sd
from symderive.errors import SymderiveError
from symderive.imports.torch_modules import tracing
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


def test_the_taps_of_a_convolution():
    def make(k):
        return nn.Conv2d(4, 6, k, padding=2)

    symbols = {"kernel_size[0]": "k", "kernel_size[1]": "k"}
    assert_formula(make, lambda *_: "B,4,9,9", symbols, {"k": 3}, {"k": 5}, {"k": 2})


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

    rows = ({"d": 16, "h": 4},)
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
    found = imported(lambda: gpt2(d=24, h=3, L=2, V=101, C=64), "B,T:integer", symbols=GPT2)
    declared = sd.cost(network("gpt"))
    for quantity in ("macs", "params", "flops", "exps", "adds", "backward_macs"):
        assert (in_inputs(found, quantity) - in_inputs(declared, quantity)).expand() == 0
    assert found.leading("T").terms == declared.leading("T").terms
    assert {found.condition_text(one) for one in found.conditions} == {"h divides d"}


LLAMA = {
    "model.embed_tokens.num_embeddings": "V",
    "lm_head.out_features": "V",
    "lm_head.in_features": "d",
    "model.layers.*.mlp.gate_proj.out_features": "m",
    "model.layers.*.self_attn.q_proj.out_features": "d",
    "model.layers.*.self_attn.k_proj.out_features": "g*d/h",
    "model.layers.*.self_attn.head_dim": "d/h",
    "model.layers.*.self_attn.num_key_value_groups": "h/g",
}


def test_a_block_of_llama_is_that_of_its_family_in_all_symbols():
    heads = {"num_attention_heads": 6, "num_key_value_heads": 2}
    sizes = {"hidden_size": 24, "intermediate_size": 40, "vocab_size": 101, "num_hidden_layers": 1}
    make = lambda: tr.LlamaForCausalLM(tr.LlamaConfig(**heads, **sizes))  # noqa: E731
    found, declared = imported(make, "B,T:integer", symbols=LLAMA), sd.cost(network("llama"))
    for quantity in ("macs", "params", "exps"):
        one_block = in_inputs(declared, quantity).subs(sd.dims("L"), 1)
        assert (in_inputs(found, quantity) - one_block).expand() == 0


# Random chains, with symbols at random places.


@st.composite
def chains(draw):
    """Blocks (kind of norm, is there an activation), widths, and for some widths a place that names it."""
    is_image = draw(st.booleans())
    norms = ("batch", "group", "") if is_image else ("layer", "")
    count = draw(st.integers(1, 3))
    blocks = [(draw(st.sampled_from(norms)), draw(st.booleans())) for _ in range(count)]
    widths = [2 * draw(st.integers(1, 6)) for _ in range(count + 1)]
    named = draw(st.sets(st.integers(1, count), min_size=1))
    symbols = {}
    for number in named:
        places = [f"{number - 1}.0.weight[0]", f"{number - 1}.0.out_{'channels' if is_image else 'features'}"]
        norm = blocks[number - 1][0]
        places += {
            "batch": [f"{number - 1}.1.num_features", f"{number - 1}.1.running_var"],
            "group": [f"{number - 1}.1.num_channels", f"{number - 1}.1.bias"],
            "layer": [f"{number - 1}.1.normalized_shape[0]", f"{number - 1}.1.weight[0]"],
        }.get(norm, [])
        if number < count:
            places += [f"{number}.0.weight[1]", f"{number}.0.in_{'channels' if is_image else 'features'}"]
        symbols[draw(st.sampled_from(places))] = f"w{number}"
    others = [{f"w{number}": 2 * draw(st.integers(1, 9)) for number in named} for _ in range(3)]
    return is_image, blocks, widths, symbols, [{f"w{number}": widths[number] for number in named}, *others]


def chain(is_image, blocks, widths):
    """The model of a chain."""
    made = []
    for place, (norm, is_active) in enumerate(blocks):
        c_in, c_out = widths[place : place + 2]
        first = nn.Conv1d(c_in, c_out, 3, padding=1) if is_image else nn.Linear(c_in, c_out)
        norms = {
            "batch": lambda c_out=c_out: [nn.BatchNorm1d(c_out)],
            "group": lambda c_out=c_out: [nn.GroupNorm(2, c_out)],
            "layer": lambda c_out=c_out: [nn.LayerNorm(c_out)],
            "": list,
        }
        made.append(nn.Sequential(first, *norms[norm](), *([nn.ReLU()] if is_active else [])))
    return nn.Sequential(*made)


@settings(max_examples=6)
@given(chains())
def test_random_chains_have_the_formula_of_all_their_widths(drawn):
    is_image, blocks, widths, symbols, rows = drawn
    text = f"B,{widths[0]},T" if is_image else f"B,T,{widths[0]}"
    found = imported(lambda: chain(is_image, blocks, widths), text, symbols=symbols)
    for row in rows:
        built = [row.get(f"w{number}", width) for number, width in enumerate(widths)]
        assert_same(found, imported(lambda built=built: chain(is_image, blocks, built), text), row)


def test_without_what_operations_need_to_agree_in_a_width_is_not_found(monkeypatch):
    """A planted error: the widths of neighbours are not compared."""
    model = nn.Sequential(nn.Conv1d(3, 8, 1), nn.BatchNorm1d(8), nn.Conv1d(8, 5, 1))
    assert (
        sd.cost(model, input="B,3,T", symbols={"2.in_channels": "w"}).formula("params").write()
        == "11 · w + 5"
    )
    monkeypatch.setattr(tracing, "agree", lambda *_: None)
    with pytest.raises(SymderiveError, match="nothing that is computed depends on"):
        sd.cost(model, input="B,3,T", symbols={"2.in_channels": "w"})


# What cannot be.


class Split(nn.Module):
    """Heads by two attributes."""

    def __init__(self):
        super().__init__()
        self.heads, self.head_dim, self.first, self.last = 2, 4, nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        x = self.first(x)
        return self.last(x.view(*x.shape[:-1], self.heads, self.head_dim).flatten(-2))


class Layers(nn.Module):
    """Three layers in a list, used as a function says; each has arrays that are not used."""

    def __init__(self, function, is_shared=False):
        super().__init__()
        self.function = function
        layers = [nn.Linear(8, 8) for _ in range(3)]
        for layer in layers:
            layer.register_buffer("mask", torch.zeros(5, 5))
            layer.extra = nn.Parameter(torch.zeros(3))
        self.layers = nn.ModuleList([layers[0]] * 3 if is_shared else layers)

    def forward(self, x):
        return self.function(self.layers, x)


def in_a_row(layers, x):
    for layer in layers:
        x = layer(x)
    return x


def twice(layers, x):
    return in_a_row(layers, in_a_row(layers, x))


def side_by_side(layers, x):
    return sum(layer(x) for layer in layers)


def all_of_them(layers, x):
    return [x := layer(x) for layer in layers]


def last_and_first(layers, x):
    first = layers[0](x)
    return layers[2](layers[1](first)) + first


def test_arrays_of_a_list_that_are_not_used_are_as_many_as_its_modules():
    found = sd.cost(Layers(in_a_row), input="B,8", symbols={"layers.length": "L"})
    (batch, length), plain = found.symbols, sd.cost(Layers(in_a_row), input="B,8")
    assert (found.macs, found.params, found.buffers) == (64 * batch * length, 75 * length, 25 * length)
    assert (plain.params, plain.buffers) == (225, 75)


def three(*widths):
    return nn.Sequential(*(nn.Linear(a, b) for a, b in pairwise(widths)))


REFUSED = {
    "no mapping": (three(8, 8), "w", "is no mapping; write names by places"),
    "no place": (three(8, 8), {"0.out_feature": "w"}, 'did you mean "out_features"?'),
    "no module": (three(8, 8), {"4.out_features": "w"}, 'there is no module "4"'),
    "no number": (three(8, 8), {"width": "w"}, 'there is no number at "width"; the model has 0.….'),
    "no name of a place": (three(8, 8), {"": "w"}, "'' is no place; write a path and an attribute"),
    "no text": (three(8, 8), {1: "w"}, "1 is no place; write a path"),
    "no size": (three(8, 8), {"0.out_features": "4w"}, "is no size; write a name"),
    "another number": (three(8, 8), {"0.out_features": 5}, "0.out_features is 8, and not 5"),
    "two numbers": (
        three(8, 6, 8), {"0.out_features": "w", "0.in_features": "w"}, "0.in_features is 8, and not w"
    ),
    "unknown numbers": (three(8, 8), {"0.out_features": "a*b"}, "does not say what a and b are"),
    "two names": (three(8, 6, 8), {"0.out_features": "a", "1.in_features": "b"}, "give both one name"),
    "twice": (three(8, 6), {"0.out_features": "a", "*.out_features": "b"}, "would be a and b; give one"),
    "a fixed input": (three(8, 6), {"0.in_features": "a"}, "write a in place of 8 in the input"),
    "an attribute that has to follow": (
        Split(), {"first.out_features": "d"}, "d stands at 8 because head_dim is 4 and heads is 2"
    ),
    "not used": (nn.Sequential(nn.Linear(8, 8), nn.Softmax(1)), {"1.dim": "a"}, "its code has the number"),
    "no list": (three(8, 8), {"0.length": "L"}, "is no list of modules"),
    "one module": (three(8, 8), {"length": "L"}, "computes in one module only"),
    "modules that differ": (three(8, 6, 8), {"length": "L"}, "differs from the model.0 in its Dense"),
    "lists used twice": (Layers(twice), {"layers.length": "L"}, "each run once"),
    "shared modules": (Layers(in_a_row, is_shared=True), {"layers.length": "L"}, "do not each run once"),
    "side by side": (Layers(side_by_side), {"layers.length": "L"}, "other things are computed"),
    "read behind": (Layers(last_and_first), {"layers.length": "L"}, "is read behind it"),
    "given out": (Layers(all_of_them), {"layers.length": "L"}, "is read behind it"),
    "another shape": (three(8, 8, 8, 6), {"length": "L"}, "the model.2 differs from the model.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_symbol_is_one_sentence(name):
    model, symbols, said = REFUSED[name]
    with pytest.raises(SymderiveError) as caught:
        sd.cost(model, input="B,8", symbols=symbols)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 420


class Failing(nn.Module):
    """Fails behind its first layer."""

    def __init__(self):
        super().__init__()
        self.cell, self.linear = nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 8)

    def forward(self, x):
        self.cell(x)
        raise RuntimeError("it cannot")


@pytest.mark.parametrize("make", [Failing, lambda: nn.LSTM(8, 8, batch_first=True)])
def test_the_model_is_left_as_it_was(make):
    model = make()
    before = [(dict(vars(one)), dict(one._parameters), one.training) for one in model.modules()]
    place = "cell.hidden_size" if isinstance(model, Failing) else "hidden_size"
    with contextlib.suppress(SymderiveError):
        sd.cost(model, input="B,T,8", symbols={place: "h"})
    assert [(dict(vars(one)), dict(one._parameters), one.training) for one in model.modules()] == before
    assert math.sqrt(4) == 2.0
    assert "float" not in vars(nn.functional)
