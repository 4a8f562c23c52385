"""Tables fit the page, whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symderive.solutions.document import Column, Document, Math, Row, Section, Table, text
from symderive.solutions.latex_tables import cell_latex, table_parts
from symderive.solutions.number_text import number, read_digits
from symderive.solutions.rendering import render
from tests.solutions.latex import compiled, needs_pdflatex

DECIMAL = Column(text("d"), "decimal")
WORDS = "a sentence that says something about this row and goes on for a while, "


def wide(columns, words=0, marked=True):
    header = (
        *(Column(text(f"column {k}"), "decimal") for k in range(columns)),
        *[Column(text("why"))] * words,
    )
    cells = (*[f"-{k}.123456789012" for k in range(columns)], *[text(WORDS * 2)] * words)
    return Table(header, tuple(Row(cells, "wrong" if marked else None) for _ in range(3)))


@needs_pdflatex
def test_tables_of_every_width_fit():
    math = Math(r"\frac{\partial L}{\partial W^{1}_{12}}", "∂L/∂W¹₁₂")
    tables = [wide(columns, words) for columns in range(1, 12, 2) for words in range(4)]
    tables += [
        Table((Column(text(math)), DECIMAL), (Row((text(math), text(WORDS))),)),
        Table((Column(text(WORDS), "right"), Column(text(WORDS), "center")), (Row(("1", "2")),)),
        Table((DECIMAL, DECIMAL), (Row(("1,228,800.5e-10", "-1e300")), Row((text("none"), "")))),
        Table((Column(text("e")),), ()),
        Table((), ()),
        Table((DECIMAL,), tuple(Row((f"{k}.5",), "right") for k in range(200))),
    ]
    compiled(render(Document(text("T"), sections=(Section(text("S"), (), tuple(tables)),)), "tex"))


def test_a_table_that_is_too_wide_is_cut_and_repeats_its_first_column():
    parts = table_parts(wide(12))
    assert len(parts) > 1
    assert {part.indices[0] for part in parts} == {0}
    assert sorted({index for part in parts for index in part.indices}) == list(range(12))


@pytest.mark.parametrize(
    ("cell", "latex"),
    [
        ("-0.5", r"{\(-0\)}&{\(.5\)}"),
        ("1,228,800", r"{\(1{,}228{,}800\)}&{}"),
        ("4e-10", r"{\(4\)}&{\(\times 10^{-10}\)}"),
        ("50%", r"\multicolumn{2}{c}{50\%}"),
        (text("a_b"), r"\multicolumn{2}{c}{a\_b}"),
        ("", r"\multicolumn{2}{c}{}"),
    ],
)
def test_numbers_meet_at_their_points(cell, latex):
    assert cell_latex(cell, DECIMAL) == latex


def test_a_row_must_have_a_cell_for_each_column():
    with pytest.raises(ValueError, match="row 2 has 1 cells for 2 columns"):
        Table((DECIMAL, DECIMAL), (Row(("1", "2")), Row(("1",))))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_written_numbers_keep_their_value(value):
    digits = read_digits(repr(value))
    power = "" if digits.power is None else f"e{digits.power}"
    assert float(f"{digits.sign}{digits.whole}{digits.fraction}{power}") == value


@pytest.mark.parametrize(
    "written", ["nan", "inf", "1,2", "1 2", "--1", "1.2.3", "٣", "1e", "", "1e12345678", "0x1"]
)
def test_what_is_no_number_is_text(written):
    assert read_digits(written) is None


@given(st.integers())
def test_integers_are_grouped_by_three(value):
    assert number(value).plain.replace(",", "").replace("−", "-") == str(value)
    assert "," not in number(value).latex.replace("{,}", "")
