"""Text in Markdown: a reader of CommonMark sees what was written."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from symderive.solutions.document import Code, Document, Emph, Math, Paragraph, Section, Verdict, text
from symderive.solutions.formats.md import FORMAT
from symderive.solutions.markdown_text import code_lines, escape_markdown, fence, markdown_math
from symderive.solutions.rendering import render

READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
MARKUP = "\\`*_{}[]()#+-.!|<>~$&:@= \n1ab\"'/"


def shown(markdown):
    """Return what a reader sees, with how it is marked up, blanks joined."""
    rendered = READER.render(markdown)
    visible = html.unescape(re.sub(r"</?(?:p|span)>", "", rendered))
    return " ".join(visible.split())


def joined(written):
    return " ".join(re.split(r"[ \t\n\r\f\v\u0085\u2028\u2029]+", written)).strip(" ")


@given(st.text(alphabet=MARKUP, max_size=40))
def test_markup_is_shown_literally(written):
    assert shown(escape_markdown(joined(written))) == " ".join(written.split())


@given(st.text(alphabet=MARKUP, max_size=20), st.booleans())
def test_emphasis_is_one_element_whatever_stands_in_it(written, strong):
    markdown = "x" + FORMAT.emphasis(Emph(written, strong)) + "y"
    tag = "strong" if strong else "em"
    inner = joined(written)
    expected = f"x<{tag}>{inner}</{tag}>y" if inner else "xy"
    assert shown(markdown) == " ".join(expected.split())


@pytest.mark.parametrize(
    ("written", "markdown"),
    [
        ("$x$", "<span>$</span>x<span>$</span>"),
        ("# h", "\\# h"),
        ("12. x", "12\\. x"),
        ("- x", "\\- x"),
        (":smile: a:b", "&#58;smile: a:b"),
        ("\x1b[31m\u202e", "\\[U+001B\\]\\[31m\\[U+202E\\]"),
        ("कर\u200dम", "कर\u200dम"),
    ],
)
def test_characters_that_markdown_acts_on(written, markdown):
    assert escape_markdown(written) == markdown


@pytest.mark.parametrize(
    ("latex", "markdown"),
    [
        (r"\{a\}", r"\lbrace a\rbrace "),
        (r"a\,b \\ c", r"a\thinspace b \\ c"),
        (r"|x|", r"\vert x\vert "),
        (r"\bm{x} \bmod 2", r"\boldsymbol{x} \bmod 2"),
        (r"a<b>c*", r"a\lt b\gt c\ast "),
    ],
)
def test_formulas_hold_nothing_that_markdown_acts_on(latex, markdown):
    assert markdown_math(latex) == markdown


def test_a_title_cannot_become_markup():
    document = Document(
        text("<script>alert(1)</script> [a](b) ![c](d)"),
        sections=(Section(text("# x\n\n## y"), blocks=(Verdict("note", text("> a\n\n# b")),)),),
    )
    rendered = READER.render(render(document, "md"))
    assert "<script" not in rendered
    assert "<a " not in rendered
    assert "<img" not in rendered
    assert rendered.count("<h2>") == 1
    assert rendered.count("<h1>") == 1


def test_code_cannot_leave_its_fence():
    source = "```\n# out\n````\n\x1b[2J"
    rendered = READER.render(
        render(Document((), sections=(Section((), (), (Code("py`\n# x", source),)),)), "md")
    )
    assert rendered.count("<code") == 1
    assert "<h1>out" not in rendered
    assert fence(source) == "`````"
    assert code_lines(source)[3] == "[U+001B][2J"


def test_a_long_formula_is_aligned():
    long = Math("x" * 100, "x", ("f &= a", "- b"))
    document = Document((), sections=(Section((), (), (Paragraph(text(long)),)),))
    assert "aligned" not in render(document, "md")
    from symderive.solutions.document import Display

    document = Document((), sections=(Section((), (), (Display(long),)),))
    assert "\\begin{aligned}\nf &= a \\\\\n{}- b\n\\end{aligned}" in render(document, "md")
