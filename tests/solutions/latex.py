"""Compiling in tests: skipped, with the reason, where pdflatex is missing."""

import subprocess

import pytest

from symderive.solutions.pdf import compile_pdf, find_pdflatex

needs_pdflatex = pytest.mark.skipif(find_pdflatex() is None, reason="pdflatex is not installed")


def compiled(tex):
    """Compile, and demand that nothing sticks out by more than 5 pt."""
    result = compile_pdf(tex)
    assert result.pdf.startswith(b"%PDF")
    assert [entry for entry in result.overfull if entry[0] > 5] == []
    return result.pdf


def text_of(pdf, tmp_path):
    """Return what a reader of the PDF can copy."""
    path = tmp_path / "copied.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, text=True
    ).stdout
