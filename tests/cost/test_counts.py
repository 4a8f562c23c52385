"""Counts against loops that count, and against facts measured elsewhere."""

import itertools
import re

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.identity import tensors_of
from symderive.core.nodes import Delta, Index, IndexMax, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.cost import cost
from symderive.cost.count import _Fold, count
from symderive.cost.output.steps import steps
from symderive.language.declaring import array
from symderive.language.programs import program_of
from symderive.layers import Conv2d, MaxPool2d, SeparableConv2d, Softmax, catalogue
from symderive.networks import network
from tests.cost.brute_force import Loops, random_arrays
from tests.cost.torch_facts import DEPTHWISE, FACTS, layer_of, output_of
from tests.profiles import examples

IN_SUMS = ("macs", "sum_adds", "elementwise_adds", "elementwise_muls", "negations", "params", "buffers")
"""Quantities that are counted as muls and adds, and signs, parameters and buffers, which no loop counts."""


def disagreements(program, counted):
    """The quantities in which a cost differs from what the loops count."""
    loops = Loops(program, random_arrays(program)).counts
    values = {
        "muls": int(counted.muls),
        "adds": int(counted.adds),
        "padding": int(counted.macs - counted.valid_macs),
        **{name: int(counted.quantity(name)) for name in counted.quantities if name not in IN_SUMS},
    }
    return [name for name in sorted({*values, *loops}) if values.get(name, 0) != loops[name]]


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_every_layer_costs_what_the_loops_count(layer):
    assert disagreements(layer.program(), cost(layer)) == []


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_symbols_first_and_numbers_later_give_the_same(layer):
    symbolic, values = layer.named()
    assert disagreements(layer.program(), cost(symbolic).subs(values)) == []
    assert disagreements(layer.program(), cost(layer.program())) == []


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_every_layer_prints_its_equations_and_its_cost(layer):
    symbolic, _ = layer.named()
    for shown in (cost(layer), cost(symbolic)):
        assert str(shown).startswith("MACs")
        for step in steps(shown):
            assert step.sentence
            for text in (step.equation, step.equation_latex):
                assert not set(text) & {"*"}
                assert all(name not in text for name in ("Loose", "Inside", "delta(", "Sum["))
            for twice in ("_", r"\^"):
                assert not re.search(twice + r"\{(?:[^{}]|\{[^{}]*\})*\}" + twice, step.equation_latex)


def naive_convolution(x, weight, stride, padding, dilation, groups):
    """The textbook loops, counting products: all of them, and those not against padding."""
    c_out, per_group, k_h, k_w = weight.shape
    _, height, width = x.shape
    rows = len(range(-padding, height + padding - dilation * (k_h - 1), stride))
    columns = len(range(-padding, width + padding - dilation * (k_w - 1), stride))
    y, products, valid = np.zeros((c_out, rows, columns)), 0, 0
    for o, i, j in itertools.product(range(c_out), range(rows), range(columns)):
        group = o // (c_out // groups)
        for c, u, v in itertools.product(range(per_group), range(k_h), range(k_w)):
            row, column = i * stride - padding + u * dilation, j * stride - padding + v * dilation
            products += 1
            if 0 <= row < height and 0 <= column < width:
                valid += 1
                y[o, i, j] += weight[o, c, u, v] * x[group * per_group + c, row, column]
    return y, products, valid


small = st.integers(1, 3)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.tuples(small, small, small), st.tuples(small, small), st.integers(0, 3), st.integers(0, 3), small,
    st.integers(0, 2), st.integers(1, 2),
)  # fmt: skip
def test_a_convolution_costs_what_the_textbook_loops_count(
    channels, kernel, more_rows, more, stride, padding, dilation
):
    groups, c_in, c_out = channels[0], channels[0] * channels[1], channels[0] * channels[2]
    spans = [dilation * (size - 1) + 1 for size in kernel]
    height, width = max(1, spans[0] - 2 * padding) + more_rows, max(1, spans[1] - 2 * padding) + more
    layer = Conv2d(c_in, c_out, kernel, height, width, stride, padding, dilation, groups)
    draw = np.random.default_rng(1)
    x, weight = draw.normal(size=(c_in, height, width)), draw.normal(size=(c_out, c_in // groups, *kernel))
    y, products, valid = naive_convolution(x, weight, stride, padding, dilation, groups)
    counted = cost(layer)
    assert (counted.macs, counted.valid_macs, counted.params) == (products, valid, weight.size)
    program = layer.program()
    shapes = {one.name: [int(size) for size in one.shape] for one in program.inputs}
    arrays = {"x": x.reshape(shapes["x"]), "weight": weight.reshape(shapes["weight"])}
    np.testing.assert_allclose(Loops(program, arrays).arrays["y"].reshape(y.shape), y, atol=1e-12)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
def test_a_layer_of_pytorch_costs_what_was_measured(fact):
    layer = layer_of(fact)
    counted = cost(layer)
    assert output_of(layer, fact) == fact.output_shape
    assert (counted.params, counted.macs, counted.valid_macs) == (fact.params, fact.macs, fact.macs_valid)
    assert counted.flops == 2 * fact.macs
    biases = {one for one in counted.trained if one.name.startswith("b")}
    assert counted.unknown == ()
    with_bias = [part for part in counted.parts if biases & tensors_of(part.definition.body)]
    biases = [one for part in with_bias for one in part.formula("elementwise_adds").terms]
    assert sum(int(one.value(counted.values)) for one in biases) == fact.bias_adds


def test_every_fact_is_there_and_has_a_layer():
    assert len({fact.id for fact in FACTS}) == len(FACTS) == 33


@pytest.mark.parametrize(
    ("name", "products"), [("lstm_nobias_batchfirst", 1440), ("lstm_proj", 1440), ("rnn_tanh", 0)]
)
def test_the_gates_multiply_elementwise_as_often_as_was_measured(name, products):
    (fact,) = [one for one in FACTS if one.id == name]
    counted = cost(layer_of(fact))
    assert int(counted.muls - counted.macs) == products


def test_a_depthwise_layer_costs_what_the_grouped_one_was_measured_to_cost():
    (fact,) = [one for one in FACTS if one.id == "conv2d_depthwise_canonical"]
    counted = cost(DEPTHWISE)
    assert list(DEPTHWISE.output_shape) == fact.output_shape
    assert (counted.params, counted.macs, counted.valid_macs) == (fact.params, fact.macs, fact.macs_valid)


def test_a_wrong_extent_is_noticed():
    layer = Conv2d(2, 3, 3, 5, 6, padding=1)
    narrow = Conv2d(2, 3, (3, 2), 5, 6, padding=1)
    cropped = Conv2d(2, 3, 3, 5, 6)
    assert disagreements(layer.program(), cost(layer)) == []
    assert disagreements(layer.program(), cost(narrow)) == ["adds", "muls", "padding"]
    assert disagreements(layer.program(), cost(cropped)) == ["adds", "muls", "padding"]


@pytest.mark.parametrize("dropped", [0, -1])
def test_a_counter_that_forgets_an_index_is_noticed(monkeypatch, dropped):
    written = _Fold._written

    def forgetful(self, expr):
        indices = list(written(self, expr))
        del indices[dropped]
        return tuple(indices)

    monkeypatch.setattr(_Fold, "_written", forgetful)
    layer = Conv2d(2, 3, 2, 5, 4)
    assert "muls" in disagreements(layer.program(), cost(layer))


def test_missing_groups_are_noticed():
    grouped, plain = Conv2d(4, 6, 2, 4, 5, groups=2), Conv2d(4, 6, 2, 4, 5)
    assert disagreements(grouped.program(), cost(plain)) == ["adds", "muls"]
    assert cost(grouped).macs * 2 == cost(plain).macs


def test_forgotten_padding_is_noticed():
    padded, plain = Conv2d(2, 3, 3, 5, 6, padding=1), Conv2d(2, 3, 3, 7, 8)
    assert cost(padded).macs == cost(plain).macs
    assert disagreements(padded.program(), cost(plain)) == ["padding"]


def test_the_total_is_the_sum_of_the_parts():
    for layer in (SeparableConv2d(), SeparableConv2d(3, 4, 2, 5, 6, bias=True)):
        counted = cost(layer)
        for quantity in ("macs", "adds", "muls", "flops"):
            parts = [counted.part_formula(part, quantity).expr for part in counted.parts]
            assert sympy.Add(*parts) == counted.formula(quantity).expr != 0
        assert [part.name for part in counted.parts] == ["depthwise", "pointwise"]


n, d, m = 3, 4, 5
X, Y, w, z = array("X", n, d), array("Y", d, m), array("w", d), array("z", n)
PROGRAMS = {
    "matrix product": X @ Y,
    "matrix and vector": X @ w,
    "squares": (w**2).sum(),
    "cubes": (w**3).sum(),
    "elementwise": X * w + 1,
    "scaled rows": X * z[:, None],
    "mean": (X * X).mean(axis=0),
    "exponentials": np.exp(X @ w).sum(),
    "negative": -(X @ w),
    "difference": z - X @ w,
    "broadcast product": z[:, None] * X * w,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_written_as_numpy_code_cost_what_the_loops_count(name):
    program = program_of(PROGRAMS[name])
    assert disagreements(program, cost(program)) == []


def scalar_program(body, *tensors):
    s = Tensor("s")
    return Program(tensors, (Definition(s, (), body),), (s,))


A, b, c = Tensor("A", (3, 4)), Tensor("b", (4,)), Tensor("c", (3,))
i, j = Index("i", 3), Index("j", 4)


@pytest.mark.parametrize(
    ("body", "macs"),
    [
        (IndexSum(A[i, j] * b[j] * c[i], i, j), 12),
        (IndexSum(c[i] * IndexSum(A[i, j] * b[j], j), i), 3 + 12),
        (IndexSum(IndexSum(A[i, j] * b[j], j), i), 12),
        (IndexSum(b[j] ** 2, j), 4),
        (IndexSum(b[j], j), 0),
        (IndexSum(2 * b[j], j), 0),
        (IndexSum(sympy.exp(b[j]) * b[j], j), 4),
        (IndexMax(b[j], j), 0),
    ],
    ids=str,
)
def test_nested_sums_and_products_of_several(body, macs):
    program = scalar_program(body, A, b, c)
    counted = cost(program)
    assert counted.macs == macs
    assert disagreements(program, counted) == []


def test_an_outer_product_multiplies_without_adding():
    outer = Tensor("outer", (3, 4))
    program = Program((b, c), (Definition(outer, (i, j), c[i] * b[j]),), (outer,))
    assert (cost(program).macs, cost(program).adds) == (12, 0)


def test_divisions_signs_and_roots_are_named_quantities():
    out = Tensor("out", (4,))
    body = -b[j] / (1 + sympy.sqrt(b[j] ** 2 + 1))
    counted = cost(Program((b,), (Definition(out, (j,), body),), (out,)))
    assert {name: int(counted.quantity(name)) for name in counted.quantities} == {
        "negations": 4, "divisions": 4, "elementwise_adds": 8, "sqrt": 4, "elementwise_muls": 4,
    }  # fmt: skip


def test_what_is_not_counted_is_listed():
    body = IndexSum(sympy.Piecewise((b[j], b[j] > 0), (0, True)), j) + IndexSum(b[j] * Delta(j, 2), j)
    (part,) = count(scalar_program(body, b))
    assert sorted(part.unknown) == ["Delta in the equation of s", "Piecewise in the equation of s"]
    lines = str(cost(scalar_program(body, b))).splitlines()
    assert [line.split()[-6:] for line in lines if line.startswith("not counted")] == [
        [kind, "in", "the", "equation", "of", "s"] for kind in (one.split()[0] for one in part.unknown)
    ]
    assert cost(scalar_program(IndexSum(b[j], j), b)).unknown == ()


def test_what_no_array_is_in_costs_nothing():
    out, table = Tensor("out", (3, 4)), Tensor("table", (4,))
    wave = sympy.sin(j / 5) / (1 + j)
    program = Program(
        (A,), (Definition(table, (j,), wave), Definition(out, (i, j), A[i, j] * wave + table[j])), (out,)
    )
    counted = cost(program)
    assert {name: int(counted.quantity(name)) for name in counted.quantities} == {
        "divisions": 12, "elementwise_muls": 12, "elementwise_adds": 12,
    }  # fmt: skip
    assert counted.unknown == ()
    first, _ = steps(counted)
    assert first.sentence == "each table[j] is known before there are data"


def test_an_equation_without_a_sum_of_products_says_what_it_takes():
    (raised, total, weights) = steps(cost(Softmax("d", "N")))
    assert raised.sentence == "there is no sum of products in raised[n, k]; exp: N · d"
    assert total.sentence == "there is no sum of products in total[n]; additions: N · (d − 1)"
    assert weights.sentence_latex == "there is no sum of products in $p_{n, k}$; divisions: $N \\cdot d$"


def test_quantities_that_are_not_there_are_0():
    pool = cost(MaxPool2d(3, 2, 8, 8))
    assert (pool.comparisons, pool.divs, pool.exps) == (3 * 16 * 3, 0, 0)
    net = cost(network("vit_b_16", B=1, H=224, W=224))
    assert net.exps == 12 * 12 * 197**2
