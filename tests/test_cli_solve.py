"""The solve command: how it calls the solver, and what it makes of the answer."""

import os
import re
import select
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from symderive.cli import main

ROOT = Path(__file__).parent.parent


@pytest.fixture
def calls(monkeypatch):
    """Put a solver in place that records its calls and answers with exit code 3."""
    recorded = []

    def solve_file(path, *, output, format, template, report):
        report("question 1")
        recorded.append({"path": path, "output": output, "format": format, "template": template})
        return SimpleNamespace(path=output, messages=["question 1: undecided"], exit_code=3)

    module = ModuleType("symderive.solutions.solve")
    module.solve_file = solve_file
    monkeypatch.setitem(sys.modules, "symderive.solutions.solve", module)
    return recorded


def test_the_outcome_is_printed_and_its_code_returned(calls, capsys):
    assert main(["solve", "a.toml", "-o", "b.md", "--template", "mine.j2"]) == 3
    out, err = capsys.readouterr()
    assert out == "question 1: undecided\nwrote b.md\n"
    assert err == ""
    assert calls == [
        {"path": Path("a.toml"), "output": Path("b.md"), "format": "md", "template": Path("mine.j2")}
    ]


@pytest.mark.parametrize(
    ("arguments", "pdflatex", "expected"),
    [
        (["-o", "b.tex"], True, "tex"),
        (["-o", "b.PDF"], False, "pdf"),
        (["-o", "b.txt", "--format", "md"], True, "md"),
        (["--format", "md"], True, "md"),
        ([], True, "pdf"),
        ([], False, "tex"),
    ],
)
def test_the_format_follows_the_request_then_the_name_then_the_machine(
    arguments, pdflatex, expected, calls, monkeypatch
):
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if pdflatex else None)
    assert main(["solve", "a.toml", *arguments]) == 3
    assert calls[0]["format"] == expected


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
