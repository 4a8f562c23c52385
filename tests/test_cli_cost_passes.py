"""`symderive cost` beyond inference: training steps, backward passes, memory, figures, problem files."""

import json
import subprocess
import sys

import pytest

from symderive.cli import main
from symderive.cli._plots import read_range
from symderive.cost.output import plotting
from symderive.derive.costs import cost
from symderive.layers import Conv2d, Dense
from symderive.networks import architecture, network
from symderive.networks.operations import Opaque
from symderive.solutions.document import Steps, Verdict
from symderive.solutions.formats.txt import format_for
from symderive.solutions.parts.memory_blocks import memory_blocks
from symderive.solutions.parts.network_cost_blocks import network_cost_blocks
from tests.test_cli_questions import complained, printed

GPT2 = ["cost", "gpt2", "B=8", "T=1024"]


@pytest.fixture(scope="module")
def gpt2():
    return cost(network("gpt2"), B=8, T=1024)


def said(number):
    return f"{int(number):,}"


def test_a_training_step_is_that_of_the_api(gpt2, capsys):
    step = gpt2.train_step("adam", "full")
    out = printed(capsys, *GPT2, "--train", "adam", "--recompute", "full", "--levels", "1")
    for part in ("forward", "again", "backward", "update"):
        (row,) = [one for one in out.splitlines() if one.startswith(f"  {part} ")]
        assert said(step[part].macs) in row
    assert f"= {said(step.macs)}" in out
    assert f"optimizer state = {said(2 * 124_439_808)}" in out
    assert f"optimizer state bytes = {said(8 * 124_439_808)}    ≈ 949 MiB" in out
    assert "what is computed again is counted again" in out
    half = printed(capsys, *GPT2, "--train", "sgd", "--dtype", "bfloat16", "--levels", "1")
    assert "gradient bytes        = 248,879,616    ≈ 237 MiB" in half
    assert "optimizer state bytes = 0" in half


def test_questions_are_about_the_pass_that_is_asked_for(capsys):
    out = printed(capsys, "cost", "gpt2", "--train", "adam", "--leading", "T", "--levels", "1")
    assert "MACs ~ 55,296 · B · T² (T → ∞)" in out
    out = printed(capsys, "cost", "gpt2", "--backward", "--asymptotics", "T", "--levels", "1")
    assert "MACs = 36,864 · B · T² + 247,064,064 · B · T (T → ∞)" in out
    step = json.loads(
        printed(capsys, "cost", "dense", "--train", "adam", "--dtype", "float16", "--json", "-")
    )
    assert step["quantities"]["optimizer_state"]["text"] == "2 · d_in · d_out + 2 · d_out"
    assert step["memory"]["dtype"] == "float16"
    assert printed(capsys, "cost", "dense", "--backward", "--csv", "-").startswith("part,macs,flops")


def test_the_backward_pass_and_a_training_step_of_a_layer(capsys):
    out = printed(capsys, "cost", "dense", "--backward")
    assert "∂weight[i, j] = x[j] · ∂y[i]" in out
    assert "MACs = 2 · d_in · d_out    ∂weight + ∂x" in out
    out = printed(capsys, "cost", "dense", "--train", "momentum")
    assert "y[j] = Σ_{i} weight[j, i] · x[i] + bias[j]" in out
    assert "MACs            = 3 · d_in · d_out" in out
    assert "optimizer state = d_in · d_out + d_out" in out


def test_memory_in_numbers_is_that_of_the_api(gpt2, capsys):
    out = printed(capsys, *GPT2, "--memory", "--dtype", "bfloat16", "--levels", "1")
    found = gpt2.memory("bfloat16")
    assert "Memory, numbers of type bfloat16" in out
    assert f"= {said(gpt2.bytes_read('bfloat16'))}" in out
    assert f"= {said(gpt2.saved_bytes('bfloat16'))}    ≈ 4.52 GiB" in out
    assert f"≈ {float(gpt2.intensity('bfloat16')):.4g}" in out
    (peak,) = found.amounts["peak_bytes_in_training"].formulas
    assert f"peak bytes in training       = {said(peak.expr)}" in out
    rows = {one.split()[0]: one.split()[1:] for one in out.splitlines() if one.startswith("  blocks  ")}
    blocks = [parts for path, parts in found.parts.items() if path.startswith("blocks.")]
    kept = sum(one["saved_bytes"].expr.xreplace(gpt2.numbers) for one in blocks if "saved_bytes" in one)
    assert rows["blocks"][-1] == said(kept)


def test_memory_in_symbols_has_its_peaks_with_their_conditions(capsys):
    out = printed(capsys, "cost", "gpt", "--memory", "--levels", "1")
    assert "peak activation bytes = largest of 8 · B · T + 4 · T · d + 8 · T," in out
    assert "peak activation bytes, peak bytes in training: if L ≥ 2." in out
    assert "intensity (FLOPs/byte)       = FLOPs / (bytes read + bytes written)" in out
    known = printed(capsys, "cost", "gpt", "L=3", "--memory", "--levels", "1")
    assert "if L ≥ 2" not in known


def test_what_memory_refuses_is_said(capsys):
    out = printed(capsys, "cost", "dense", "--train", "adam", "--recompute", "y", "--memory")
    assert "note: bytes read, bytes written, intensity: memory of a training step: its passes" in out
    assert "what is computed again is not in it" in out
    assert "saved bytes                  = 4 · d_in" in out


def test_memory_with_something_that_is_not_counted_is_a_lower_bound():
    def declared(x):
        x = x.dense(4)
        return x.apply(Opaque(x.shape, "sort", (x.shape,)), "sort").dense(2)

    counted = cost(architecture("sorted", declared, "B", 3))
    assert counted.unknown
    blocks = list(memory_blocks(counted, "float32"))
    rows = [row for one in blocks if isinstance(one, Steps) for row in one.rows if row.left.plain]
    signs = {row.left.plain: row.relation.plain for row in rows}
    assert (signs.pop("parameter bytes"), set(signs.values())) == ("=", {"≥"})
    notes = [str(one.text) for one in blocks if isinstance(one, Verdict)]
    assert any(note.startswith("('saved for backward, saved bytes: what is kept") for note in notes)


def test_no_line_of_a_long_sum_ends_inside_a_bracket():
    step = cost(network("resnet18")).train_step("adam")
    blocks = [*network_cost_blocks(step, 1), *memory_blocks(step, "float32")]
    lines = [line for one in blocks if isinstance(one, Steps) for row in one.rows for line in row.right.lines]
    assert any(r"\left(" in line for line in lines)
    for line in lines:
        assert line.count(r"\left") == line.count(r"\right")
        assert line.count("{") == line.count("}")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("model", ["resnet18", "gpt"])
def test_no_line_of_a_sheet_ends_inside_a_product(model, width, capsys, monkeypatch):
    from symderive.cli import _sheet

    monkeypatch.setattr(_sheet, "terminal_format", lambda name: format_for(width))
    out = printed(capsys, "cost", model, "--memory", "--train", "adam")
    lines = out.splitlines()
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if line.rstrip().endswith("·") or line.lstrip().startswith("· W")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gpt2", "--train", "adma"], "unknown optimizer 'adma'; did you mean \"adam\"?"),
        (["gpt2", "--train", "adam", "--recompute", "xyz"], "'xyz' is no block, layer or equation of gpt2"),
        (["gpt2", "--recompute", "full"], "recompute is about train; give train too"),
        (["gpt2", "--train", "sgd", "--backward"], "a training step has its backward pass in it"),
        (["gpt2", "--dtype", "float16"], "dtype is about memory, train and solve"),
        (["gpt2", "--memory", "--dtype", "half"], "unknown type 'half'. The types are float64"),
        (["gpt2", "--dtype", "half", "--json", "-"], "unknown type 'half'. The types are float64"),
        (["gpt2", "--terms", "3"], '"terms" is about "asymptotics"'),
        (["gpt2", "--asymptotics", "T", "--terms", "0"], '"terms" must be a whole number between 1 and 12'),
        (["gpt2", "--quantity", "bytes_read"], "bytes_read has a type of numbers"),
        (["conv2d", "--leading", "C_inn"], "no size is called 'C_inn'; did you mean \"C_in\"?"),
        (["conv2d", "k=-3"], '"k" must be a number of at least 0 or a name, a list with one for each axis'),
        (["conv", "--train", "sgd"], "--train is for layers and networks"),
        (["gpt2", "--plot", "x.gif", "--against", "T=1..2"], 'no figure has the suffix ".gif"; write to'),
        (["gpt2", "--plot", "x.svg"], "--plot: against which size?"),
        (["gpt2", "--against", "T=1..2"], "--against is about a figure"),
        (["gpt2", "--stacked"], "--stacked is about a figure"),
        (["gpt2", "--plot", "x.svg", "--against", "T"], '--against is "T"; write a size and its range'),
        (["gpt2", "--plot", "x.svg", "--against", "T=5..2"], "goes from 1 or more up, to"),
        (["gpt2", "--plot", "x.svg", "--against", "T=0..2"], "goes from 1 or more up, to"),
        (["gpt2", "--plot", "x.svg", "--against", "T=1..9..0"], "gives no sizes"),
        (["gpt2", "--plot", "x.svg", "--against", "T=1..999999999..1"], "gives too many sizes"),
        (["gpt2", "--plot", "x.svg", "--against", "T=1..2"], "computing macs: B has no value; give B=…"),
        (["gpt2", "B=1", "--plot", "x.svg", "--against", "S=1..2"], "no size is called 'S'"),
        (["conv2d", "c_in=3", "c_out=4", "k=5", "w=9", "--plot", "x.svg", "--against", "H=1..9"],
         "H ≥ k is needed, but H = 1, k = 5."),
        (["gpt2", "B=1", "--plot", "x.svg", "--against", "T=1..2", "--quantity", "macs,params"], "one q"),
        (["gpt2", "--plot", "x.svg", "--against", "T=1..2", "--solve", "macs <= 3"], "--solve is about the"),
    ],
)  # fmt: skip
def test_mistakes_are_said_in_one_sentence(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in complained(capsys, "cost", *words)
    assert not list(tmp_path.iterdir())


def test_a_range_has_both_ends():
    assert read_range("T=7..7") == ("T", [7])
    for last in (256, 257, 258, 99_999):
        name, sizes = read_range(f"T=1..{last}")
        assert (name, sizes[0], sizes[-1]) == ("T", 1, last)
        assert len(set(sizes)) == len(sizes) <= 257


def test_without_matplotlib_the_command_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    words = ("dense", "d_in=4", "--plot", "x.svg", "--against", "d_out=1..9")
    assert 'pip install "symderive[plot]"' in complained(capsys, "cost", *words)


class Drawn:
    """A figure that writes what it was asked for."""

    def savefig(self, target, format):
        target.write(format.encode())


def test_a_figure_is_written(capsys, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(plotting, "plot", lambda *given: asked.append(given) or Drawn())
    target = tmp_path / "cost.PNG"
    out = printed(
        capsys, "cost", "dense", "d_in=4", "--plot", str(target), "--against", "d_out=1..3", "--stacked",
        "--quantity", "saved_bytes", "--dtype", "float16",
    )  # fmt: skip
    assert out == f"wrote {target}\n"
    assert target.read_bytes() == b"png"
    assert asked[0][1:] == ("d_out", [1, 2, 3], "saved_bytes", True, "float16")


PROBLEM = """title = "Costs"

[[question]]
kind = "network_cost"
network = "gpt2"
levels = 1
train = "adam"
recompute = ["blocks"]
dtype = "bfloat16"
asymptotics = "T"
terms = 1

[[question]]
kind = "layer_cost"
layer = "conv2d"
sizes = { k = 3, h = 8, w = 8 }
memory = true

[[question]]
kind = "layer_cost"
layer = "dense"
backward = true
"""


def test_they_are_keys_of_problem_files(capsys, tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text(PROBLEM, encoding="utf-8")
    out = printed(capsys, "solve", str(path), "-o", "-")
    again = cost(network("gpt2")).train_step("adam", "blocks").formula("macs").write()
    assert f"= {again}" in out
    assert "optimizer state bytes = 497,759,232    ≈ 475 MiB" in out
    assert "MACs ~ " in out
    assert f"= {cost(Conv2d(), k=3, H=8, W=8).memory().amounts['saved_bytes'].formulas[0].write()}" in out
    assert f"MACs = {cost(Dense('d_in', 'd_out')).backward_pass().formula('macs').write()}" in out
    target = tmp_path / "costs.tex"
    printed(capsys, "solve", str(path), "-o", str(target))
    assert r"\text{saved bytes}" in target.read_text(encoding="utf-8")
    path.write_text(PROBLEM.replace('"adam"', '"adma"'), encoding="utf-8")
    assert main(["solve", str(path)]) == 2
    assert (
        "costs.toml, line 7: question 1: training step: unknown optimizer 'adma'" in capsys.readouterr().err
    )


def test_help_does_not_load_sympy():
    code = (
        "import sys; from symderive.cli import main; main(['cost', '--help']); print('sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")
    assert "--train OPTIMIZER" in done.stdout


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("upsample", "; there are upsample1d, upsample2d, upsample3d."),
        ("lstm2", '; did you mean "lstm"?'),
        ("zzz", "; symderive cost --help lists the layers and networks."),
    ],
)
def test_a_subject_that_is_not_there_says_which_are_near(subject, said, capsys):
    assert complained(capsys, "cost", subject).rstrip().endswith(f'unknown subject "{subject}"{said}')


def test_valid_products_are_in_json_and_csv(capsys):
    out = json.loads(
        printed(capsys, "cost", "conv1d", "c_in=2", "c_out=3", "k=3", "l=9", "s=2", "p=1", "--json", "-")
    )
    inside = sum(0 <= 2 * i + u - 1 < 9 for i in range(5) for u in range(3))
    assert out["quantities"]["valid_macs"]["value"] == out["valid_macs"] == 6 * inside
    assert out["parts"][0]["quantities"]["valid_macs"]["value"] == 6 * inside
