"""`symderive cost NETWORK`: the table in numbers and in symbols, and mistakes in one sentence."""

import pytest

from symderive.cli._layers import family_names
from symderive.cli.cost import details
from symderive.cost import cost
from symderive.networks import families, network
from tests.test_cli_questions import complained, printed


def test_a_network_in_numbers(capsys):
    out = printed(capsys, "cost", "resnet18", "H=224", "W=224", "B=1")
    assert "The input of resnet18 is 1×3×224×224, its output 1×1,000." in out
    assert "stage2   1×128×28×28      525,568  411,041,792  22.7 %" in out
    assert "= 1,814,073,344" in out
    assert "= 3,628,146,688" in out
    assert "H₅ = ⌊(H − 1)/32⌋ + 1 = 7, W₁ to W₅ likewise: 112, 56, 28, 14, 7." in out
    assert "Valid MACs: 1,680,390,912, without the 133,682,432 against zero padding." in out


def test_a_network_in_symbols(capsys):
    out = printed(capsys, "cost", "GPT2")
    assert "parameters = 124,439,808" in out
    assert "MACs       = 18,432 · B · T² + 123,532,032 · B · T" in out
    assert "FLOPs      = 36,864 · B · T² + 247,064,064 · B · T" in out
    assert "The lines below a block that comes several times are for one repetition." in out
    out = printed(capsys, "cost", "gpt2", "--levels", "1")
    assert "attention" not in out
    assert "one repetition" not in out


def test_symbols_of_the_network_take_numbers_and_options_take_names(capsys):
    out = printed(capsys, "cost", "gpt", "d=768", "L=12", "h=12", "V=50257")
    assert "= 18,432 · B · T² + 123,532,032 · B · T" in out
    out = printed(capsys, "cost", "densenet121", "growth=k", "b=1", "h=S", "w=S")
    assert "dense1 × 6, i = 1 … 6" in out
    assert "It needs S ≥ 29, 4 divides k." in out
    out = printed(capsys, "cost", "resnet50", "blocks=3,L,6,3", "classes=10")
    assert "rest × (L − 1)" in out


def test_the_printed_record_is_that_of_the_command():
    said = str(cost(network("alexnet"), B=2))
    assert said.splitlines()[0] == "alexnet"
    assert "\nneeds       H ≥ 63, W ≥ 63\n" in said
    assert "\nMACs        = 23,232 · B · H₁ · W₁ + 307,200 · B · H₂ · W₂ + " in said
    assert "\n            = 46,464 · H₁ · W₁ + 614,400 · H₂ · W₂ + " in said


def test_a_document_of_a_network(tmp_path, capsys):
    target = tmp_path / "vit.tex"
    printed(capsys, "cost", "vit_b_16", "B=1", "-o", str(target))
    written = target.read_text(encoding="utf-8")
    assert r"1 \times \left(H_{1} W_{1} + 1\right) \times 768" in written
    assert r"H_{1} = \left\lfloor \frac{H}{16} \right\rfloor" in written


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resnet19"], 'unknown subject "resnet19"; did you mean "resnet18"?'),
        (["resnet18", "H=0"], "H = 0: sizes are positive whole numbers"),
        (["resnet18", "T=5"], "resnet18: there is no T"),
        (["resnet18", "H=224", "h=224"], "H is given twice"),
        (["resnet18", "--kernel", "3"], 'unexpected argument "--kernel"'),
        (["resnet18", "224"], 'unexpected argument "224"'),
        (["resnet18", "bottleneck=3"], "resnet18: bottleneck is 3; give true or false"),
        (["resnet18", "classes=true"], "resnet18: classes is True; give a number or a name"),
        (["resnet18", "groups=g"], "resnet18: groups is 'g'; give a whole number"),
        (["resnet18", "blocks=4"], "resnet18: blocks is 4; give several numbers or names"),
        (["resnet18", "B=1,2"], "B is [1, 2]; give one number or name"),
        (["alexnet", "H=62", "W=224"], "H ≥ 63 is needed, but H = 62"),
        (["vgg16", "depth=15"], "vgg: there is none of depth 15; give one of 11, 13, 16, 19"),
        (["mobilenet_v1", "width=wide"], "width: 'wide' is no multiplier"),
        (["mobilenet_v3_large", "rows=3"], "rows belongs to the member"),
        (["regnet_y_400mf", "depth=100000000"], "give a number from 0 to 1,000,000"),
        (["gpt2", "heads=5"], "5 heads do not divide 768"),
        (["gpt", "d=10", "h=3"], "h divides d is needed, but d = 10, h = 3"),
        (["gpt", "d=e"], "gpt: d is 'e'; give a positive whole number"),
        (["gpt2", "--levels", "0"], '"levels" must be a whole number between 1 and 20'),
        (["conv2d", "--levels", "2"], "--levels is about the table of a network"),
        (["conv", "--levels", "2"], "--levels is about the table of a network"),
    ],
)
def test_mistakes_are_said_in_one_sentence(words, said, capsys):
    assert said in complained(capsys, "cost", *words)


def test_the_help_lists_every_family():
    assert family_names() == list(families())
    assert all(name in details() for name in families())
