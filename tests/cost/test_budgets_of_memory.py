"""Budgets of memory: the largest size with which what is kept, moved or alive fits into some bytes."""

import random

import numpy as np
import pytest

import symderive as sd
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import Conv2d, Dense
from symderive.networks import network

NAMES = (
    "saved_bytes", "peak_activation_bytes", "peak_bytes_in_training", "peak_activations", "bytes_read",
    "activation_bytes",
)  # fmt: skip


def at(cost, name, dtype="float32"):
    """A quantity of memory as a number."""
    found = cost.memory(dtype).amounts[name]
    return max(int(one.value(cost.values)) for one in found.formulas)


@pytest.mark.parametrize(("name", "given", "size"), [
    ("gpt2", {"T": 64}, "B"), ("gpt2", {"B": 1}, "T"), ("resnet18", {"H": 96, "W": 64}, "B"),
    ("resnet18", {"B": 2, "W": 64}, "H"), ("mobilenet_v2", {"H": 64, "W": 64}, "B"),
])  # fmt: skip
def test_the_largest_size_fits_and_the_next_does_not(name, given, size):
    cost, rng = sd.cost(network(name)).subs(given), random.Random(7)
    for quantity in NAMES:
        limit = rng.randrange(10**9, 10**10)
        found = cost.solve(f"{quantity} <= {limit}", size, "float16")
        values = [at(cost.subs({size: found.value + more}), quantity, "float16") for more in (0, 1)]
        assert values[0] <= limit < values[1]
        assert found.reached == values[0]


def test_the_number_that_a_size_has_does_not_decide_which_formula_of_a_peak_is_taken():
    cost = sd.cost(network("gpt2"))
    budget = "peak_bytes_in_training <= 16 GiB"
    assert cost.subs(B=1, T=8).solve(budget, "T").value == cost.subs(B=1).solve(budget, "T").value == 4652


def test_parts_of_a_training_step_are_added():
    step = sd.cost(network("resnet18", H=224, W=224)).train_step("adamw")
    everything = "peak_bytes_in_training + parameter_bytes + gradient_bytes + optimizer_state_bytes"
    found = step.solve(f"{everything} <= 80 GB", "B")
    known = step.subs(B=found.value)
    assert sum(at(known, one) for one in everything.split(" + ")) == found.reached <= 80e9


def test_what_cannot_be_solved_is_said():
    gpt = sd.cost(network("gpt"))
    with pytest.raises(SymderiveError, match="known where L ≥ 2; put in a number"):
        gpt.solve("peak_bytes_in_training <= 1 GiB", "B")
    with pytest.raises(SymderiveError, match="it has to grow with peak_activations"):
        gpt.subs(L=2, d=8, h=2, V=9, C=9, T=4).solve("10 * macs - peak_activations <= 1e9", "B")
    with pytest.raises(SymderiveError, match="unknown type 'float7'"):
        gpt.solve("saved_bytes <= 1e9", "B", "float7")
    with pytest.raises(SymderiveError, match="or solve a budget for it"):
        gpt.leading("T", "saved_bytes")


def test_arrays_that_do_not_broadcast_are_one_sentence():
    function = sd.cost(Dense("d", "m")).compile()
    with pytest.raises(ShapeError, match=r"do not broadcast; d has the shape \(2,\), m has the shape \(3,\)"):
        function(d=np.array([1, 2]), m=[1, 2, 3])


def test_a_class_of_layers_is_no_layer():
    with pytest.raises(SymderiveError, match=r"Conv2d is a class; give one of its kind, as in Conv2d\(\)"):
        sd.cost(Conv2d)


def test_a_notebook_shows_formulas():
    gpt = sd.cost(network("gpt2"))
    assert gpt._repr_latex_().startswith(
        r"$\displaystyle \text{MACs} = 18{,}432 \cdot B \cdot T^{2} + 123{,}532{,}032 \cdot B"
    )
    assert gpt.formula("params")._repr_latex_() == r"$\displaystyle 124{,}439{,}808$"
    assert str(gpt.formula("params")) == "124,439,808"
    growth = gpt.leading("T")
    assert growth._repr_latex_() == rf"$\displaystyle {growth.latex()}$"
    same = sd.cost(Conv2d(kernel=3))
    assert str(same.ratio(same)) == "1"
    assert same.ratio(same)._repr_latex_() == r"$\displaystyle 1$"
