"""Costs as JSON, CSV, tables and figures: their parts add up, and what is missing is said."""

import csv
import io
import json
import sys
from types import ModuleType

import pytest

from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.cost import cost
from symderive.cost.output.lines import lines_of, shown_quantities
from symderive.cost.output.plotting import stacked
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import LSTM, BatchNorm2d, Conv2d, Dense, SeparableConv2d
from symderive.networks import network

FORMULA = {"expr", "text", "latex", "substituted", "value"}


@pytest.fixture(scope="module", params=["resnet18", "gpt", "densenet121"])
def tree(request):
    return cost(network(request.param))


@pytest.mark.parametrize("layer", [Conv2d(bias=True), LSTM(), SeparableConv2d(), BatchNorm2d()], ids=str)
def test_the_parts_of_a_layer_add_up(layer):
    counted = cost(layer)
    check_sums(counted)


def test_the_parts_of_a_network_add_up(tree):
    check_sums(tree)


def check_sums(counted):
    quantities = shown_quantities(counted)
    lines = lines_of(counted, quantities)
    assert "macs" in quantities
    for name in quantities:
        parts = sum(line.formulas[name].expr for line in lines)
        assert (parts - counted.formula(name).expr).expand() == 0


def test_json_says_everything_with_stable_keys():
    said = json.loads(cost(network("resnet18"), B=1, H=224, W=224).to_json())
    assert list(said) == [
        "schema", "symbols", "values", "extents", "conditions", "convention", "unknown", "is_lower_bound",
        "quantities", "valid_macs", "memory", "parts",
    ]  # fmt: skip
    assert (said["schema"], said["symbols"]) == ("symderive.cost/1", ["B", "H", "W"])
    assert said["values"]["H5"] == 7
    assert said["extents"]["H1"]["text"] == "⌊(H − 1)/2⌋ + 1"
    assert said["extents"]["H1"]["value"] == 112
    assert all(set(one) == FORMULA for one in said["quantities"].values())
    macs = said["quantities"]["macs"]
    assert macs["value"] == 1_814_073_344
    assert macs["expr"].startswith("9408*B*H1*W1 + 147456*B*H2*W2")
    assert macs["substituted"].startswith("9,408 · 1 · 112 · 112 + ")
    assert said["valid_macs"] == 1_680_390_912
    assert said["unknown"] == []
    assert said["is_lower_bound"] is False
    by_part = {one["part"]: one["quantities"] for one in said["parts"]}
    assert by_part["stem.conv"]["params"]["value"] == 9408
    for name, total in said["quantities"].items():
        assert sum(one[name]["value"] for one in by_part.values() if name in one) == total["value"]


def test_json_of_open_sizes_has_no_numbers():
    said = json.loads(cost(Conv2d()).to_json())
    assert said["quantities"]["macs"]["value"] is said["quantities"]["macs"]["substituted"] is None
    assert said["valid_macs"] is None
    assert (
        said["quantities"]["macs"]["latex"]
        == r"k^{2} \cdot C_{\mathrm{in}} \cdot H' \cdot W' \cdot C_{\mathrm{out}}"
    )
    condition = said["conditions"][0]
    assert (condition["text"], condition["expr"], condition["holds"]) == ("H ≥ k", "H >= k", None)
    known = json.loads(cost(Conv2d(3, 256, 5, 12, 12)).to_json())
    assert known["conditions"][0]["holds"] is True
    assert known["quantities"]["macs"]["substituted"] == "5² · 3 · 8 · 8 · 256"


def test_what_was_not_counted_stands_in_json_and_tables():
    import sympy

    i, x = Index("i", 4), Tensor("x", (4,))
    y = Definition(Tensor("y", (4,)), (i,), sympy.Piecewise((x[i], x[i] > 0), (2 * x[i], True)))
    counted = cost(Program((x,), (y,), (y.tensor,)))
    said = json.loads(counted.to_json())
    assert said["unknown"] == ["Piecewise in the equation of y"]
    assert said["is_lower_bound"] is True
    assert counted.table("macs").splitlines()[-1].split() == ["total", "≥", "0"]


def test_csv_has_a_line_for_each_part_and_the_total(tree):
    rows = list(csv.DictReader(io.StringIO(tree.to_csv())))
    assert rows[-1]["part"] == "(total)"
    assert rows[-1]["params"] == str(tree.formula("params").expr)
    assert [row["part"] for row in rows[:-1]] == [
        line.part for line in lines_of(tree, shown_quantities(tree))
    ]
    numbers = list(csv.DictReader(io.StringIO(cost(Dense(784, 10)).to_csv())))
    assert [row["params"] for row in numbers] == ["0", "7840", "10", "7850"]


def test_tables_in_three_forms():
    dense = cost(Dense("d", "m"))
    assert dense.table().splitlines() == [
        "part        params    macs",
        "──────────────────────────",
        "y                0   d · m",
        "weight       d · m       0",
        "bias             m       0",
        "──────────────────────────",
        "total    d · m + m   d · m",
    ]
    latex = dense.table("macs", "elementwise_adds", form="latex")
    assert r"\texttt{y} & $d \cdot m$ & $m$ \\" in latex
    assert r"elementwise\_adds" in latex
    with pytest.raises(SymderiveError, match=r"no form 'latexx'; did you mean \"latex\"\?"):
        dense.table(form="latexx")
    with pytest.raises(SymderiveError, match=r"no quantity 'mac'; did you mean"):
        dense.table("mac")


def test_what_is_stacked_adds_up_to_the_total():
    resnet = cost(network("resnet18"), B=1, W=64)
    heights = list(range(32, 70, 3))
    parts = stacked(resnet, "H", heights, "macs")
    assert list(parts) == ["stem", "stage1", "stage2", "stage3", "stage4", "dense"]
    totals = [sum(column) for column in zip(*parts.values(), strict=True)]
    assert totals == resnet.compile()(H=heights).tolist()
    assert len(stacked(cost(network("gpt2"), B=1), "T", [5], "macs")) == 4
    with pytest.raises(SymderiveError, match="give B="):
        stacked(cost(network("resnet18"), W=64), "H", heights, "macs")
    with pytest.raises(SymderiveError, match="no value of H is given"):
        stacked(resnet, "H", [], "macs")
    with pytest.raises(SymderiveError, match="no size is called 'Q'"):
        stacked(resnet, "Q", heights, "macs")
    with pytest.raises(ShapeError, match="H ≥ k is needed"):
        stacked(cost(Conv2d(3, 4, 5, 9, 9)), "H", [4, 5], "macs")


class Axes:
    """What a figure is asked to draw."""

    def __init__(self):
        self.calls = {}

    def __getattr__(self, name):
        return lambda *given, **named: self.calls.setdefault(name, (given, named)) and ([1, 2], ["a", "b"])


def test_a_figure_is_drawn_by_matplotlib(monkeypatch):
    axes, module = Axes(), ModuleType("matplotlib.figure")
    module.Figure = lambda **_: type("Figure", (), {"subplots": lambda self: axes})()
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", module)
    cost(Dense(784, 10, batch="n")).plot("n", range(1, 4), "flops")
    (sizes, values), named = axes.calls["stackplot"]
    assert (sizes, values, named["labels"]) == ([1, 2, 3], [[15680.0, 31360.0, 47040.0]], ["y"])
    assert axes.calls["set_ylabel"][0] == ("FLOPs",)


def test_without_matplotlib_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(SymderiveError, match=r"matplotlib is not installed.*symderive\[plot\]"):
        cost(Dense(784, 10)).plot("d_in", [1, 2])
