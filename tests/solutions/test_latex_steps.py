"""Derivations in LaTeX: whatever their width, nothing sticks out and nothing is lost."""

import re
import shutil

import pytest

from symderive.solutions.document import (
    Definition,
    Definitions,
    Display,
    Document,
    Math,
    Section,
    Step,
    Steps,
    Verdict,
    text,
)
from symderive.solutions.rendering import render
from tests.solutions.latex import compiled, needs_pdflatex, text_of

TERM = r"\sum_{i=1}^{n} \left( y_i \log \sigma(\theta^{\mathsf T} x_i) + (1-y_i) \log(1-x_i) \right)"
EQUAL = Math("=", "=")


def formula(name, terms, lined):
    """A formula of some terms that has a name a reader can find."""
    head = rf"\text{{{name}}}"
    lines = (f"&{head} + {TERM}", *[rf"&\quad + {TERM}"] * (terms - 1)) if lined else ()
    return Math(" + ".join([head, *[TERM] * terms]), name, lines)


def cases():
    """Every combination of width, lines, left side and reason."""
    number = 0
    for terms in (0, 1, 2, 6):
        for lined in (False, True):
            for left in (Math("", ""), Math("L", "L"), Math(TERM, "long")):
                for reason in ((), text("because"), text("because it is so " * 20)):
                    number += 1
                    yield Step(left, EQUAL, formula(f"F{number:03}Z", terms, lined and terms > 0), reason)


@needs_pdflatex
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_every_formula_is_printed_once_at_every_width(tmp_path):
    steps = list(cases())
    displays = [Display(formula(f"D{k}Z", 1 + k % 6, k % 2 == 0), k % 3 == 0) for k in range(18)]
    definitions = [Definition(Math("m", "m"), formula(f"E{k}Z", k, False), text("m")) for k in range(6)]
    blocks = (
        *[Steps(tuple(steps[k : k + size])) for k, size in ((0, 1), (1, 2), (3, 69))],
        *displays,
        Definitions(tuple(definitions)),
        *[Verdict("note", text(f"V{k}Z ", "word " * 10**k)) for k in range(4)],
    )
    sheet = Document(text("T"), sections=(Section(text("S"), blocks[:2], blocks[2:]),))
    copied = text_of(compiled(render(sheet, "tex")), tmp_path)
    found = sorted(re.findall(r"[FDEV]\d+Z", copied))
    expected = [f"F{k:03}Z" for k in range(1, 73)] + [f"D{k}Z" for k in range(18)]
    expected += [f"E{k}Z" for k in range(6)] + [f"V{k}Z" for k in range(4)]
    assert len(steps) == 72
    assert found == sorted(expected)
    assert copied.count("because") == 24 + 24 * 20
