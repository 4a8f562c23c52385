"""Costs as JSON, CSV, tables and figures: their parts add up, and what is missing is said."""

import csv
import io
import json
import sys
from types import ModuleType

import pytest
import sympy

from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.cost import cost
from symderive.cost.output.lines import lines_of, shown_quantities
from symderive.cost.output.plotting import MOST_LAYERS, line, stacked
from symderive.derive.costs import cost as derived
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import LSTM, BatchNorm2d, Conv2d, Dense, SeparableConv2d
from symderive.networks import architecture, network

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


MEMORY = [
    "dtype", "parameter_bytes", "activation_bytes", "bytes_read", "bytes_written", "intensity",
    "saved_for_backward", "saved_bytes", "peak_activations", "peak_activation_bytes", "peak_in_training",
    "peak_bytes_in_training",
]  # fmt: skip


@pytest.fixture(scope="module")
def pooled():
    """Convolutions with norms, and a pool that keeps positions."""

    def declared(x):
        x = x.conv(8, 3, stride=2).batch_norm().relu().max_pool(2, 2)
        return x.conv(4, 1).relu().mean(2, 3).dense(5)

    return derived(architecture("pooled", declared, "B", 3, "H", "W"), B=2, H=30, W=21)


def test_json_has_the_memory_of_a_network_and_its_layers_add_up(pooled):
    said = json.loads(pooled.to_json("float16"))
    memory = said["memory"]
    assert list(memory) == MEMORY
    assert memory["dtype"] == "float16"
    asked = {
        "parameter_bytes": 2 * pooled.params,
        "activation_bytes": pooled.activation_bytes("float16"),
        "bytes_read": pooled.bytes_read("float16"),
        "bytes_written": pooled.bytes_written("float16"),
        "saved_for_backward": pooled.saved_for_backward,
        "saved_bytes": pooled.saved_bytes("float16"),
        "peak_activations": pooled.peak_activations,
        "peak_in_training": pooled.peak_in_training,
    }
    assert {name: memory[name]["value"] for name in asked} == asked
    assert memory["intensity"]["value"] == pytest.approx(float(pooled.intensity("float16")))
    assert memory["peak_activation_bytes"]["value"] == 2 * pooled.peak_activations
    assert memory["peak_bytes_in_training"]["value"] > 2 * pooled.peak_in_training, "positions of a pool"
    assert {memory[name]["unit"] for name in MEMORY[1:]} == {"entries", "bytes", "FLOPs/byte"}
    parts = {one["part"]: one["memory"] for one in said["parts"]}
    assert parts["(given)"]["saved_for_backward"]["value"] == 2 * 3 * 30 * 21
    for name in ("bytes_read", "bytes_written", "saved_for_backward", "saved_bytes"):
        assert sum(one[name]["value"] for one in parts.values() if name in one) == asked[name]


def test_memory_that_is_refused_says_why_and_conditions_stand_with_their_formulas():
    plain = json.loads(cost(Conv2d()).to_json())["memory"]
    assert "no cost of a layer or network with derivatives" in plain["saved_for_backward"]["refused"]
    assert plain["bytes_written"]["formulas"][0]["text"] == "4 · H′ · W′ · C_out"
    assert plain["bytes_written"]["value"] is None
    net = derived(network("gpt"))
    peak = json.loads(net.to_json())["memory"]["peak_activations"]
    assert [one["text"] for one in peak["conditions"]] == ["L ≥ 2"]
    assert [one["text"] for one in peak["formulas"]] == [one.write() for one in net.peak().candidates]
    row = list(csv.DictReader(io.StringIO(net.to_csv())))[-1]
    assert row["peak_activations"] == (
        "peak activations: its formula needs L ≥ 2; put in a number, or ask for JSON."
    )
    step = json.loads(net.train_step("adam", "full").to_json())["memory"]
    assert step["optimizer_state_bytes"]["formulas"][0]["text"].endswith("+ 8 · d · C + 8 · d · V + 16 · d")
    assert "what is computed again is not in it" in step["peak_in_training"]["refused"]
    assert "its passes are not counted one by one" in step["bytes_read"]["refused"]


def test_formulas_are_read_back(pooled):
    """Every `expr` of the JSON and every cell of the CSV, as the docstring of the schema says."""
    net = derived(network("gpt"))
    for counted in (net, pooled.symbolic):
        names = {one.name: one for one in counted.symbols}
        said = json.loads(counted.to_json())
        for name, formula in said["quantities"].items():
            assert sympy.sympify(formula["expr"], names) == counted.formula(name).expr
        for name, kind in counted.memory().amounts.items():
            found = [sympy.sympify(one["expr"], names) for one in said["memory"][name]["formulas"]]
            assert all(
                sympy.cancel(one - formula.expr) == 0
                for one, formula in zip(found, kind.formulas, strict=True)
            )
        rows = list(csv.DictReader(io.StringIO(counted.to_csv("bfloat16"))))
        for name in ("bytes_read_bfloat16", "saved_for_backward", "macs"):
            cells = [sympy.sympify(row[name] or "0", names) for row in rows]
            meanings = dict(counted.relations)
            assert (sum(cells[:-1]) - cells[-1]).xreplace(meanings).expand() == 0


def test_tables_have_the_parts_of_the_backward_pass_and_of_what_is_kept(pooled):
    layer = derived(Dense("d", "m", batch="n"))
    rows = layer.table("backward_macs", "saved_for_backward").splitlines()
    assert [row.split("  ")[0] for row in rows[2:-2]] == ["x", "∂weight", "∂x"]
    for counted in (pooled, derived(network("gpt")), layer, layer.train_step("adam")):
        names = ("macs", "backward_macs", "saved_for_backward", "optimizer_state")
        names = [one for one in names if one in (*counted.all_quantities, *names[1:3])]
        if counted is not layer and counted.name == "training step":
            names = ["macs", "saved_for_backward", "optimizer_state"]
        lines = lines_of(counted, tuple(names))
        for name in names:
            parts = sum(line.formulas[name].expr for line in lines)
            assert parts != 0
            assert (parts - counted.formula(name).expr).xreplace(dict(counted.relations)).expand() == 0


def test_tables_of_memory(pooled):
    written = pooled.table("macs", "saved_bytes", "intensity", dtype="bfloat16").splitlines()
    assert written[0].split() == ["part", "macs", "saved_bytes_bfloat16", "intensity"]
    assert written[2].split() == ["(given)", "0", f"{2 * 2 * 3 * 30 * 21:,}"]
    assert [row.split()[0] for row in written[3:6]] == ["conv1", "norm", "relu1"]
    assert written[-1].split()[2] == f"{int(pooled.saved_bytes('bfloat16')):,}"
    assert float(written[-1].split()[3]) == pytest.approx(float(pooled.intensity("bfloat16")), rel=1e-3)
    layer = derived(Dense("d", "m", batch="n"))
    assert "| `y` | $n \\cdot d \\cdot m$ |  |" in layer.table("macs", "bytes_read", form="markdown")
    net = derived(network("gpt"))
    assert "max(" in net.subs(L=2).table("peak_activations")
    with pytest.raises(SymderiveError, match="a table of a cost: peak activations: its formula needs L ≥ 2"):
        net.table("peak_activations")
    with pytest.raises(SymderiveError, match="a table of a cost: memory of a training step: its passes"):
        net.train_step().table("bytes_read")
    with pytest.raises(SymderiveError, match="unknown type 'half'"):
        layer.table("bytes_read", dtype="half")


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


def test_more_parts_than_colours_are_the_largest_and_others():
    mobile = cost(network("mobilenet_v3_large"), B=1, W=64)
    parts = stacked(mobile, "H", [32, 64], "macs")
    assert len(parts) == MOST_LAYERS
    assert list(parts)[-1] == "others"
    totals = [sum(column) for column in zip(*parts.values(), strict=True)]
    assert totals == mobile.compile()(H=[32, 64]).tolist()


def test_lines_of_memory(pooled):
    heights = [30, 43]
    found = {
        name: line(pooled, "H", heights, name, "float16")
        for name in ("saved_bytes", "peak_bytes_in_training", "intensity", "flops")
    }
    for place, height in enumerate(heights):
        at = pooled.symbolic.subs(B=2, W=21, H=height)
        peak = max(int(one.expr) for one in at.peak(training=True, dtype="float16").candidates)
        assert found["saved_bytes"][place] == at.saved_bytes("float16")
        assert found["peak_bytes_in_training"][place] == peak
        assert found["intensity"][place] == pytest.approx(float(at.intensity("float16")))
        assert found["flops"][place] == at.flops
    kept = stacked(pooled, "H", heights, "saved_bytes", "float16")
    assert [sum(column) for column in zip(*kept.values(), strict=True)] == found["saved_bytes"]
    with pytest.raises(SymderiveError, match="peak activations is not known by parts; plot it without"):
        stacked(pooled, "H", heights, "peak_activations")
    with pytest.raises(SymderiveError, match="no cost of a layer or network with derivatives"):
        line(cost(Dense("d", 8)), "d", [4], "saved_bytes")


class Recorded:
    """Something of matplotlib that notes what it is asked for."""

    def __init__(self):
        self.calls, self.inside = {}, {}

    def __getattr__(self, name):
        if name.endswith("axis"):
            return self.inside.setdefault(name, Recorded())
        return lambda *given, **named: self.calls.setdefault(name, (given, named)) and ([1, 2], ["a", "b"])


@pytest.fixture
def axes(monkeypatch):
    found = Recorded()
    figures, tickers = ModuleType("matplotlib.figure"), ModuleType("matplotlib.ticker")
    figures.Figure = lambda **_: type("Figure", (), {"subplots": lambda self: found})()
    tickers.EngFormatter = lambda unit: f"a number of {unit}"
    tickers.MaxNLocator = lambda integer: "whole numbers"
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", figures)
    monkeypatch.setitem(sys.modules, "matplotlib.ticker", tickers)
    return found


def test_a_figure_is_drawn_by_matplotlib(axes):
    cost(Dense(784, 10, batch="n")).plot("n", range(1, 4), "flops")
    (sizes, values), named = axes.calls["stackplot"]
    assert (sizes, values, named["labels"]) == ([1, 2, 3], [[15680.0, 31360.0, 47040.0]], ["y"])
    assert axes.calls["set_ylabel"][0] == ("FLOPs",)
    assert axes.calls["set_xlabel"][0] == ("n",)


def test_a_figure_of_bytes_says_their_type(axes):
    derived(Dense(784, 10, batch="n")).plot("n", [1, 2], "saved_bytes", by_part=False, dtype="bfloat16")
    assert axes.calls["plot"][0] == ([1, 2], [1568.0, 3136.0])
    assert axes.calls["set_ylabel"][0] == ("saved bytes (bfloat16)",)
    assert axes.inside["yaxis"].calls["set_major_formatter"][0] == ("a number of B",)


def test_without_matplotlib_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(SymderiveError, match=r"matplotlib is not installed.*symderive\[plot\]"):
        cost(Dense(784, 10)).plot("d_in", [1, 2])
