"""CI runs the README's test command: that text, in a fresh copy, and with its exit code."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="CI needs bash")


def readme_command(name):
    """Return the block of the README after the marker of a command."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(f"<!-- command: {name} -->\n```sh\n")
    return rest.partition("\n```")[0]


def ci(root, *arguments):
    """Run the CI script of a checkout on a machine where pdflatex is installed already."""
    programs = root.parent / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "pdflatex").write_text("#!/bin/sh\n")
    (programs / "pdflatex").chmod(0o755)
    return subprocess.run(
        [root / ".ci" / "run", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        check=False,
    )


@pytest.fixture
def checkout(tmp_path):
    """Return a function that makes a checkout whose README has the given test command."""

    def make(command):
        root = tmp_path / "checkout"
        shutil.copytree(ROOT / ".ci", root / ".ci")
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        assert readme_command("test") in text
        (root / "README.md").write_text(text.replace(readme_command("test"), command), encoding="utf-8")
        return root

    return make


def test_the_commands_of_the_readme_are_one_line_each():
    run, test = readme_command("run"), readme_command("test")
    assert run.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/symderive ")
    assert test == "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest"
    assert "\n" not in run


def test_ci_shows_the_command_of_the_readme(checkout):
    root = checkout("echo 'some command'")
    assert ci(root, "--show").stdout == "echo 'some command'\n"
    shutil.copy(ROOT / "README.md", root)
    assert ci(root, "--show").stdout == readme_command("test") + "\n"


def test_ci_runs_the_command_in_a_fresh_copy(checkout):
    root = checkout("ls -A && pwd && touch trace && exit 7")
    (root / ".venv").mkdir()
    result = ci(root)
    assert result.returncode == 7, result.stderr
    _, *listed, folder = result.stdout.splitlines()
    assert listed == [".ci", "README.md"]
    assert folder != str(root)
    assert not Path(folder).exists(), "the copy is removed"
    assert not (root / "trace").exists()


def test_ci_fails_without_a_command(checkout):
    root = checkout("")
    result = ci(root)
    assert result.returncode == 2
    assert "README.md has no block after" in result.stderr
