"""The solve command: how it calls the solver, and what it makes of the answer."""

import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from symderive.cli import main

ROOT = Path(__file__).parent.parent


TEXT = """title = "Sheet"
[[question]]
kind = "convolution_cost"
input = [12, 12, 3]
output = [8, 8, 256]
stride = 1
padding = 0
"""
WRONG = """
[[question]]
kind = "network"
inputs = 1
layers = [{ units = 1, activation = "identity", bias = false }]
loss = "squared_error"
[question.data]
x = [2]
y = [1]
W1 = [[3]]
[[question.reported]]
title = "by hand"
W1 = [[21.0]]
"""
UNDECIDED = TEXT.replace("stride = 1\npadding = 0\n", "")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sheets" / "a.toml"
    path.parent.mkdir()
    path.write_text(TEXT)
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_document_lies_beside_the_problem_file(file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["solve", "sheets/a.toml", "--format", "md"]) == 0
    assert capsys.readouterr() == (f"wrote {Path('sheets/a.md')}\n", "")
    assert names(tmp_path) == ["sheets"]
    assert names(file.parent) == ["a.md", "a.toml"]


@pytest.mark.parametrize(
    ("arguments", "written", "first"),
    [
        (["-o", "b.tex"], "b.tex", "\\documentclass"),
        (["-o", "b.TXT"], "b.TXT", "Sheet"),
        (["-o", "b.text", "--format", "md"], "b.text", "# Sheet"),
        (["-o", "b", "--format", "txt"], "b", "Sheet"),
    ],
)
def test_the_format_follows_the_request_then_the_name(arguments, written, first, file, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert main(["solve", "a.toml", *arguments]) == 0
    assert first in (file.parent / written).read_text(encoding="utf-8").splitlines()[0]
    assert names(file.parent) == sorted(["a.toml", written])


def test_without_pdflatex_the_source_is_written_and_said(file, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(file.parent))
    assert main(["solve", str(file)]) == 0
    out, err = capsys.readouterr()
    told, wrote = out.splitlines()
    assert told.startswith(
        "A PDF needs pdflatex, which is not installed: install TeX: on Debian or Ubuntu `apt install"
    )
    assert wrote == f"wrote {file.with_suffix('.tex')}"
    assert (err, names(file.parent)) == ("", ["a.tex", "a.toml"])
    assert main(["solve", str(file), "--format", "pdf"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "strict", "told"),
    [
        (TEXT, 0, ""),
        (TEXT + WRONG, 1, "Question 2: wrong: 0 of 1 entry is right"),
        (UNDECIDED, 3, "Question 1: undecided: "),
    ],
)
def test_verdicts_are_printed_and_are_the_exit_code_only_on_request(source, strict, told, file, capsys):
    file.write_text(source)
    assert main(["solve", str(file), "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith(told or "wrote")
    assert main(["solve", str(file), "--format", "md", "--strict"]) == strict
    assert capsys.readouterr().out.splitlines()[-1] == f"wrote {file.with_suffix('.md')}"


def test_a_dash_prints_the_document(file, capsys):
    file.write_text(TEXT + WRONG)
    assert main(["solve", str(file), "-o", "-"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Sheet\n─────\n")
    assert err.startswith("Question 2: wrong: ")
    assert main(["solve", str(file), "-o", "-", "--format", "tex", "--strict"]) == 1
    assert capsys.readouterr().out.startswith("\\documentclass")
    assert main(["solve", str(file), "-o", "-", "--format", "pdf"]) == 2
    assert capsys.readouterr().err == "symderive: pdf cannot be printed on stdout; name a file after -o.\n"
    assert names(file.parent) == ["a.toml"]


def test_a_missing_problem_file_is_one_sentence(tmp_path, capsys):
    assert main(["solve", str(tmp_path / "absent.toml"), "-o", str(tmp_path / "a.tex")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("symderive: ")
    assert "absent.toml" in err
    assert err.count("\n") == 1


PROGRAM = """
import sys, time
from symderive.cli._progress import progress
with progress("solving [a].toml") as report:
    report("question 1")
    time.sleep(0.4)
print("done")
"""


def stderr_on_a_terminal(**environment):
    """Run the program with stderr on a pseudo-terminal and return what arrives there."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals need a POSIX system")
    ours, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**plain, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    chunks = []
    while select.select([ours], [], [], 30)[0]:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # Linux reports the end of a pseudo-terminal as an error
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    assert process.communicate(timeout=30)[0] == b"done\n"
    return b"".join(chunks).decode()


COLOUR = re.compile(r"\x1b\[(3|4|9|10)\d[;m]")


def test_a_terminal_shows_the_stage():
    text = stderr_on_a_terminal()
    assert "solving [a].toml: question 1" in text
    assert COLOUR.search(text)


def test_no_color_is_respected():
    text = stderr_on_a_terminal(NO_COLOR="1")
    assert "solving [a].toml: question 1" in text
    assert not COLOUR.search(text)


def test_a_pipe_gets_nothing():
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert (result.stdout, result.stderr) == (b"done\n", b"")
