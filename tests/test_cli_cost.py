"""`symderive cost` beyond the sheet: questions to a formula, JSON and CSV, and the same in problem files."""

import csv
import io
import json

import pytest

from symderive.cli import main
from symderive.solutions.parts.cost_subjects import cost_of
from tests.test_cli_questions import complained, printed

RESNET = ["cost", "resnet18", "B=1", "H=224", "W=224"]
PARTS = "blocks.attention, blocks.dense1+blocks.dense2"


def test_a_budget_is_solved_for_a_size(capsys):
    out = printed(capsys, *RESNET, "--solve", "macs <= 1e12", "--for", "B")
    assert "The largest B with MACs ≤ 1,000,000,000,000:" in out
    assert "│ B = 551 │" in out
    assert "There MACs = 999,554,412,544; at B = 552 MACs = 1,001,368,485,888." in out
    out = printed(capsys, "cost", "dense", "d_in=784", "--solve", "params < 1M", "--for", "d_out")
    assert "│ d_out = 1,273 │" in out
    assert "There parameters = 999,305; at d_out = 1,274 parameters = 1,000,090." in out
    assert "│ no B │" in printed(capsys, "cost", "gpt2", "--solve", "macs <= 3", "--for", "B")


def test_growth_elasticity_and_crossing(capsys):
    out = printed(
        capsys, "cost", "gpt", "--leading", "T", "--elasticity", "T", "--crossover", PARTS, "--for", "T"
    )
    assert "MACs ~ 2 · B · T² · d · L (T → ∞)" in out
    assert "When T grows by one per cent, MACs grow by so many per cent:" in out
    assert "(4 · T · L + 12 · d · L + V)/(2 · T · L + 12 · d · L + V)" in out
    assert "blocks.attention > blocks.dense1+blocks.dense2 for all T ≥ 2 · d + 1" in out
    assert "It needs h divides d." in out
    out = printed(capsys, "cost", "resnet18", "B=1", "--leading", "H,W", "--quantity", "flops")
    assert "FLOPs ~ 72,288 · H · W (H, W → ∞ at one rate)" in out


def test_quantities_are_chosen(capsys):
    out = printed(capsys, "cost", "gpt2", "B=1", "T=8", "--levels", "1", "--quantity", "flops,tanh")
    assert "block        output              FLOPs     tanh" in out
    assert "tanh  = 36,864 · B · T" in out
    assert "parameters" not in out
    assert "share" not in out
    out = printed(capsys, "cost", "lstm", "--quantity", "tanh")
    assert "tanh = 2 · T · d_h" in out
    assert "MACs =" not in out


def test_json_and_csv_on_stdout_and_in_files(capsys, tmp_path):
    said = json.loads(printed(capsys, *RESNET, "--json", "-"))
    assert said["quantities"]["macs"]["value"] == 1_814_073_344
    rows = list(csv.DictReader(io.StringIO(printed(capsys, *RESNET, "--csv", "-"))))
    assert rows[-1]["macs"] == "1814073344"
    targets = [tmp_path / "cost.json", tmp_path / "cost.csv"]
    out = printed(capsys, "cost", "conv2d", "k=5", "--json", str(targets[0]), "--csv", str(targets[1]))
    assert out.splitlines() == [f"wrote {target}" for target in targets]
    assert json.loads(targets[0].read_text(encoding="utf-8"))["values"] == {"k": 5}
    assert targets[1].read_text(encoding="utf-8").startswith("part,macs,flops")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gpt2", "--solve", "macs <= 1e9"], "solve: for which size? Name it as the value of for"),
        (["gpt2", "--for", "B"], '"for" is the size of "solve" and "crossover"'),
        (["gpt2", "--solve", "mac <= 3", "--for", "B"], "'mac' is neither a quantity nor a size"),
        (["gpt2", "--solve", "macs", "--for", "B"], "it needs one <= or <"),
        (["gpt2", "--solve", "__import__('os') <= 1", "--for", "B"], "only names, numbers"),
        (["gpt2", "--quantity", "mac"], "no quantity 'mac'; did you mean \"macs\"?"),
        (["dense", "--quantity", "mac"], "no quantity 'mac'; did you mean \"macs\"?"),
        (["gpt2", "--quantity", ","], 'cost: --quantity is ","; write names with commas'),
        (["gpt2", "--leading", "Q"], "no size is called 'Q'"),
        (["resnet18", "--elasticity", "H"], "H stands inside a floor"),
        (["gpt2", "--crossover", "blocks.attention", "--for", "T"], "two parts of a network are compared"),
        (["dense", "--crossover", "a,b", "--for", "d"], "two parts of a network are compared"),
        (["gpt2", "--crossover", "blocks.attention,nope", "--for", "T"], "it has no part 'nope'"),
        (["conv", "--solve", "macs <= 3", "--for", "k"], "--solve is for layers and networks"),
        (["conv", "--json", "-"], "--json is for layers and networks"),
        (["gpt2", "--json", "-", "--csv", "-"], "--json and --csv both go to -; name two files"),
        (["gpt2", "--json", "-", "--solve", "macs <= 3"], "--solve is about the sheet"),
        (["gpt2", "--json", "-", "-o", "x.pdf"], "--out is about the sheet"),
        (["gpt2", "--json", "no/such/folder.json"], "there is no directory"),
        (["gpt2", "heads=5", "--json", "-"], "5 heads do not divide 768"),
    ],
)
def test_mistakes_are_said_in_one_sentence(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in complained(capsys, "cost", *words)


PROBLEM = """title = "Costs"

[[question]]
kind = "network_cost"
network = "gpt2"
levels = 1
quantity = ["macs", "params"]
sizes = { B = 1 }
solve = "macs <= 1e12"
crossover = ["blocks.attention", "blocks.dense1+blocks.dense2"]
for = "T"
leading = "T"

[[question]]
kind = "layer_cost"
layer = "multiheadattention"
elasticity = "L"
{more}
"""


def test_the_questions_are_keys_of_problem_files(capsys, tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text(PROBLEM.replace("{more}", ""), encoding="utf-8")
    out = printed(capsys, "solve", str(path), "-o", "-")
    assert "│ T = 4,741 │" in out
    assert "for all T ≥ 1,537" in out
    assert "MACs ~ 18,432 · T² (T → ∞)" in out
    assert "2 · (L + d) / (L + 2 · d)" in out
    target = tmp_path / "costs.tex"
    printed(capsys, "solve", str(path), "-o", str(target))
    written = target.read_text(encoding="utf-8")
    assert r"\text{blocks.attention} > \text{blocks.dense1+blocks.dense2}" in written
    assert r"\text{MACs} \sim 18{,}432 \cdot T^{2} \quad (T \to \infty)" in written


def test_a_mistake_in_a_problem_file_has_its_line(capsys, tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text(PROBLEM.replace("{more}", 'solve = "macs <= B"\nfor = "L"'), encoding="utf-8")
    assert main(["solve", str(path)]) == 2
    assert "costs.toml, line 18: question 2: reading a budget" in capsys.readouterr().err


def test_the_subject_of_another_kind_is_refused():
    from symderive.errors import SymderiveError

    with pytest.raises(SymderiveError, match="is no kind of question about one layer or network"):
        cost_of("likelihood", {})
