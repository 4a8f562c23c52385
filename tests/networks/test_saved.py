"""What networks keep for the backward pass, in closed form, against an interpreter that runs them."""

from dataclasses import replace

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import dims
from symderive.cost.memory import peak, saved
from symderive.cost.memory.widths import width_of
from symderive.derive.costs import cost
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import Attention, Conv2d, Dropout, Einsum, Embedding, LayerNorm, MaxPool2d, Softmax
from symderive.networks import architecture, network
from tests.networks.interpreter import Interpreter, without
from tests.networks.test_random_networks import STEPS, applied

B, T, a, h = dims("B T a h")


def compared(net, values, dtype="float16"):
    """Entries and bytes of the closed form and of the interpreter; None where sizes do not fit."""
    try:
        found = cost(net)
        found = found.subs({one.name: values[one.name] for one in found.symbols if one.name in values})
    except ShapeError:
        return None
    run = Interpreter(net, values)
    assert found.peak_activations == run.peak
    assert largest(found.peak(dtype=dtype)) == run.largest(dtype)
    assert (found.bytes_read("float16"), found.bytes_written("float16")) == (run.read, run.written)
    if not run.fits:
        with pytest.raises(ShapeError, match="≥ 2 is needed"):
            _ = found.saved_for_backward
        return None
    assert found.peak_in_training == run.training_peak
    assert largest(found.peak(training=True, dtype=dtype)) == run.largest_in_training(dtype)
    return (found.saved_for_backward, found.saved_bytes(dtype)), (run.entries, run.bytes(dtype))


def largest(peak):
    """The number that a peak is."""
    return max(int(one.expr) for one in peak.candidates)


@settings(deadline=None, max_examples=30)
@given(STEPS, st.integers(1, 3), st.integers(1, 40), st.integers(1, 40))
def test_random_networks_of_images(steps, batch, height, width):
    """Their layers, residuals, gates and growing blocks, at any size."""
    net = architecture("random", applied, "B", 2, "H", "W", steps=steps)
    both = compared(net, {"B": batch, "H": height, "W": width})
    assert both is None or both[0] == both[1]


BODIES = {
    "relu": lambda x: x.dense(x.width).relu(),
    "dense": lambda x: x.dense(x.width),
    "norm": lambda x: x.layer_norm().dense(x.width, bias=False) + x,
    "add": lambda x: x + x,
    "same": lambda x: x,
    "attend": lambda x: (x.attention(2) + x).layer_norm(),
    "gate": lambda x: x * x.dense(x.width).activation("sigmoid"),
    "grow": lambda x: x.concat(x.dense(3), axis=-1),
    "late": lambda x: x.relu().dense(x.width),
    "nested": lambda x: x.repeated("inner", 2, lambda y: y.dense(y.width).activation("tanh")) + x,
}
PLAIN = st.sampled_from(sorted(BODIES))
PIECES = st.lists(
    st.one_of(
        st.tuples(st.just("once"), PLAIN),
        st.tuples(st.sampled_from(["L", "M", 1, 3]), PLAIN),
        st.tuples(st.sampled_from(["stage L", "stage M"]), st.sampled_from(sorted({*BODIES} - {"grow"}))),
    ),
    min_size=1,
    max_size=4,
)


def pieces(x, parts):
    for count, name in parts:
        if count == "once":
            x = BODIES[name](x)
        elif isinstance(count, str) and count.startswith("stage"):
            x = x.stage("stage", count[-1], lambda y, stride, name=name: BODIES[name](y), 2)
        else:
            x = x.repeated("loop", count, BODIES[name])
    return x


@settings(deadline=None, max_examples=60)
@given(PIECES, st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_random_repetitions(parts, times, others, is_trained_before):
    """What goes round a repeated block is kept by the one before, the next, by both or by none of them."""

    def declared(x):
        return pieces(x.dense(4) if is_trained_before else x, parts).mean(1)

    try:
        net = architecture("random", declared, "B", "T", 4)
    except SymderiveError:
        return  # a growing axis in an attention of two heads
    values = {"B": 2, "T": 3, "L": times, "M": others}
    refused = ""
    try:
        both = compared(net, values)
    except ShapeError as error:
        refused, both = str(error), None
    assert not refused or ("≥ 2 is needed" in refused and 1 in (times, others))
    assert both is None or both[0] == both[1]
    if both is not None and min(times, others) > 2:
        open_sizes, run = cost(net), Interpreter(net, values)
        numbers = {one: sympy.Integer(values[one.name]) for one in open_sizes.symbols}
        for is_training, wanted in ((False, run.peak), (True, run.training_peak)):
            candidates = open_sizes.peak(is_training).candidates
            assert max(one.expr.xreplace(numbers) for one in candidates) == wanted


def test_a_stage_of_one_block_is_refused_only_where_the_formula_would_be_wrong():
    def stage(x, body):
        return x.dense(4).stage("s", "L", lambda y, stride: BODIES[body](y), 1)

    found = cost(architecture("relu", stage, "B", "T", 4, body="relu"))
    assert found.saved().conditions == ()
    assert found.subs(L=1).saved_for_backward == 3 * 4 * B * T
    length = dims("L")

    def repeated(x):
        return x.dense(4).relu().repeated("rest", length - 1, BODIES["norm"]).mean(1)

    mean = architecture("mean", repeated, "B", "T", 4)
    assert cost(mean).saved().conditions == (sympy.Ge(length, 2),)
    with pytest.raises(ShapeError, match="L ≥ 2 is needed"):
        _ = cost(mean, L=1).saved_for_backward
    assert cost(mean, L=2).saved_for_backward == Interpreter(mean, {"B": 1, "T": 1, "L": 2}).entries * B * T


NAMES = ("resnet18", "densenet121", "mobilenet_v3_small", "shufflenet_v2_x0_5", "convnext_tiny")


@pytest.mark.parametrize("name", NAMES)
def test_whole_families_of_images(name):
    closed, run = compared(network(name), {"B": 2, "H": 97, "W": 67})
    assert closed == run


@pytest.mark.parametrize("name", ["gpt", "bert", "llama"])
def test_whole_families_of_texts_with_every_size_open(name):
    values = {"B": 2, "T": 5, "d": 12, "L": 3, "h": 2, "V": 11, "C": 7, "g": 1, "m": 8}
    net = network(name)
    closed, run = compared(net, values)
    assert closed == run


def test_a_missing_array_is_caught():
    """The closed form against an interpreter that forgets an array, for each that a network keeps."""
    net, values = network("gpt"), {"B": 2, "T": 5, "d": 12, "L": 3, "h": 2, "V": 11, "C": 7}
    closed = compared(net, values)[0][0]
    for name in ("x", "weights", "mean", "queries", "attended"):
        assert Interpreter(net, values, without(name)).entries < closed


def test_an_array_that_is_counted_for_each_layer_is_caught(monkeypatch):
    """A planted error: every layer keeps a copy of its own."""
    monkeypatch.setattr(saved, "arrays_of", lambda applied, layer: {})
    closed, run = compared(network("resnet18"), {"B": 1, "H": 64, "W": 64})
    assert closed[0] > run[0]


def transformer(x):
    """A layer with dropout as in Megatron, its attention written out: 16-bit numbers, truths of one byte."""
    x = x + x.layer_norm().block("attention", attended).apply(Dropout(x.shape, training=True), "dropout")
    inside = x.layer_norm().feed_forward(4 * x.width, "gelu_tanh")
    return x + inside.apply(Dropout(x.shape, training=True), "dropout")


def attended(x):
    batch, length, width = x.shape
    split = (batch, length, a, width / a)
    q, k, v = (x.dense(width, name=name).moved(*split) for name in "qkv")
    return q.block("core", core, k, v).moved(*x.shape).dense(width, name="out")


def core(q, k, v):
    batch, length, heads, _ = q.shape
    shares = q.apply(Einsum.of("bqhc,bkhc->bhqk", q.shape, k.shape), "scores", k)
    shares = shares.apply(Softmax(length, (batch, heads, length)), "softmax")
    shares = shares.apply(Dropout(shares.shape, training=True), "dropout")
    return shares.apply(Einsum.of("bhqk,bkhc->bqhc", shares.shape, v.shape), "mix", v)


def test_bytes_of_a_transformer_layer():
    """V. Korthikanti et al., arXiv:2205.05198, equation 1: sbh(34 + 5as/h), without the statistics."""
    found = cost(architecture("layer", transformer, "B", "T", "h"))
    statistics = 2 * 2 * B * T * 2
    assert sympy.expand(found.saved_bytes("bfloat16") - B * T * h * (34 + 5 * a * T / h) - statistics) == 0


def test_what_is_computed_again():
    """In the same paper: 2sbh of each layer with full recomputation, 34sbh with selective recomputation."""
    found = cost(
        architecture("layers", lambda x: x.dense("h").repeated("layers", "L", transformer), "B", "T", "h")
    )
    length = dims("L")
    rest = 2 * B * T * h  # the input of the first linear layer
    full = found.saved_bytes("bfloat16", "full")
    assert sympy.expand(full - 2 * B * T * h * length - rest) == 0
    selective = found["layers"].saved_bytes("bfloat16", "core")
    assert sympy.expand(selective - (34 * B * T * h + 8 * B * T) * length) == 0
    with pytest.raises(
        SymderiveError, match="recompute='atention' is no block, layer or equation of layers; did you mean"
    ):
        found.saved("atention")


def test_positions_and_truths_have_widths_of_their_own():
    pool = cost(MaxPool2d(3, 2, 8, 8, batch="B"))
    assert (pool.saved_bytes("float32"), pool.saved_bytes("float16")) == (3 * 16 * 8 * B,) * 2
    assert cost(Dropout(("B", 8))).saved_bytes("float64") == 8 * B
    with pytest.raises(SymderiveError, match="unknown type 'float33'; did you mean \"float32\""):
        pool.saved_bytes("float33")


def test_one_layer_and_its_formula():
    layer = cost(Conv2d(3, 16, 3, 8, 8, batch="B"))
    assert layer.formula("saved_for_backward").write() == "B · C_in · H · W"
    assert layer.compile("saved_for_backward")(B=5) == 5 * 3 * 64
    assert cost(LayerNorm("d", "N")).formula("saved_for_backward").write() == "N · d + 2 · N"


def test_a_layer_that_cannot_be_differentiated_is_named(monkeypatch):
    net = architecture("net", lambda x: x.dense(4).relu().dense(3), "B", 4)

    def keeps(layer, varying, again):
        if type(layer).__name__ == "Activation":
            raise SymderiveError("no rule")
        return without("")(layer, varying, again)

    found = replace(cost(net), keeper=keeps)
    assert found.saved().unknown == ("relu: no rule",)
    with pytest.raises(SymderiveError, match="not derived are relu: no rule; saved"):
        _ = found.saved_for_backward


def test_the_peak_of_a_network():
    """ResNet-18 at 224 × 224: the first convolution's result and what its norm, and its relu, make of it."""
    assert cost(network("resnet18", B=1, H=224, W=224)).peak_activations == 2 * 64 * 112 * 112
    found = cost(network("gpt"))
    assert str(found.peak().conditions) == "(L >= 2,)"
    many = {"B": 1, "T": 4096, "d": 8, "h": 8, "L": 2, "V": 8, "C": 4096}
    scores_and_weights, values_and_input = 2 * 8 * 4096**2, 2 * 4096 * 8
    assert found.subs(many).peak_activations == scores_and_weights + values_and_input


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_peak_in_bytes_of_tokens_and_of_pools(dtype, monkeypatch):
    """Tokens and the positions of a pool's maxima have 8 bytes; a planted error takes them for numbers."""
    tokens = network("gpt"), {"B": 2, "T": 3, "d": 4, "h": 2, "L": 3, "V": 2, "C": 8}
    pool = architecture("pool", lambda x: x.conv(4, 1).max_pool(2, 2).conv(4, 1).mean(2, 3), "B", 3, "H", "W")
    for net, values in (tokens, (pool, {"B": 2, "H": 6, "W": 4})):
        found, run = cost(net).subs(values), Interpreter(net, values)
        assert largest(found.peak(dtype=dtype)) == run.largest(dtype)
        assert largest(found.peak(training=True, dtype=dtype)) == run.largest_in_training(dtype)
    monkeypatch.setattr(peak.Walk, "width", lambda walk, domain: width_of("real", walk.dtype))
    assert largest(found.peak(training=True, dtype=dtype)) < run.largest_in_training(dtype)


@pytest.mark.parametrize("planted", ["second", "free"])
def test_a_wrong_peak_is_caught(planted, monkeypatch):
    """Planted errors: only the first repetition is looked at; arrays go when they were written."""
    net, values = architecture("grown", pieces, "B", "T", 4, parts=[("L", "grow")]), {"B": 1, "T": 3, "L": 5}
    right = cost(net).subs(values).peak_activations
    assert right == Interpreter(net, values).peak
    if planted == "second":
        monkeypatch.setattr(peak.Walk, "ends", lambda walk, found, index, times: iter(()))
    else:
        monkeypatch.setattr(peak.Alive, "put", lambda alive, key, size: None)
    assert cost(net).subs(values).peak_activations < right


def test_bytes_of_layers():
    """Each contraction, and each norm, is a pass; of a table only the rows that are looked up are read."""
    heads = cost(Attention("d", "T", heads="h", batch="B"))
    d, length, heads_, batch = dims("d T h B")
    tokens, scores = batch * heads_ * length * d, batch * heads_ * length**2
    assert sympy.expand(heads.bytes_read("bfloat16") - 2 * (3 * tokens + 2 * scores)) == 0
    assert sympy.expand(heads.bytes_written("bfloat16") - 2 * (tokens + 2 * scores)) == 0
    rows = dims("N")
    assert sympy.expand(cost(Embedding(50000, "d", "N")).bytes_read() - rows * (4 * d + 8)) == 0
    flops, moved = 2 * 64 * 64 * 56**2, 4 * (64 * 2 * 56**2 + 64 * 64)
    assert cost(Conv2d(64, 64, 1, 56, 56)).intensity() == sympy.Rational(flops, moved)


def test_memory_of_a_backward_pass_is_refused():
    """Its passes over memory are not known, and a training step contains one; nor are those of a program."""
    layer, net = cost(Conv2d(3, 4, 3, 8, 8)), cost(network("gpt"))
    for found in (layer.backward_pass(), net.backward_pass(), net.train_step()):
        with pytest.raises(SymderiveError, match="its passes are not counted one by one; ask the cost"):
            found.bytes_read()
        with pytest.raises(SymderiveError, match=r"memory.*; ask the cost"):
            _ = found.peak_activations
    program = cost(Conv2d(3, 4, 3, 8, 8).program())
    with pytest.raises(SymderiveError, match=r"memory: which arrays are read .*; ask the cost"):
        _ = program.peak_activations
    with pytest.raises(
        SymderiveError,
        match="no cost of a layer or network with derivatives; import symderive as sd, and give one",
    ):
        _ = program.saved_for_backward


def test_a_compiled_formula_asks_for_the_same():
    net = architecture(
        "late",
        lambda x: x.dense(4).relu().repeated("rest", dims("L") - 1, BODIES["norm"]).mean(1),
        "B",
        "T",
        4,
    )
    kept = cost(net).compile("saved_for_backward")
    assert kept(B=2, T=3, L=2) == Interpreter(net, {"B": 2, "T": 3, "L": 2}).entries
    with pytest.raises(ShapeError, match="L ≥ 2 is needed"):
        kept(B=2, T=3, L=1)


def test_a_peak_that_holds_only_for_some_depths_says_so():
    found = cost(network("gpt"))
    assert [str(one) for one in found.peak().conditions] == ["L >= 2"]
    with pytest.raises(SymderiveError, match=r"one formula only where L >= 2; put in a number, or ask peak"):
        _ = found.peak_activations
    assert found.subs(L=12).peak_activations.free_symbols


def test_without_parameters_the_input_is_what_is_differentiated_by():
    """Otherwise there would be no backward pass, and nothing would be kept for it."""

    def scored(x):
        return x.activation("gelu").activation("tanh")

    net = architecture("scored", scored, B, a)
    found = cost(net)
    assert found.saved_for_backward == 2 * a * B
    assert found.backward_pass().muls == found.backward_pass(True).muls != 0
    assert found.backward_pass(False).muls == 0
    assert "no gradient" not in found.train_step("sgd").convention
    behind = cost(architecture("behind", lambda x: scored(x).dense(3), B, a))
    assert behind.saved_for_backward == a * B
    assert behind.backward_pass().macs == 3 * a * B
