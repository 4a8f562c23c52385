"""Imported modules have the formulas of the families that declare the same networks, in every quantity."""

import pytest
import sympy

from symderive.derive.costs import cost
from symderive.imports.torch_modules import torch_network
from symderive.networks import network
from symderive.networks.extents import canonical, one_floor
from tests.imports.families import FAMILIES
from tests.imports.torch_facts import on_meta

QUICK = ("resnet18", "squeezenet1_1")
"""The others take longer; the benchmark has them all."""


ALWAYS = ("macs", "params", "buffers", "activations", "backward_macs", "saved_for_backward")
"""Quantities that every network has, if only as 0."""


def differences(found, declared):
    """The quantities in which two costs differ, with what they differ by."""
    for quantity in (*dict.fromkeys((*found.quantities, *declared.quantities)), *ALWAYS):
        difference = sympy.expand(in_inputs(found, quantity) - in_inputs(declared, quantity))
        if difference != 0:
            yield quantity, difference


def in_inputs(tree, quantity):
    """A formula in the sizes of the input, its floors written in one way."""
    if quantity not in (*tree.quantities, *ALWAYS):
        return sympy.S.Zero
    return canonical(one_floor(tree.formula(quantity).expr.xreplace(dict(tree.relations))))


@pytest.mark.parametrize("name", QUICK)
def test_a_module_has_the_formulas_of_its_family(name):
    net = torch_network(on_meta(FAMILIES[name]), "B,3,H,W")
    found, declared = cost(net), cost(network(name))
    assert not found.unknown
    assert {"macs", "params", "sum_adds"} <= {*declared.quantities}
    assert not list(differences(found, declared))
    assert set(net.conditions) >= set(network(name).conditions)
