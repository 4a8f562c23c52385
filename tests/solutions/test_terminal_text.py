"""Text for a terminal: its width, its columns, and nothing in it that a terminal acts on."""

import re

import pytest

from symderive.solutions.document import (
    Code,
    Column,
    Conditions,
    Display,
    Document,
    Heading,
    Math,
    Paragraph,
    Row,
    Section,
    Step,
    Steps,
    Table,
    Verdict,
    text,
)  # fmt: skip
from symderive.solutions.formats.txt import format_for
from symderive.solutions.rendering import produce, render
from symderive.solutions.terminal_text import columns, width_of, wrapped
from tests.solutions.demonstration import demonstration

EQUAL = Math("=", "=")


def shown(*blocks, width=100, **document):
    return render(Document(sections=(Section(blocks=blocks),), **document), format_for(width))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_running_text_fits_the_width(width):
    blocks = (
        Paragraph(text("word " * 90)),
        Verdict("wrong", text("number 1.5 " * 40)),
        Heading(text("head " * 30)),
    )
    for line in shown(*blocks, width=width, title=text("title " * 40)).splitlines():
        assert width_of(line) <= width


def test_every_kind_of_block_is_shown():
    source = render(demonstration(), "txt")
    assert "Question 1. Gradients of a small network, two ways" in source
    assert "reported −0.16504242" in " ".join(source.split())
    assert "WRONG" in source
    assert "W¹₁₁" not in source or "\x1b" not in source


def test_steps_are_aligned_with_their_reasons_in_a_column():
    rows = (
        Step(Math("z", "z"), EQUAL, Math("X", "X w"), text("linear")),
        Step(Math("", ""), EQUAL, Math("X", "longer than that"), text("again")),
        Step(Math("g", "∂L/∂z"), EQUAL, Math("X", "y"), text("chain")),
    )
    assert shown(Steps(rows)).splitlines() == [
        "  1  z     = X w                 linear",
        "           = longer than that    again",
        "  2  ∂L/∂z = y                   chain",
    ]


def test_a_reason_without_room_stands_under_its_line():
    rows = (Step(Math("z", "z"), EQUAL, Math("X", "a + b" * 12), text("because")),)
    first, second = shown(Steps(rows), width=72).splitlines()
    assert "because" not in first
    assert second.strip() == "because"


def test_numbers_stand_with_their_points_under_each_other():
    table = Table(
        (Column(text("entry")), Column(text("value"), "decimal")),
        (
            Row(("a", "-0.5"), "right"),
            Row(("b", "12.25"), "wrong"),
            Row(("c", "none"), "undecided"),
            Row(("d", "1,228,800")),
        ),
    )
    lines = shown(table).splitlines()
    rows = [line for line in lines if re.match(r"  [ab]", line)]
    assert rows[0].index(".") == rows[1].index(".")
    assert [line.split()[-1] for line in lines[2:]] == ["right", "WRONG", "undecided", "1,228,800"]


def test_a_formula_that_is_too_long_goes_on_behind_its_relation():
    lines = shown(Display(Math("x", "L = " + " + ".join(["term"] * 40)), True), width=60).splitlines()
    assert all(width_of(line) <= 60 for line in lines)
    assert len({width_of(line) for line in lines}) == 1
    assert "L = term" in lines[1]
    assert "│     " in lines[2]


def test_equations_in_one_display_are_aligned():
    lines = shown(Display(Math("x", "a = 1\nlonger = 2"))).splitlines()
    assert lines == ["    a      = 1", "    longer = 2"]


HOSTILE = "a\x1b[31mb\x07\x9b2J\u202ec\r\nd\x00"


@pytest.mark.parametrize(
    "block",
    [
        Paragraph(text(HOSTILE)),
        Heading(text(HOSTILE)),
        Verdict("wrong", text(HOSTILE)),
        Conditions((text(HOSTILE),)),
        Code("sh", HOSTILE),
        Display(Math("x", HOSTILE)),
        Steps((Step(Math("x", HOSTILE), EQUAL, EQUAL, text(HOSTILE), HOSTILE),)),
        Table((Column(text(HOSTILE)),), (Row((HOSTILE,)),), text(HOSTILE)),
    ],
    ids=lambda block: block.kind,
)
def test_a_terminal_is_told_nothing(block):
    source = shown(block, title=text(HOSTILE), author=text(HOSTILE))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", source)
    assert "[U+001B][31m" in source


def test_files_have_one_width_whatever_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "57")
    assert produce(demonstration(), "txt") == render(demonstration(), format_for(100)).encode()


def test_wrapping_keeps_every_word():
    words = [f"word{place}" for place in range(50)]
    assert " ".join(wrapped(" ".join(words), 33, 4)).split() == words


def test_wide_letters_take_two_columns():
    assert columns([["漢"], ["ab"]], ["right"]) == [["漢"], ["ab"]]
    assert width_of("漢字") == 4
