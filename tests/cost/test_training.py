"""Training steps: what forward, backward, recomputation and update cost together.

`training_facts.json` has what PyTorch 2.13.0 (CPU) gave: FLOPs by `torch.utils.flop_counter` of the forward
pass, and of forward and backward pass together; parameters; and what its optimizers make of four entries in
three steps. The models are those of transformers 5.23.0 built from a config (attention "eager"), and plain
modules for VGG and AlexNet. Of a convolution with groups its counter is wrong in the backward pass, so that
models with such convolutions are left out: the facts under `groups` are (2 + g) times the forward pass.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.cost.entry import cost as without_derivatives
from symderive.cost.training.optimizers import optimizer, optimizers
from symderive.cost.training.step import TrainStep
from symderive.derive.costs import cost
from symderive.errors import SymderiveError
from symderive.layers import Conv2d, Dense
from symderive.networks import architecture, network

FACTS = json.loads(Path(__file__).with_name("training_facts.json").read_text())


@pytest.fixture(scope="module")
def gpt():
    """A GPT with all sizes open."""
    return cost(network("gpt"))


@pytest.mark.parametrize("fact", FACTS["models"], ids=lambda fact: fact["network"])
def test_forward_and_backward_of_a_model_cost_what_pytorch_counts(fact):
    counted = cost(network(fact["network"], **fact["sizes"]))
    assert (counted.params, counted.flops) == (fact["params"], fact["forward"])
    assert counted.flops + counted.quantity("backward_flops") == fact["both"]
    assert counted.train_step().flops == fact["both"]


@pytest.mark.parametrize("fact", FACTS["groups"], ids=lambda fact: f"groups={fact['groups']}")
def test_a_convolution_with_groups_costs_three_times_forward_and_not_what_pytorch_counts(fact):
    groups = fact["groups"]
    counted = cost(Conv2d(16, 32, 3, 9, 9, padding=1, groups=groups, bias=True, batch=2))
    assert counted.flops == fact["forward"]
    assert counted.train_step().flops == 3 * counted.flops
    assert fact["both"] == (2 + groups) * counted.flops


def test_six_times_parameters_times_tokens_and_its_corrections(gpt):
    """6·N·D, N being the weights of the matrix products, with 12·L·d·T for each token (PaLM, appendix B)."""
    batch, length, width, layers, words = sd.dims("B T d L V")
    weights = 12 * layers * width**2 + width * words
    tokens = batch * length
    wanted = 6 * weights * tokens + 12 * layers * width * length * tokens
    assert sympy.expand(gpt.train_step().flops - wanted) == 0


def test_what_megatron_counts_with_and_without_recomputation(gpt):
    """72 and 96 · B · s · l · h² · (1 + s/6h + V/12lh or V/16lh) (D. Narayanan et al., arXiv:2104.04473)."""
    batch, length, width, layers, words = sd.dims("B T d L V")
    scale = batch * length * layers * width**2
    for recompute, factor, logits in ((False, 72, 12), ("full", 96, 16)):
        wanted = factor * scale * (1 + length / (6 * width) + words / (logits * layers * width))
        step = gpt.train_step(recompute=recompute)
        assert sympy.expand(step.flops - wanted) == 0


def test_only_what_is_named_is_computed_again(gpt):
    forward = gpt["blocks.attention"]
    for names in ("attention", "blocks.attention", ("attention",)):
        step = gpt.train_step(recompute=names)
        assert sympy.expand(step["again"].macs - sd.dims("L") * forward.macs) == 0
        assert step["again"].params == step["again"].activations == 0
        assert step.formula("params") == gpt.formula("params")
    batch, length, width, layers = sd.dims("B T d L")
    kept_out = gpt.train_step(recompute=("scores", "raised", "total", "weights"))["again"]
    assert sympy.expand(kept_out.macs - batch * length**2 * width * layers) == 0
    assert kept_out.quantity("exp") == batch * sd.dims("h") * length**2 * layers
    assert [part.name for part in gpt.train_step().children] == ["forward", "backward", "update"]


def test_the_parts_add_up_and_a_planted_error_is_noticed(gpt):
    step = gpt.train_step("adam", recompute="full")
    assert isinstance(step, TrainStep)
    names = [part.name for part in step.children]
    assert names == ["forward", "again", "backward", "update"]
    for quantity in ("macs", "muls", "adds", "exp", "sqrt", "flops"):
        found = [amount(part, quantity) for part in step.children]
        assert sympy.expand(step.quantity(quantity) - sum(found)) == 0
        for lost in (one for one in found if one != 0):
            assert sympy.expand(step.quantity(quantity) - sum(found) + lost) != 0
    assert step.activations == gpt.activations


def test_a_layer_with_numbers():
    step = cost(Dense(3, 4, batch=5)).train_step("momentum")
    assert (step.macs, step.params, step.optimizer_state) == (180, 16, 16)
    assert step["update"].adds == step["update"].muls == 32
    assert step.compile("macs")() == 180
    assert "update of momentum" in str(step)
    assert cost(Dense(3, 4, batch=5)).train_step(input_gradient=False).macs == 120
    assert cost(Dense(3, 4)).train_step(recompute="full")["again"].macs == 12


def test_states_of_the_optimizer_are_counted_apart_from_buffers():
    tree = cost(network("resnet18", B=1, H=32, W=32))
    states = {name: tree.train_step(name).optimizer_state for name in optimizers()}
    assert states == {
        "sgd": 0, "momentum": tree.params, "adam": 2 * tree.params, "adamw": 2 * tree.params,
    }  # fmt: skip
    assert tree.train_step("adam").buffers == tree.buffers > 0
    assert tree.train_step("adam").formula("optimizer_state").expr == 2 * tree.params


def test_one_formula_evaluated_at_many_sizes(gpt):
    flops = gpt.train_step("sgd").compile("flops")
    lengths = np.array([128, 1024])
    sizes = {"B": 1, "d": 768, "L": 12, "h": 12, "V": 50257, "C": 1024}
    assert flops(T=lengths, **sizes).tolist() == [
        cost(network("gpt2", B=1, T=int(length))).train_step().flops for length in lengths
    ]


class Scalar:
    """A number that counts what is done with it."""

    def __init__(self, value, counts):
        self.value, self.counts = value, counts

    def made(self, kind, value, times=1):
        self.counts[kind] = self.counts.get(kind, 0) + times
        return Scalar(value, self.counts)

    def __add__(self, other):
        return self.made("adds", self.value + plain(other))

    def __sub__(self, other):
        return self.made("adds", self.value - plain(other))

    def __mul__(self, other):
        return self.made("products", self.value * plain(other))

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self.made("products", self.value / plain(other))

    def __pow__(self, exponent):
        return self.made("products", self.value**exponent, exponent - 1)

    def sqrt(self):
        return self.made("sqrt", np.sqrt(self.value))


def amount(counted, quantity):
    """A quantity of a cost, 0 where it has none."""
    is_there = quantity in (*counted.quantities, "macs", "muls", "adds", "flops")
    return counted.quantity(quantity) if is_there else 0


def plain(one):
    return one.value if isinstance(one, Scalar) else one


@pytest.mark.parametrize("name", list(optimizers()))
def test_an_optimizer_costs_what_numbers_that_count_say_and_steps_as_pytorchs(name):
    known, found = FACTS["optimizers"], optimizer(name)
    fact = known["optimizers"][name]
    numbers = fact["numbers"]
    w, states = np.array(known["start"]), [np.zeros(4) for _ in found.states]
    for step, gradient in enumerate(known["gradients"], 1):
        given = [{**numbers, "t": step}[one] for one in found.numbers]
        w, *states = found.function(w, np.array(gradient), *states, *given)
    np.testing.assert_allclose(w, fact["result"], rtol=1e-12)
    assert 4 * len(found.states) == fact["state_entries"]
    counts = {}
    arrays = [Scalar(0.5, counts) for _ in range(2 + len(found.states))]
    found.function(*arrays, *(0.25 for _ in found.numbers))
    entries = sd.dims("P")
    made = {kind: amount(found.cost, kind) for kind in ("muls", "divisions", "adds", "sqrt")}
    assert made["muls"] + made["divisions"] == counts["products"] * entries
    assert (made["adds"], made["sqrt"]) == (counts["adds"] * entries, counts.get("sqrt", 0) * entries)
    assert found.cost.unknown == ()
    assert found.source


def test_bad_input_is_named():
    tree = cost(network("gpt2"))
    with pytest.raises(SymderiveError, match=r"unknown optimizer 'adma'; did you mean \"adam\""):
        tree.train_step("adma")
    with pytest.raises(SymderiveError, match=r"recompute='atention' is no block, layer or equation of gpt2"):
        tree.train_step(recompute=("blocks", "atention"))
    flat = cost(architecture("flat", lambda x: x.dense(4), "B", 3))
    with pytest.raises(SymderiveError, match="about blocks of several layers, and flat has none"):
        flat.train_step(recompute="full")
    with pytest.raises(SymderiveError, match="this cost has no derivatives"):
        without_derivatives(Dense(3, 4)).train_step()
