"""The backward pass: values against differences, counts against loops, and three times the forward pass."""

import re

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.cost.entry import cost as without_derivatives
from symderive.cost.output.steps import steps
from symderive.cost.training.backward import BackwardCost
from symderive.cost.training.pulling import with_adjoint
from symderive.derive import backward
from symderive.derive.costs import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import (
    LSTM,
    Attention,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dense,
    DepthwiseConv2d,
    Embedding,
    catalogue,
)
from symderive.networks import architecture, families, network
from tests.cost import by_hand
from tests.cost.brute_force import random_arrays
from tests.cost.gradient_loops import AdjointLoops
from tests.profiles import examples

IN_SUMS = ("macs", "sum_adds", "elementwise_adds", "elementwise_muls", "negations")
"""Quantities that are counted as muls and adds, and signs, which no loop counts."""
STEP = 1e-6


def pulled(layer, wanted):
    """The gradient program of a layer and its cost, in its sizes as they are."""
    program = layer.program()
    found = backward.gradient_program(program, layer.results, wanted)
    counted = backward.pulled(program, layer.results, wanted, layer.size_order)
    made = BackwardCost(tuple(one.part for one in counted), adjoint_of=tuple(one.of for one in counted))
    return found, made


def operands(layer):
    return (*layer.parameters, *with_adjoint(layer.data))


def loops_of(layer, found):
    """The gradient program run by loops, and the arrays that it was given."""
    arrays = random_arrays(layer.program())
    draw = np.random.default_rng(5)
    arrays |= {one.name: draw.normal(size=[int(size) for size in one.shape]) for one in found.seeds.values()}
    return AdjointLoops(found.program, arrays, found.adjoints), arrays


def slope_error(layer, found, loops, arrays):
    """How far the gradients are from a difference of the loss along one random direction in all operands."""
    (loss,) = [made for made in found.program.definitions if made.tensor.name == "pulled back"]
    forward = Program(found.program.inputs, tuple(
        made for made in found.program.definitions if made.tensor not in found.adjoints
    ), (loss.tensor,))  # fmt: skip
    draw = np.random.default_rng(7)
    ways = {one.name: draw.normal(size=arrays[one.name].shape) for one in operands(layer)}
    moved = [{name: arrays[name] + side * way for name, way in ways.items()} for side in (STEP, -STEP)]
    up, down = (float(evaluate(forward, {**arrays, **some})[loss.tensor.name]) for some in moved)
    slope = sum((loops.arrays[f"∂{name}"] * way).sum() for name, way in ways.items())
    difference = (up - down) / (2 * STEP)
    return abs(slope - difference) / (1 + abs(difference) + abs(up) * 1e-4)


def disagreements(counted, loops):
    """The quantities in which a cost differs from what the loops count."""
    values = {
        "muls": int(counted.muls),
        "adds": int(counted.adds),
        **{name: int(counted.quantity(name)) for name in counted.quantities if name not in IN_SUMS},
    }
    names = {*values, *loops.counts} - {"padding"}
    return [name for name in sorted(names) if values.get(name, 0) != loops.counts[name]]


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_the_gradient_program_of_every_layer_is_right_and_costs_what_the_loops_count(layer):
    found, counted = pulled(layer, operands(layer))
    loops, arrays = loops_of(layer, found)
    assert slope_error(layer, found, loops, arrays) < 1e-6
    assert counted.unknown == ()
    assert disagreements(counted, loops) == []


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_forward_and_backward_are_three_times_forward_for_every_layer(layer):
    named, _ = layer.named()
    counted = cost(named)
    assert sympy.expand(counted.backward - 2 * counted.macs) == 0
    assert cost(layer).backward == 2 * cost(layer).macs
    assert counted.backward_pass().unknown == ()


def test_a_planted_error_in_one_operand_is_noticed(monkeypatch):
    layer = Conv2d(2, 3, 2, 5, 4, stride=2, bias=True)
    found, counted = pulled(layer, operands(layer))
    loops, arrays = loops_of(layer, found)
    for place, part in enumerate(counted.parts):
        twice = BackwardCost((*counted.parts, part))
        assert disagreements(twice, loops), place
    loops.arrays["∂weight"] = 1.001 * loops.arrays["∂weight"]
    assert slope_error(layer, found, loops, arrays) > 1e-6
    # Without equations of their own for windows, each entry of the input is multiplied with all outputs.
    monkeypatch.setattr(backward, "with_reads", lambda program, active: (program, {}))
    backward.gradient_program.cache_clear()
    try:
        assert cost(layer).backward > 2 * cost(layer).macs
    finally:
        backward.gradient_program.cache_clear()


def grown(kernel, dilation, padding, more):
    return max(1, dilation * (kernel - 1) + 1 - 2 * padding) + more


small = st.integers(1, 3)
options = st.tuples(
    st.tuples(small, small, small), st.tuples(small, small), st.tuples(st.integers(0, 3), st.integers(0, 2)),
    small, st.integers(0, 2), st.integers(1, 2),
)  # fmt: skip


def agrees(layer, by_names, tallies, arrays, above, total=None):
    """The gradient program gives these gradients, and each operand, or all, costs this many products."""
    found, _ = pulled(layer, operands(layer))
    shapes = {one.name: [int(size) for size in one.shape] for one in layer.program().inputs}
    given = {name: array.reshape(shapes[name]) for name, array in arrays.items()}
    (seed,) = found.seeds.values()
    given[seed.name] = above.reshape([int(size) for size in seed.shape])
    values = evaluate(found.program, given)
    for name, gradient in by_names.items():
        np.testing.assert_allclose(values[f"∂{name}"].reshape(gradient.shape), gradient, atol=1e-12)
    made = cost(layer).backward_pass()
    for name, tally in tallies.items():
        assert made.by_operand[name].macs == tally.products
    every = list(tallies.values()) if total is None else [total]
    assert made.macs == sum(tally.products for tally in every)
    assert made.valid_macs == sum(tally.valid for tally in every)


@settings(max_examples=examples(15), deadline=None)
@given(options)
def test_a_convolution_costs_what_loops_by_hand_count(chosen):
    (groups, more_in, more_out), kernel, more, stride, padding, dilation = chosen
    c_in, c_out = groups * more_in, groups * more_out
    height, width = (grown(k, dilation, padding, one) for k, one in zip(kernel, more, strict=True))
    layer = Conv2d(c_in, c_out, kernel, height, width, stride, padding, dilation, groups)
    draw = np.random.default_rng(1)
    x, weight = draw.normal(size=(c_in, height, width)), draw.normal(size=(c_out, more_in, *kernel))
    above = draw.normal(size=[int(size) for size in layer.output_shape])
    setting = (stride, padding, dilation, groups)
    found, tallies = by_hand.convolution_backward(x, weight, above, *setting)
    agrees(layer, found, tallies, {"x": x, "weight": weight}, above)
    assert tallies["x"].products == tallies["weight"].products == cost(layer).macs
    # The loss Σ ȳ·y is linear in each operand, so that a difference is exact.
    way = draw.normal(size=x.shape)
    change = sum(
        above[out] * way[read] * weight[tap] for out, read, tap, ok in by_hand.taps(x, weight, *setting) if ok
    )
    np.testing.assert_allclose((found["x"] * way).sum(), change, atol=1e-9)


@settings(max_examples=examples(15), deadline=None)
@given(options)
def test_a_transposed_convolution_costs_what_loops_by_hand_count(chosen):
    (groups, more_in, more_out), kernel, more, stride, padding, dilation = chosen
    c_in, c_out = groups * more_in, groups * more_out
    height, width = (2 * padding + 2 + one for one in more)
    setting = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    layer = ConvTranspose2d(c_in, c_out, kernel, height, width, **setting)
    draw = np.random.default_rng(1)
    x, weight = draw.normal(size=(c_in, height, width)), draw.normal(size=(c_in, more_out, *kernel))
    above = draw.normal(size=[int(size) for size in layer.output_shape])
    found, tallies = by_hand.transposed_backward(x, weight, above, *setting.values())
    agrees(layer, found, tallies, {"x": x, "weight": weight}, above)


def test_attention_and_an_lstm_cost_what_loops_by_hand_count():
    draw = np.random.default_rng(3)
    layer = Attention(3, 4, 5, 2, heads=1)
    shapes = {"q": (1, 4, 3), "k": (1, 5, 3), "v": (1, 5, 2)}
    arrays = {name: draw.normal(size=shape) for name, shape in shapes.items()}
    above = draw.normal(size=(1, 4, 2))
    found, tally = by_hand.attention_backward(arrays, above)
    agrees(layer, found, {}, arrays, above, total=tally)
    layer = LSTM(3, 2, 4)
    arrays = random_arrays(layer.program())
    above = draw.normal(size=(4, 2))
    found, tally = by_hand.lstm_backward(arrays, above)
    agrees(layer, found, {}, arrays, above, total=tally)


@pytest.mark.parametrize("layer", [
    Conv2d(groups="G", batch="N"), Conv2d(groups=1), Conv2d(groups="C", c_in="C"),
    Conv2d(stride=2, padding=1, dilation=2, groups="G"), DepthwiseConv2d(batch="N"),
], ids=str)  # fmt: skip
def test_plain_grouped_and_depthwise_convolutions_cost_three_times_forward(layer):
    counted = cost(layer)
    by_operand = counted.backward_pass().by_operand
    assert {name: one.macs - counted.macs for name, one in by_operand.items() if one.macs != 0} == {
        "weight": 0, "x": 0,
    }  # fmt: skip
    assert sympy.expand(counted.macs + counted.backward - 3 * counted.macs) == 0
    assert counted.backward_pass(input_gradient=False).macs == counted.macs
    assert counted.train_step().formula().expr == 3 * counted.formula().expr


@pytest.mark.parametrize("layer", {type(one): one for one in catalogue()}.values(), ids=str)
def test_every_kind_of_layer_prints_its_backward_pass_and_its_training_step(layer):
    counted = cost(layer)
    made = counted.backward_pass()
    assert made.convention in str(made)
    assert "update of adam" in str(counted.train_step("adam", recompute="full"))
    for step in steps(made):
        assert not set(step.equation + step.equation_latex) & {"*"}
        assert "U2202" not in step.equation_latex
        assert all(name not in step.equation for name in ("Loose", "Inside", "delta(", "Sum["))
        for twice in ("_", r"\^"):
            assert not re.search(twice + r"\{(?:[^{}]|\{[^{}]*\})*\}" + twice, step.equation_latex)


def test_the_operands_add_up_to_the_whole():
    whole = cost(Attention(3, 4, heads=2, causal=True)).backward_pass()
    for quantity in ("macs", "adds", "muls", "flops"):
        assert whole.quantity(quantity) == sum(one.quantity(quantity) for one in whole.by_operand.values())
    assert whole.by_operand["weights"].macs == whole.by_operand["q"].macs == 2 * 4 * 4 * 3
    assert whole.by_operand["total"].macs == 0  # the sum of a softmax is no contraction
    assert whole.valid_macs * 16 == whole.macs * 10  # L(L + 1)/2 of L² pairs


def test_positions_have_no_gradient_and_a_table_only_has_additions():
    counted = cost(Embedding(5, 3, 4)).backward_pass()
    assert list(counted.by_operand) == ["weight"]
    assert (counted.macs, counted.muls, counted.adds) == (0, 0, 12)


def test_a_programs_trained_inputs_and_data_have_gradients():
    X, w = sd.array("X", "n", "d"), sd.array("w", "d")
    counted = cost(X @ w, parameters=["w"])
    n, d = sd.dims("n d")
    assert counted.backward == 2 * n * d
    assert counted.backward_pass(input_gradient=False).macs == n * d
    assert counted.quantity("backward_flops") == 4 * n * d
    assert counted.compile("backward_macs")(n=10**12, d=10**12) == 2 * 10**24


def test_the_first_layer_of_a_network_needs_no_gradient_by_its_input():
    def small(x):
        y = x.relu().conv(8, 3, padding=1, name="stem").relu()
        return y.repeated("blocks", "L", lambda z: z + z.conv(8, 3, padding=1, name="conv")).dense(5)

    tree = cost(architecture("small", small, "B", 3, 6, 6))
    stem, batch, depth = tree["stem"].macs, *sd.dims("B L")
    assert sympy.expand(tree.backward - 2 * tree.macs + stem) == 0
    assert sympy.expand(tree.backward_pass(input_gradient=True).macs - 2 * tree.macs) == 0
    backward_pass = tree.backward_pass()
    assert backward_pass["relu1"].quantity("muls") == 0  # in front of everything that is trained
    assert backward_pass["relu2"].quantity("muls") == batch * 8 * 36
    assert backward_pass["blocks.conv"].macs * depth == backward_pass["blocks"].macs
    assert sum(one.macs for one in backward_pass.children) == backward_pass.macs
    assert "no gradient by the network's input" in str(backward_pass)
    by_operand = backward_pass["blocks.conv"].by_operand
    assert {name: one.macs * depth for name, one in by_operand.items() if one.macs != 0} == {
        "weight": backward_pass["blocks"].macs / 2, "x": backward_pass["blocks"].macs / 2,
    }  # fmt: skip
    with pytest.raises(SymderiveError, match=r"it is a block; ask one of its layers, as in \[\"relu1\"\]"):
        _ = backward_pass.by_operand
    assert backward_pass.params == backward_pass.activations == 0


@pytest.mark.parametrize("name", list(families()))
def test_every_family_costs_three_times_forward_less_the_gradient_by_its_input(name):
    tree = cost(network(next(iter(families()[name].members))))
    whole, usual = tree.backward_pass(input_gradient=True), tree.backward_pass()
    assert usual.unknown == whole.unknown == ()
    assert sympy.expand(whole.macs - 2 * tree.macs) == 0
    first = [one for _, one in tree.walk() if one.place is not None and one.place.input_adjoints]
    assert first
    tokens = name in ("bert", "gpt", "llama")  # their numbers have no gradient
    assert sympy.expand(whole.macs - usual.macs - sum(0 if tokens else one.macs for one in first)) == 0


def test_angles_of_positions_have_no_gradient():
    tree = cost(network("llama", B=1, T=3))
    places = [one.place for _, one in tree.walk() if one.name.startswith("rotary")]
    assert len(places) == 2
    assert all((one.adjoints, one.input_adjoints) == (("x1", "x2"), ()) for one in places)


def kinked(*sizes):
    x, y, i = Tensor("x", sizes), Tensor("y", sizes), Index("i", *sizes)
    body = sympy.Piecewise((x[i], x[i] > 0), (0, True))
    return Program((x,), (Definition(y, (i,), body),), (y,))


def test_what_has_no_derivative_rule_is_named():
    counted = cost(kinked(4)).backward_pass()
    assert counted.unknown == (
        "the backward pass, differentiating: the function Piecewise has no derivative rule",
    )
    with pytest.raises(SymderiveError, match="not counted are Piecewise in the equation of y"):
        cost(kinked(4), strict=True)
    assert any("not counted" in line for line in str(counted).splitlines())


def test_strict_is_an_error_in_the_backward_pass_too(monkeypatch):
    monkeypatch.setattr(backward, "pulled", lambda *given: refuse())
    strict, loose = cost(Dense(3, 4), strict=True), cost(Dense(3, 4))
    assert loose.backward_pass().unknown == ("the backward pass, no rule",)
    with pytest.raises(SymderiveError, match="no rule; without strict the total is a lower bound"):
        _ = strict.backward


def refuse():
    raise SymderiveError("no rule.")


def test_without_derivatives_the_backward_pass_says_what_to_ask():
    with pytest.raises(SymderiveError, match="this cost has no derivatives, as it was counted without them"):
        _ = without_derivatives(Dense(3, 4)).backward
    with pytest.raises(SymderiveError, match="no quantity 'macks'"):
        cost(Dense(3, 4)).quantity("backward_macks")


@pytest.mark.parametrize("padding", ["p", "a"])
@pytest.mark.parametrize("stride", [2, 3])
def test_valid_products_of_a_backward_pass_in_symbols_are_those_in_numbers(padding, stride):
    layer = cost(Conv1d(padding=padding, stride=stride))
    adjoints = layer.backward_pass()
    assert not adjoints.formula("valid_macs").expr.atoms(Index)
    function = adjoints.compile("valid_macs")
    for sizes in (
        {"k": 3, "L": 6, padding: 1},
        {"k": 4, "L": 9, padding: 3},
        {"k": 1, "L": 5, padding: 2},
    ):
        sizes |= {"C_in": 2, "C_out": 3}
        known = layer.subs(sizes)
        assert function(**sizes) == 2 * known.valid_macs == adjoints.subs(sizes).quantity("valid_macs")
        span = range(0, sizes["L"] + 2 * sizes[padding] - sizes["k"] + 1, stride)
        reads = (start + tap - sizes[padding] for start in span for tap in range(sizes["k"]))
        assert known.quantity("valid_macs") == 6 * sum(0 <= one < sizes["L"] for one in reads)
