"""What a sheet about a cost says when some sizes are numbers and others are open, and how it is laid out."""

import json

import pytest

import symderive
from symderive.cost import cost
from symderive.cost.output.report import compare
from symderive.layers import LSTM, Conv2d, Dense, SeparableConv2d, Softmax
from symderive.solutions.formats.txt import format_for
from symderive.solutions.terminal_text import broken
from tests.test_cli_questions import complained, printed


def test_the_numbers_that_are_given_are_put_in_while_other_sizes_are_open(capsys):
    out = printed(capsys, "cost", "conv2d", "k=3", "c_in=16", "h=32", "w=32", "--quantity", "macs")
    assert "MACs = k² · C_in · H′ · W′ · C_out\n" in out
    assert "         = 3² · 16 · 30 · 30 · C_out\n" in out
    assert "         = 129,600 · C_out\n" in out
    out = printed(capsys, "cost", "multiheadattention", "d=768", "--quantity", "macs")
    assert "= 4 · L · 768² + 2 · L² · 768\n         = 2,359,296 · L + 1,536 · L²\n" in out
    assert "separable / normal = 1/C_out + 1/k² = 1/C_out + 1/9 │" in printed(
        capsys, "cost", "conv", "--kernel", "3"
    )
    made = compare(cost(Conv2d(kernel=3)), cost(SeparableConv2d(kernel=3)))
    assert "= 3² · C_in · H′ · W′ · C_out" in str(made)
    assert (
        made.ratio.latex()
        == r"\frac{1}{C_{\mathrm{out}}} + \frac{1}{k^{2}} = \frac{1}{C_{\mathrm{out}}} + \frac{1}{9}"
    )


def test_valid_products_have_the_numbers_that_are_given(capsys):
    out = printed(capsys, "cost", "gpt2", "B=1", "--levels", "1")
    assert "Valid MACs: 9,216 · T² + 123,541,248 · T, without those that are masked." in out
    out = printed(capsys, "cost", "conv2d", "k=3", "p=1", "c_in=3", "c_out=4", "h=8")
    assert "Valid MACs: 264 · (3 · W′ − 2), without those against zero padding." in out


def test_a_question_about_convolutions_says_what_its_sizes_need(capsys):
    assert "It needs H + 2 ≥ k, W + 2 ≥ k." in printed(capsys, "cost", "conv", "--padding", "1")
    out = printed(capsys, "cost", "conv", "--input", "12x12x3", "--output", "8x8x256", "--stride", "1")
    assert "It needs" not in out


def test_what_holds_for_all_sizes_is_not_said(capsys):
    assert "It needs" not in printed(capsys, "cost", "convtranspose2d")
    out = printed(capsys, "cost", "convtranspose2d", "padding=p")
    assert "It needs k + H − 2 · p − 1 ≥ 1, k + W − 2 · p − 1 ≥ 1." in out


def test_extents_are_listed_and_a_product_in_a_shape_stands_in_brackets(capsys):
    out = printed(capsys, "cost", "avgpool3d")
    assert "The output has D′ = ⌊(D − k)/k⌋ + 1, H′ = ⌊(H − k)/k⌋ + 1 and W′ = ⌊(W − k)/k⌋ + 1." in out
    assert "Upsample2d, with an output of C×(H·s)×(W·s)." in printed(capsys, "cost", "upsample2d")
    out = printed(capsys, "cost", "squeezenet1_0", "--levels", "1", "--memory")
    assert "W₁ to W₄ likewise" in out


def test_sums_that_are_alike_are_counted_together(capsys):
    out = " ".join(printed(capsys, "cost", "multiheadattention", "--backward").split())
    assert "3 sums in ∂x[i, j] have d products each; there are L · d of each: 3 times L · d² products." in out
    out = " ".join(printed(capsys, "cost", "mixtureofexperts", "--backward").split())
    assert "One sum in ∂x[i, j] has E products; there are N · d of them: N · d · E products" not in out
    assert "one sum in ∂x[i, j] has E products; there are N · d of them: N · d · E products." in out


def test_a_table_of_a_backward_pass_has_no_column_of_outputs(capsys):
    out = printed(capsys, "cost", "resnet18", "--backward", "--levels", "1")
    assert "\n  block   MACs\n" in out
    assert "\n  block     output  MACs" in printed(capsys, "cost", "gpt", "--train", "sgd", "--levels", "1")


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (40, ["4 · L · d · (d − 1) + 4 · L · d", "+ L² · (d/H − 1) · H"]),
        (18, ["4 · L · d ·", "(d − 1)", "+ 4 · L · d + L² ·", "(d/H − 1) · H"]),
    ],
)
def test_a_line_of_a_formula_does_not_end_inside_a_bracket(width, lines):
    assert broken("4 · L · d · (d − 1) + 4 · L · d + L² · (d/H − 1) · H", width) == lines


def test_the_sign_of_a_sum_stays_with_its_terms(capsys):
    out = printed(capsys, "cost", "mixtureofexperts", "--backward")
    assert "               + Σ_{p, r} w_up[choice[i, r], p, j] · ∂up[i, r, p]\n" in out


def test_a_long_formula_of_a_layer_has_several_lines_in_latex(capsys):
    out = printed(capsys, "cost", "multiheadattention", "--backward", "--format", "tex", "--quantity", "adds")
    assert r"\\ &\quad + L \cdot \left(L - 1\right) \cdot H + L^{2} \cdot H \\" in out


def test_what_an_option_is_about_is_named(capsys):
    said = complained(capsys, "cost", "gpt", "--recompute", "full")
    assert said == "cost: recompute is about train; give train too, or leave recompute out."
    said = complained(capsys, "cost", "gpt", "--dtype", "float16")
    assert said == "cost: dtype is about memory, train and solve; give one of them, or leave dtype out."


def test_an_operation_that_a_model_does_not_have_is_asked_for_by_name(capsys):
    out = printed(capsys, "cost", "gpt2", "--quantity", "exps,divs,comparisons", "--levels", "1")
    assert "blocks × 12  B×T×768  144 · B · T²  288 · B · T² + 73,800 · B · T            0" in out
    out = printed(capsys, "cost", "resnet18", "--quantity", "exps")
    assert "    exp = 0\n" in out
    assert "──" not in out
    assert "divisions = 0" in printed(capsys, "cost", "lstm", "--quantity", "divs")
    softmax = cost(Softmax("d", "N"))
    assert softmax.compile("divs", "exps")(d=3, N=2) == {"divs": 6, "exps": 6}
    assert softmax.expression("divs / exps") == 1
    assert softmax.table("exps").splitlines()[0].split() == ["part", "exp"]


def test_a_quantity_that_there_is_not_is_answered_with_those_that_there_are(capsys):
    said = complained(capsys, "cost", "dense", "--quantity", "latency")
    assert said.startswith(
        "cost: reading a cost: no quantity 'latency'; there are activations, adds, buffers,"
    )
    assert "did you mean" in complained(capsys, "cost", "dense", "--quantity", "mac")


def test_a_size_may_be_asked_for_as_it_is_given(capsys):
    out = printed(
        capsys, "cost", "conv2d", "k=3", "h=32", "w=32", "c_in=16", "--solve", "macs <= 1e9", "--for", "c_out"
    )
    assert "│ C_out = 7,716 │" in out
    out = printed(capsys, "cost", "resnet18", "--leading", "h,w", "--elasticity", "b")
    assert "(H, W → ∞ at one rate)" in out
    assert "When B grows by one per cent" in out
    assert "no size is called 'c'" in complained(capsys, "cost", "conv2d", "--elasticity", "c")


def test_an_elasticity_has_sums_that_begin_with_a_plus(capsys):
    out = printed(capsys, "cost", "conv2d", "k=3", "--elasticity", "k")
    assert "(2 · H · W − 7 · H − 7 · W + 20)/((H − 2) · (W − 2))" in out


def test_a_refusal_about_several_sizes_is_in_the_plural(capsys):
    said = complained(capsys, "cost", "conv2d", "--asymptotics", "k,c_in")
    assert said.endswith("which fails where k and C_in are large; let more sizes grow.")


def test_a_budget_of_memory_on_a_sheet(capsys):
    out = printed(
        capsys, "cost", "resnet18", "H=224", "W=224", "--train", "adamw", "--dtype", "bfloat16",
        "--solve", "peak_bytes_in_training + parameter_bytes <= 80 GB", "--for", "B",
    )  # fmt: skip
    assert "The largest B with peak bytes in training + parameter bytes ≤ 80,000,000,000:" in out
    assert "│ B = 6,669 │" in out
    said = complained(capsys, "cost", "gpt", "--solve", "peak_bytes_in_training <= 16 GiB", "--for", "B")
    assert said == "cost: peak_bytes_in_training: its formula is known where L ≥ 2; put in a number."


def test_numbers_of_a_sheet_are_rounded_as_people_do(capsys):
    out = printed(capsys, "cost", "gpt2", "B=1", "T=1024", "--memory", "--dtype", "bfloat16", "--levels", "1")
    assert "= 1,052,936,192    ≈ 1,004 MiB" in out
    assert "≈ 125.2\n" in out
    assert "e+" not in out


def test_a_total_with_one_open_size_is_multiplied_out(capsys):
    out = printed(capsys, "cost", "resnet18", "H=224", "W=224", "--backward", "--quantity", "adds")
    assert "(12,544 · B − 1)" not in out
    (total,) = (line for line in out.splitlines() if line.strip().startswith("= "))
    assert total.split("= ")[1] == "3,521,025,256 · B − 11,679,912"


def test_a_long_quantity_is_written_once(capsys):
    budget = "peak_bytes_in_training + parameter_bytes <= 80 GB"
    out = printed(capsys, "cost", "resnet18", "H=224", "W=224", "--solve", budget, "--for", "B")
    assert out.count("peak bytes in training") == 1
    assert "There the left side = 79,982,784,160; at B = 3,573 the left side = 80,005,162,656." in " ".join(
        out.split()
    )


@pytest.mark.parametrize(
    "words", [["multiheadattention"], ["lstm", "--backward"], ["statespacescan", "--backward"]]
)
def test_what_a_quantity_comes_from_fits_a_narrow_terminal(words, capsys, monkeypatch):
    from symderive.cli import _sheet

    monkeypatch.setattr(_sheet, "terminal_format", lambda name: format_for(60))
    lines = printed(capsys, "cost", *words).splitlines()
    assert max(map(len, lines)) <= 60
    if words == ["multiheadattention"]:
        at = lines.index("    MACs = 4 · L · d² + 2 · L² · d")
        assert lines[at + 1].strip() == "queries + keys + values + scores + attended + y"


@pytest.mark.parametrize("name", ["conv1d", "lstm", "adaptiveavgpool2d", "convtranspose2d"])
def test_a_training_step_of_a_layer_is_asked_like_any_cost(name, capsys):
    assert "adam" in json.loads(printed(capsys, "cost", name, "--train", "adam", "--json", "-"))["convention"]
    assert printed(capsys, "cost", name, "--train", "adam", "--csv", "-").startswith("part,macs")
    assert "no size is called 'Z'" in complained(
        capsys, "cost", name, "--train", "adam", "--solve", "adds <= 1e9", "--for", "Z"
    )


def test_a_training_step_of_a_layer_with_numbers_in_its_equations_is_solved():
    step = symderive.cost(LSTM(8, 16)).train_step("adam")
    found = step.solve("macs <= 1e6", "T")
    assert step.compile()(T=found.value) == found.reached <= 10**6 < step.compile()(T=found.value + 1)
    wide = symderive.cost(Dense(4 * symderive.dims("d"), "m")).train_step("sgd")
    assert wide.compile("macs")(d=2, m=3) == 3 * 24
