"""pdflatex: what it may do, how long, and what is told when it fails."""

import os
import stat
import time

import pytest

from symderive.errors import SymderiveError
from symderive.solutions.pdf import compile_pdf, find_pdflatex, missing_pdflatex
from tests.solutions.latex import needs_pdflatex


def page(body, preamble=""):
    return f"\\documentclass{{article}}{preamble}\\begin{{document}}{body}\\end{{document}}"


def program(tmp_path, monkeypatch, script):
    """Put a pdflatex of our own on the path."""
    path = tmp_path / "pdflatex"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@needs_pdflatex
def test_the_same_source_gives_the_same_bytes(monkeypatch):
    source = page(r"x \today", r"\title{a}")
    first = compile_pdf(source).pdf
    time.sleep(1.1)
    assert compile_pdf(source).pdf == first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert compile_pdf(source).pdf != first


@needs_pdflatex
@pytest.mark.parametrize(
    "body",
    [
        r"\input{/etc/passwd}",
        r"\input{../secret.tex}",
        r"\newwrite\w\immediate\openout\w=/SECRET\immediate\write\w{x}",
        r"\newread\r\openin\r=/etc/passwd \ifeof\r\errmessage{refused}\fi",
    ],
)
def test_files_outside_the_job_are_out_of_reach(body, tmp_path):
    (tmp_path / "secret.tex").write_text("secret")
    target = tmp_path / "written.txt"
    with pytest.raises(SymderiveError, match="pdflatex stopped: "):
        compile_pdf(page(body.replace("/SECRET", str(target))))
    assert not target.exists()


@needs_pdflatex
def test_no_shell_is_run(tmp_path):
    target = tmp_path / "touched"
    compile_pdf(page(rf"x\immediate\write18{{touch {target}}}"))
    assert not target.exists()


@needs_pdflatex
def test_an_error_is_told_with_its_line():
    with pytest.raises(SymderiveError) as caught:
        compile_pdf(page("a\n\nb \\undefinedcommand{x}\n"))
    told = str(caught.value)
    assert told.startswith("pdflatex stopped: document.tex:3: Undefined control sequence.")
    assert "\\undefinedcommand" in told
    assert "\n" not in told


@needs_pdflatex
def test_a_document_without_pages_is_told():
    with pytest.raises(SymderiveError, match="made no pages"):
        compile_pdf(page(""))


@needs_pdflatex
def test_what_sticks_out_is_reported_with_its_line():
    result = compile_pdf(page("x\n\n\\noindent\\hbox to 999pt{wide}\n\ny"))
    ((points, line),) = result.overfull
    assert points > 500
    assert line in (3, 4)
    assert compile_pdf(page("x")).overfull == []


@needs_pdflatex
def test_it_runs_again_for_references(tmp_path):
    pdf = compile_pdf(page(r"see \ref{a}\section{s}\label{a}\newpage \pageref{a}")).pdf
    assert pdf == compile_pdf(page(r"see 1\section{s}\label{a}\newpage 1")).pdf


@needs_pdflatex
def test_an_endless_document_is_stopped():
    started = time.monotonic()
    with pytest.raises(SymderiveError, match=r"did not finish within 1 seconds"):
        compile_pdf(page(r"\def\a{\a}\a"), seconds=1)
    assert time.monotonic() - started < 20


def test_programs_that_a_run_started_end_with_it(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(SymderiveError, match="did not finish"):
        compile_pdf("x", seconds=1)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = tmp_path.__class__(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail(f"the child {child} is still running")


def test_the_environment_is_minimal(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_SOMETHING", "secret")
    monkeypatch.setenv("openout_any", "a")
    program(tmp_path, monkeypatch, f"env > {tmp_path}/seen; exit 1")
    with pytest.raises(SymderiveError, match="no error message"):
        compile_pdf("x")
    seen = (tmp_path / "seen").read_text()
    assert "TOKEN_OF_SOMETHING" not in seen
    assert "openout_any=p" in seen
    assert "openin_any=p" in seen


def test_a_missing_program_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert find_pdflatex() is None
    assert "texlive-latex-base" in missing_pdflatex()
    with pytest.raises(SymderiveError, match="pdflatex, which is not installed: install TeX"):
        compile_pdf("x")


def test_the_temporary_folder_is_removed_and_private(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    script = tmp_path / "bin"
    script.mkdir()
    program(script, monkeypatch, f"stat -c %a . > {script}/mode; exit 1")
    with pytest.raises(SymderiveError):
        compile_pdf("x")
    assert (script / "mode").read_text().strip() == "700"
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
    assert stat.S_ISDIR(script.stat().st_mode)
