"""Mistakes in a problem file: one sentence with the line, exit code 2, no file written or changed."""

import shutil
from pathlib import Path

import pytest

from symderive.cli import main
from tests.solutions.latex import needs_pdflatex, text_of

HEAD = 'title = "Sheet"\n'
NETWORK = """[[question]]
kind = "network"
inputs = 2
layers = [{ units = 1, bias = false }]
loss = "difference"
seed = 0
draw = ["W1"]
[question.data]
x = [1, 1]
y = [1]
"""
CONVOLUTION = """[[question]]
kind = "convolution_cost"
input = [12, 12, 3]
output = [8, 8, 256]
stride = 1
padding = 0
"""
LIKELIHOOD = """[[question]]
kind = "likelihood"
distribution = "poisson"
link = "identity"
[question.data]
X = [[1, 0.5], [1, 1.5]]
y = [1, 3]
coefficients = [0.4, 0.9]
"""
REPORTED = """[[question.reported]]
title = "by hand"
W1 = [[0.1], [0.2]]
"""


def changed(source, old, new):
    assert old in source
    return HEAD + source.replace(old, new)


CASES = {
    "unknown key": (
        changed(CONVOLUTION, "stride", "strid"),
        6,
        'unknown key "strid"; did you mean "stride"?',
    ),
    "unknown kind": (
        changed(NETWORK, '"network"', '"netwrk"'),
        3,
        'unknown kind "netwrk"; did you mean "network"?',
    ),
    "unknown header": ('titel = "x"\n' + NETWORK, 1, 'unknown key "titel"; did you mean "title"?'),
    "missing data": (
        changed(NETWORK, "x = [1, 1]\n", ""),
        9,
        "x (2) is missing; give its values or draw it.",
    ),
    "no data": (changed(NETWORK, NETWORK[NETWORK.index("seed") :], REPORTED), 7, "need data to compare with"),
    "missing key": (
        changed(NETWORK, 'loss = "difference"\n', ""),
        2,
        'the key "loss" (the loss) is missing.',
    ),
    "wrong shape": (changed(NETWORK, "[1, 1]", "[1, 1, 1]"), 10, "x has shape (3,), but 2 is needed."),
    "ragged": (
        changed(LIKELIHOOD, "[1, 1.5]", "[1]"),
        7,
        '"X" is ragged: row 2 has 1 entry, but row 1 has 2 entries.',
    ),
    "nan": (changed(NETWORK, "[1, 1]", "[1, nan]"), 10, '"x", entry 2 must be a finite number, not nan.'),
    "infinite": (
        changed(LIKELIHOOD, "0.9", "inf"),
        9,
        '"coefficients", entry 2 must be a finite number, not inf.',
    ),
    "text for numbers": (
        changed(NETWORK, "y = [1]", 'y = ["a"]'),
        11,
        "must be a finite number, not the string",
    ),
    "negative rate": (
        changed(LIKELIHOOD, "0.4", "-4"),
        9,
        "the rate of observation 0 is -3.55, not positive",
    ),
    "negative count": (changed(LIKELIHOOD, "y = [1, 3]", "y = [1, -3]"), 8, "y[1] = -3 is not a count"),
    "observations missing": (
        changed(LIKELIHOOD, "y = [1, 3]", "y = [1]"),
        8,
        "y has 1 entry, but X has 2 rows",
    ),
    "too few coefficients": (
        changed(LIKELIHOOD, ", 0.9]", "]"),
        9,
        "there is 1 coefficient, but X has 2 columns",
    ),
    "unknown distribution": (changed(LIKELIHOOD, '"poisson"', '"poison"'), 4, 'did you mean "poisson"?'),
    "unknown link": (changed(LIKELIHOOD, '"identity"', '"identiy"'), 5, 'did you mean "identity"?'),
    "seed without draw": (
        changed(NETWORK, 'draw = ["W1"]\n', ""),
        7,
        "a seed is given, but nothing is drawn",
    ),
    "draw without seed": (changed(NETWORK, "seed = 0\n", ""), 7, "drawing arrays needs a seed"),
    "drawn and given": (changed(NETWORK, '["W1"]', '["x", "W1"]'), 8, "x has values already"),
    "draw of nothing": (changed(NETWORK, '["W1"]', '["W7"]'), 8, '"W7" is not an array of this network'),
    "data of nothing": (
        changed(NETWORK, "y = [1]", "y = [1]\nz = [1]"),
        12,
        '"z" is not an array of this network',
    ),
    "unknown loss": (changed(NETWORK, '"difference"', '"diference"'), 6, 'did you mean "difference"?'),
    "unknown activation": (
        changed(NETWORK, "bias = false", 'activation = "sigmod"'),
        5,
        'did you mean "sigmoid"?',
    ),
    "no layers": (changed(NETWORK, "[{ units = 1, bias = false }]", "[]"), 5, "the network has no layers"),
    "zero units": (changed(NETWORK, "units = 1", "units = 0"), 5, "must be a whole number of at least 1"),
    "a name that is taken": (changed(NETWORK, "units = 1", 'units = "W1"'), 5, "is taken by an array"),
    "no name": (changed(NETWORK, "units = 1", r"units = '\input{x}'"), 5, "is not a name"),
    "kernel impossible": (changed(CONVOLUTION, "[8, 8, 256]", "[20, 20, 256]"), 5, "no kernel fits"),
    "huge size": (changed(CONVOLUTION, "[12, 12, 3]", "[1000000000000, 12, 3]"), 4, "is too large"),
    "huge inference": (changed(CONVOLUTION, "[12, 12, 3]", "[900000000, 12, 3]"), 4, "up to 100,000"),
    "huge network": (changed(NETWORK, "units = 1", "units = 1000000000"), 5, "10,000 are the most"),
    "two sizes": (changed(CONVOLUTION, "[12, 12, 3]", "[12, 12]"), 4, "input has 2 sizes"),
    "many layers": (
        changed(NETWORK, "[{ units = 1, bias = false }]", "[" + "{units=1}," * 90_000 + "]"),
        5,
        "64 are the most",
    ),
    "many questions": (HEAD + LIKELIHOOD * 200, 802, "100 are the most in one file"),
    "deep nesting": (changed(NETWORK, "[1, 1]", "[" * 500 + "]" * 500), 10, "deep inside each other"),
    "reported for nothing": (
        HEAD + NETWORK + REPORTED.replace("W1 =", "W2 ="),
        14,
        'unknown key "W2"; its parameters are W1.',
    ),
    "reported in another shape": (
        HEAD + NETWORK + REPORTED.replace("[0.2]", "[0.2], [0.3]"),
        12,
        "has shape (3, 1)",
    ),
    "nothing reported": (
        HEAD + NETWORK + REPORTED.replace("W1 = [[0.1], [0.2]]\n", ""),
        12,
        "no reported numbers",
    ),
    "no method": (changed(NETWORK, "seed = 0", 'seed = 0\nmethod = "centrl"'), 8, 'did you mean "central"?'),
    "no TOML": (HEAD + "[[question]\n", 2, "not valid TOML"),
    "no question": (HEAD, None, "there is no question"),
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.toml"


def complaint(file, capsys, *options):
    """What solving says, with the promise that nothing was written."""
    target = file.parent / "out" / "a.tex"
    target.parent.mkdir(exist_ok=True)
    target.write_text("old")
    assert main(["solve", str(file), "-o", str(target), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["a.tex"]
    assert main(["solve", str(file), "--format", "tex", *options]) == 2
    capsys.readouterr()
    assert not file.with_suffix(".tex").exists()
    return err.removeprefix("symderive: ").rstrip("\n")


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_one_sentence_with_its_line(case, file, capsys):
    source, line, expected = CASES[case]
    file.write_text(source)
    message = complaint(file, capsys)
    place = f"{file}: " if line is None else f"{file}, line {line}: "
    assert message.startswith(place), message
    assert expected in message
    assert message.endswith((".", "?"))


def test_a_file_that_does_not_exist(file, capsys):
    assert complaint(file, capsys) == f"{file}: there is no such file."
    file.mkdir()
    assert complaint(file, capsys) == f"{file}: this is a directory; name a problem file."


def test_text_that_is_not_utf8(file, capsys):
    file.write_bytes((HEAD + NETWORK).encode() + b"# caf\xe9\n")
    assert complaint(file, capsys) == f"{file}, line 12: this is not UTF-8 text; save the file as UTF-8."


def test_a_mistake_that_would_act_on_a_terminal(file, capsys):
    file.write_text('"\\u001b[2J" = 1\n' + NETWORK)
    message = complaint(file, capsys)
    assert "\x1b" not in message
    assert "[U+001B]" in message


def test_a_folder_that_does_not_exist(file, capsys):
    file.write_text(HEAD + CONVOLUTION)
    assert main(["solve", str(file), "-o", str(file.parent / "no" / "a.tex")]) == 2
    assert "there is no directory" in capsys.readouterr().err
    assert [path.name for path in file.parent.iterdir()] == ["a.toml"]


INJECTIONS = (
    r"\input{/etc/passwd}",
    r"\write18{touch x}",
    r"$\immediate\openout5=x$",
    "\\end{document}%",
    "{%x%}{{7*7}}\\VAR{x}",
)


@needs_pdflatex
def test_a_title_cannot_act_as_latex(file, tmp_path):
    title = " ".join(INJECTIONS)
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    file.write_text(
        f'title = "{quoted}"\nauthor = "{quoted}"\n'
        + CONVOLUTION
        + f'title = "{quoted}"\ntext = "{quoted}"\n'
    )
    assert main(["solve", str(file)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.toml"]
    if shutil.which("pdftotext"):
        shown = " ".join(text_of(file.with_suffix(".pdf").read_bytes(), tmp_path).split())
        assert r"\input{/etc/passwd}" in shown
        assert "root:" not in shown
        assert shown.count("{{7*7}}") == 4


@pytest.mark.parametrize("format", ["md", "txt", "tex"])
def test_a_title_is_shown_as_it_is(format, file):
    file.write_text("title = '" + INJECTIONS[0] + "'\n" + CONVOLUTION)
    assert main(["solve", str(file), "--format", format]) == 0
    sheet = Path(file.with_suffix(f".{format}")).read_text(encoding="utf-8")
    assert (INJECTIONS[0] in sheet) == (format == "txt")
