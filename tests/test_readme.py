"""What the README shows is what happens: its console and pycon blocks are run, in order, in one folder."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Checker(doctest.OutputChecker):
    """Compares output; the error of a comparison in floating point differs from machine to machine."""

    def check_output(self, want, got, optionflags):
        want, got = (re.sub(r"(relative\s+error) \d+e-\d+", r"\1 SMALL", text) for text in (want, got))
        return super().check_output(want, got, optionflags)


def blocks(language, text=TEXT):
    """Return the fenced blocks of a language."""
    return [body for found, body in BLOCK.findall(text) if found == language]


def sessions(block):
    """Split a console block into pairs of a command and its output."""
    pairs = []
    for line in block.splitlines():
        if line.startswith("$ "):
            pairs.append((line[2:], []))
        else:
            pairs[-1][1].append(line)
    return [(command, "\n".join(output) + "\n" if output else "") for command, output in pairs]


def first_difference(block, folder):
    """Run a console block; return a report on the first command that answers otherwise, or None."""
    for command, wanted in sessions(block):
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PATH": f"{folder / '.bin'}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
            check=False,
        )
        example = doctest.Example(command, wanted)
        checker = Checker()
        if not checker.check_output(wanted, result.stdout, FLAGS):
            return f"$ {command}\n{checker.output_difference(example, result.stdout, FLAGS)}"
    return None


def failures_of(block, names):
    """Run a pycon block with the given names; return what failed, or an empty text."""
    report = []
    test = doctest.DocTestParser().get_doctest(block, names, "README.md", "README.md", 0)
    doctest.DocTestRunner(checker=Checker(), optionflags=FLAGS).run(
        test, out=report.append, clear_globs=False
    )
    names.update(test.globs)
    return "".join(report)


@pytest.fixture
def folder(tmp_path):
    """Return an empty folder in which ``symderive`` is this checkout's."""
    (tmp_path / ".bin").mkdir()
    program = tmp_path / ".bin" / "symderive"
    environment = f"PYTHONPATH={shlex.quote(str(ROOT))} PYTHONIOENCODING=utf-8"
    program.write_text(f'#!/bin/sh\n{environment} exec {shlex.quote(sys.executable)} -m symderive "$@"\n')
    program.chmod(0o755)
    return tmp_path


def test_the_console_blocks_show_what_happens(folder):
    assert blocks("console")
    for block in blocks("console"):
        assert first_difference(block, folder) is None


def test_the_pycon_blocks_show_what_happens():
    names = {}
    assert blocks("pycon")
    for block in blocks("pycon"):
        assert failures_of(block, names) == ""


def test_the_first_command_does_its_job_once_it_is_installed(folder):
    (command,) = [block for block in blocks("sh") if "symderive example" in block]
    _, _, job = command.partition(" .venv/bin/pip install -q . && ")
    for _ in range(2):  # running the one line again is no mistake
        result = subprocess.run(
            ["bash", "-euc", job.replace(".venv/bin/symderive", ".bin/symderive")],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
    assert (folder / "assignment.toml").exists()
    assert [path for path in folder.glob("assignment.*") if path.suffix in (".tex", ".pdf")]


def test_a_wrong_page_would_be_noticed(folder):
    """The two runners above see a wrong output, a missing one and one too many."""
    right = "$ symderive --version\nsymderive ...\n$ true\n"
    assert first_difference(right, folder) is None
    for wrong in (
        right.replace("...", "9.9"),
        "$ symderive --version\n",
        "$ true\nno\n",
        "$ nosuch-command\n",
    ):
        assert "Got" in first_difference(wrong, folder) or "Expected nothing" in first_difference(
            wrong, folder
        )
    assert failures_of(">>> 1 + 1\n2\n", {}) == ""
    for wrong in (">>> 1 + 1\n3\n", ">>> 1 / 0\n", ">>> x\n"):
        assert "Failed example" in failures_of(wrong, {})
