"""PDF: the LaTeX of `tex`, compiled."""

from __future__ import annotations

from dataclasses import replace

from symderive.solutions.formats import tex
from symderive.solutions.pdf import compile_pdf, missing_pdflatex

FORMAT = replace(
    tex.FORMAT,
    name="pdf",
    suffix=".pdf",
    finish=lambda source: compile_pdf(source).pdf,
    missing=missing_pdflatex,
)
