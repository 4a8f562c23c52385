"""How costs are printed: one number in front, names as the equations have them, one way to write entries."""

import re

import pytest
import sympy

from symderive.core.dims import dims
from symderive.cost import cost
from symderive.cost.formula import Formula
from symderive.cost.output.report import report
from symderive.cost.output.steps import steps
from symderive.cost.output.tree_report import cell, extents_of
from symderive.cost.writing import LATEX
from symderive.layers import GRU, LSTM, catalogue
from symderive.networks import network


def test_numbers_are_multiplied_where_there_are_two():
    counted = cost(LSTM())
    assert counted.formula("macs").write() == "4 · T · d_in · d_h + 4 · T · d_h²"
    assert counted.formula("flops").write() == "8 · T · d_in · d_h + 8 · T · d_h²"
    assert counted.formula("params").write() == "4 · d_in · d_h + 4 · d_h² + 8 · d_h"
    assert counted.formula("adds").write() == (
        "4 · T · (d_in − 1) · d_h + 13 · T · d_h + 4 · T · d_h · (d_h − 1)"
    )


@pytest.mark.parametrize("layer", catalogue(), ids=str)
def test_no_product_has_two_numbers(layer):
    symbolic, _ = layer.named()
    counted = cost(symbolic)
    for quantity in (*counted.quantities, "flops", "adds", "muls"):
        for term in counted.formula(quantity).terms:
            numbers = [base for base, _ in term.factors if base.is_Rational]
            assert not numbers or term.coefficient == 1


def test_parts_are_called_in_latex_as_in_the_equations():
    (variant,) = report({"lstm": cost(LSTM())}).variants
    assert [(row.name, row.name_latex) for row in variant.rows] == [("from_x", "a"), ("from_h", "b")]
    assert variant.steps[0].equation_latex.startswith("a_{t, q, k} = ")


@pytest.mark.parametrize("layer", [LSTM(), GRU()], ids=str)
def test_entries_are_written_in_one_way(layer):
    for step in steps(cost(layer)):
        written = re.findall(r"_\{([^{}]*)\}", step.equation_latex)
        assert all("," in one or len(one) < 3 for one in written)
        assert not re.search("[₀₁₂ₜₖ]", step.equation)


def test_likewise_has_no_space_before_its_colon():
    counted = cost(network("resnet18")).subs(H=224, W=224)
    assert list(extents_of(counted, LATEX))[-1] == (
        r"W_{1} \text{ to } W_{5} \text{ likewise: }112, 56, 28, 14, 7"
    )
    assert list(extents_of(counted.symbolic, LATEX))[-1] == r"W_{1} \text{ to } W_{5} \text{ likewise}"
    assert list(extents_of(counted))[-1] == "W₁ to W₅ likewise: 112, 56, 28, 14, 7"


def test_what_a_sum_has_in_common_stands_before_it():
    tree = cost(network("densenet121"))
    assert cell(tree["dense1.norm1"], "params") == "64 · (i + 1)"
    assert cell(tree["dense3.conv1"], "macs") == "4,096 · B · H₄ · W₄ · (i + 7)"


def test_floors_are_one_fraction():
    h, b = dims("H4 B")
    written = Formula.of(b * sympy.floor(h / 6 + sympy.Rational(5, 6)) - b, (b, h)).write()
    assert written == "B · ⌊(H₄ + 5)/6⌋ − B"


def test_windows_of_whatever_size_are_one_term():
    written = cost(network("alexnet")).formula("adds").write()
    assert "256 · B · ((H₄ − gcd(H₄, 6) + 6) · (W₄ − gcd(W₄, 6) + 6) − 36)" in written
    assert "⌊" not in written
