"""Text in LaTeX: it prints as it reads, it cannot act, and it cannot stop pdflatex."""

import shutil
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symderive.solutions import latex_characters
from symderive.solutions.document import Code, Column, Document, Paragraph, Row, Section, Table, text
from symderive.solutions.latex_text import escape_latex, wrap_code
from symderive.solutions.rendering import render
from tests.solutions.latex import compiled, needs_pdflatex, text_of

HOSTILE = [
    r"\input{/etc/passwd}",
    r"\immediate\write18{touch x}",
    r"\end{document}",
    r"\csname end\endcsname",
    "$x_1$ & 50% {",
    "}}}{{{",
    "^^5cinput",
    "% comment",
    "a\\\\[9999pt]b",
    "[1] [2]",
    "*star",
    "``quoted'' -- --- ?` !` ,, << >>",
    "\\VAR{document} \\BLOCK{raw} {{ document }} {% raw %} \\#{",
    "{#",
    "tab\there, line\nend, blank\n\nline",
    "θ Θ α ᵀ é — ₹ Σ 漢字 \U0001f600 \u200b\u202e \x00\x07\x1b \ud800 ﬁ ẍ",
    "e\u0302\u0303\u0301\u0304\u0301 \u0301 x\u20d7",
    "unbroken" * 60,
]


@given(st.text())
def test_what_is_printed_is_ascii_without_control_characters(written):
    assert set(escape_latex(written)) <= set(string.printable) - set("\n\r\t\x0b\x0c")


@given(st.text(alphabet=st.sampled_from("\\{}$&#%_~^abc ")))
def test_every_command_is_one_of_ours(written):
    """Undo the escapes one by one: what is left over could act."""
    rest = escape_latex(written)
    for character in "\\~^{}$&#%_":
        rest = rest.replace(latex_characters.SPECIAL[character], "")
    assert not set(rest) & set("\\{}$&#%_~^")


@pytest.mark.parametrize(
    ("written", "latex"),
    [
        ("50% of $x_1$", r"50\% of \$x\_1\$"),
        ("a--b", "a-{}-b"),
        ("well-known", "well-known"),
        ("é", r"\'{e}"),
        ("e\u0301", r"\'{e}"),
        ("θᵀx", r"\ensuremath{\theta}\ensuremath{^{\mathsf{T}}}x"),
        ("ế", r"\ensuremath{\acute{\mbox{\^{e}}}}"),
        ("漢", "[U+6F22]"),
        ("\u200b", "[U+200B]"),
        ("\x00", "[U+0000]"),
        ("\ud800", "[U+D800]"),
        ("𝐱", r"\ensuremath{\mathbf{x}}"),
        ("a\n\nb", "a b"),
    ],
)
def test_characters_have_the_latex_that_prints_them(written, latex):
    assert escape_latex(written) == latex


def test_code_is_broken_at_the_width_and_loses_nothing():
    lines = wrap_code("x" * 200, 80)
    assert len(lines) == 3
    assert "".join(lines).count("x") == 200


def sheet(pieces):
    """Put each piece in every place where text can stand."""
    blocks = [Paragraph(text(piece)) for piece in pieces]
    cells = tuple(Row((piece, text(piece), piece)) for piece in pieces)
    columns = (Column(text(pieces[0])), Column(text("h")), Column(text("d"), "decimal"))
    code = Code("text", "\n".join(pieces))
    sections = (
        Section(text(pieces[0]), tuple(blocks[:3]), (*blocks, Table(columns, cells), code), pieces[0]),
    )
    return Document(*(text(piece) for piece in (pieces * 4)[:4]), sections)


@needs_pdflatex
def test_hostile_text_is_printed_literally(tmp_path):
    pages = []
    for piece in HOSTILE:
        blocks = (Paragraph(text(piece)), Table((Column(text(piece)),), (Row((piece,)), Row((piece,)))))
        pages.append(Section(text(piece), (Paragraph(text(piece)),), (*blocks, Code("x", piece)), piece))
    title = text(HOSTILE[0], " ", HOSTILE[4])
    pdf = compiled(render(Document(title, title, title, title, tuple(pages)), "tex"))
    if shutil.which("pdftotext"):
        copied = text_of(pdf, tmp_path).replace("_", " ")  # a rule, not a character, without Latin Modern
        for literal in (r"\input{/etc/passwd}", "$x 1$ & 50% {", r"\VAR{document}", "[U+1F600]", "[U+202E]"):
            assert literal in copied
        assert "root:" not in copied


@needs_pdflatex
@pytest.mark.parametrize("face", ["lmodern.sty", "no-such-face.sty"])
def test_every_character_of_the_tables_compiles_with_outline_fonts(face):
    known = [*latex_characters.SPECIAL, *latex_characters.TYPOGRAPHIC, *latex_characters.MATHEMATICAL]
    letters = [base + mark for mark in latex_characters.ACCENTS for base in "aeioucsAEIO"]
    below = [f"ê{mark}" for mark in latex_characters.BELOW]
    styled = [chr(code) for code in range(0x1D400, 0x1D800)]
    every = [*known, *letters, *below, *styled]
    pieces = [" ".join(every[k : k + 30]) for k in range(0, len(every), 30)]
    tex = render(sheet(pieces), "tex").replace("lmodern.sty", face)
    assert b"/Type3" not in compiled(tex)


def batches():
    """Arbitrary texts, drawn once: each document takes many of them, so that few are compiled."""
    drawn = []

    @given(st.lists(st.text(max_size=60), min_size=8, max_size=8))
    def draw(pieces):
        drawn.append(pieces)

    draw()
    flat = [piece for pieces in drawn for piece in pieces]
    return [flat[k::4] for k in range(4)]


@needs_pdflatex
def test_any_text_compiles_in_every_place():
    """Found by hypothesis, compiled in four documents; a failure names the line of LaTeX."""
    for pieces in batches():
        assert len(pieces) > 100
        compiled(render(sheet([pieces[0] or "x", *pieces[1:]]), "tex"))
