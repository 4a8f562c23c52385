"""Exported programs: the sizes that they leave open, their ranges, and the formulas of the module itself."""

import pytest
import torch
from torch import nn
from torch._higher_order_ops.while_loop import while_loop
from torch.export import Dim, export

import symderive as sd
from symderive.errors import SymderiveError
from tests.imports.models_convolutions import ResNet
from tests.imports.models_sequences import Block, Language


@pytest.fixture(scope="module")
def small():
    """A small ResNet and its program, with two dimensions that have names."""
    model = ResNet(width=4, classes=3).eval()
    open_sizes = {0: Dim("B", max=1024), 2: Dim("H", min=33, max=512), 3: Dim.DYNAMIC}
    return model, export(model, (torch.randn(2, 3, 64, 65),), dynamic_shapes={"x": open_sizes})


def test_a_program_has_the_formula_of_its_module(small):
    model, program = small
    found = sd.cost(program, input="B,3,H,W")
    module = sd.cost(model, input="B,3,H,W")
    assert found.formula().write() == module.formula().write()
    for quantity in ("params", "buffers", "relu", "sum_adds", "elementwise_adds", "activations"):
        assert found.formula(quantity).write() == module.formula(quantity).write()
    assert found["layer2.0.conv1"].macs == module["layer2.0.conv1"].macs


def test_dimensions_keep_their_names_and_ranges_are_conditions(small):
    found = sd.cost(small[1])
    assert [one.name for one in found.symbols[:3]] == ["B", "H", "a"]
    assert {found.condition_text(one) for one in found.conditions} == {
        "H ≥ 33", "H ≤ 512", "B ≤ 1,024", "a ≥ 2"
    }  # fmt: skip
    with pytest.raises(SymderiveError, match="H ≤ 512 is needed"):
        found.subs(B=1, H=600, a=64)


def test_what_a_program_fixes_is_said(small):
    with pytest.raises(SymderiveError, match="an axis is fixed to 3, and C is given; export it with"):
        sd.cost(small[1], input="B,C,H,W")
    with pytest.raises(SymderiveError, match="has 4 axes, and B×3×H has 3"):
        sd.cost(small[1], input="B,3,H")
    with pytest.raises(SymderiveError, match="it has 1 inputs, and 2 are given"):
        sd.cost(small[1], input=("B,3,H,W", "B"))


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch about itself, in run_decompositions
@pytest.mark.parametrize("is_decomposed", [False, True])
def test_attention_in_a_program_decomposed_or_not(is_decomposed):
    model = Block(12, 3, 24).eval()
    program = export(model, (torch.randn(2, 5, 12),), dynamic_shapes=({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},))
    program = program.run_decompositions() if is_decomposed else program
    found, module = sd.cost(program, input="B,T,12"), sd.cost(model, input="B,T,12")
    assert not found.unknown
    assert found.formula().expr.expand() == module.formula().expr.expand()
    assert found.params == module.params


def test_tokens_and_tied_parameters_in_a_program():
    model = Language(layers=1).eval()
    sizes = ({0: Dim("B"), 1: Dim("T", max=128)},)
    found = sd.cost(export(model, (torch.randint(0, 9, (3, 7)),), dynamic_shapes=sizes))
    assert found.formula().expr == sd.cost(model, input="B,T:integer").formula().expr
    assert found.params == sum(one.numel() for one in model.parameters())


class Branches(nn.Module):
    """One of two layers, as a question says."""

    def __init__(self, question):
        super().__init__()
        self.one, self.other, self.question = nn.Linear(8, 8), nn.Linear(8, 8), question

    def forward(self, x):
        return torch.cond(self.question(x), lambda y: self.one(y), lambda y: self.other(self.one(y)), (x,))


class Repeated(nn.Module):
    """A layer for each row."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        return while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, self.linear(y)), (torch.tensor(0), x))


class Without(nn.Module):
    """A layer without a gradient, and in short numbers."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            x = self.linear(x)
        return 2 * x


def exported(model, *shape, **options):
    return export(model.eval(), (torch.randn(shape),), **options)


@pytest.mark.parametrize("offset", [0, 1])
def test_an_axis_may_be_computed_from_a_dimension(offset):
    model = nn.Conv2d(3, 4, 2, stride=2)
    sizes = {2: 2 * Dim("half", min=4) + offset, 3: Dim("W", min=4)}
    found = sd.cost(exported(model, 2, 3, 32 + offset, 48, dynamic_shapes=({**sizes},)))
    half = found.symbols[0]
    assert found.subs({half.name: 16, "W": 48}).macs == 2 * 12 * 4 * 16 * 24


def test_a_branch_that_a_size_chooses_is_a_condition():
    model = Branches(lambda x: x.shape[0] > 3)
    program = exported(model, 5, 8, dynamic_shapes=({0: Dim("B", max=64)},))
    for found in (sd.cost(program), sd.cost(model, input="B,8")):
        assert found.formula().write() == "64 · B"
        assert found.condition_text(found.conditions[0]) == "B ≥ 4"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            Branches(lambda x: x.sum() > 0),
            "cond in the model itself: which branch it takes depends on the entr",
        ),
        (Repeated(), "while_loop in the model itself: what it runs inside, and how often, is not counted"),
    ],
)
def test_what_only_the_entries_decide_is_refused_in_one_sentence(model, said):
    for make in (lambda: sd.cost(exported(model, 5, 8)), lambda: sd.cost(model, input="B,8")):
        with pytest.raises(SymderiveError, match=said) as raised:
            make()
        assert "\n" not in str(raised.value)


def test_a_shape_of_the_data_is_refused_without_a_trace_of_the_code():
    class Chosen(nn.Module):
        def forward(self, x):
            return x[x.sum(1) > 0] @ x.T

    with pytest.raises(SymderiveError, match="depends on the data") as raised:
        sd.cost(exported(Chosen(), 5, 8))
    assert "\n" not in str(raised.value)


def test_what_runs_in_another_mode_is_counted():
    found = sd.cost(exported(Without(), 5, 8, dynamic_shapes=({0: Dim("B")},)))
    assert found.formula().write() == "64 · B"
