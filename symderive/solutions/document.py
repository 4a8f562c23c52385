r"""A worked solution as data: what the templates of every output format are rendered from.

Text is a tuple of plain strings, `Math` and `Emph`. A plain string is always shown as it reads: every format
escapes
it. Only `Math` reaches an output as it is, so `Math` is built by the project's own printers and never from
user text.

    >>> m = Math(r"\mathbf{m}", "m")
    >>> text("Let ", m, " be the margins.")
    ('Let ', Math(latex='\\mathbf{m}', plain='m', lines=()), ' be the margins.')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

Mark = Literal["right", "wrong", "undecided"]
VerdictKind = Literal["right", "wrong", "undecided", "note"]
Align = Literal["left", "right", "center", "decimal"]


@dataclass(frozen=True, slots=True)
class Math:
    r"""A formula, without dollar signs.

    Args:
        latex: The formula on one line, for amsmath.
        plain: The same in plain Unicode, for terminals and for guessing widths; several equations are
            several lines.
        lines: The rows of an `aligned` environment that says the same, for where one line is too long. Each
            row
            carries its own `&`: `("f &= a + b", "&\\quad + c")`.
    """

    latex: str
    plain: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Emph:
    """Plain text with emphasis: italic, or bold where `strong`."""

    content: str
    strong: bool = False


Span = str | Math | Emph
Text = tuple[Span, ...]
Cell = Text | str


def text(*spans: Span | Text) -> Text:
    """Joins strings, formulas, emphasis and other texts into one text.

    Args:
        *spans: The pieces, in order; spaces between them are the caller's.

    Returns:
        The text, one tuple.

    Raises:
        TypeError: A piece is none of these.

    >>> text("a ", Emph("b"), text(" c"))
    ('a ', Emph(content='b', strong=False), ' c')
    """
    joined: list[Span] = []
    for span in spans:
        if isinstance(span, tuple):
            joined.extend(text(*span))
        elif isinstance(span, str | Math | Emph):
            joined.append(span)
        else:
            raise TypeError(f"text: a piece is a string, Math or Emph, not {type(span).__name__}.")
    return tuple(joined)


def plain(spans: Text) -> str:
    r"""A text as one line for a terminal.

    >>> plain(text("the ", Emph("score"), " ", Math(r"\sigma", "σ")))
    'the score σ'
    """
    pieces = (
        span.plain.replace("\n", ", ")
        if isinstance(span, Math)
        else span.content
        if isinstance(span, Emph)
        else span
        for span in spans
    )
    return " ".join("".join(pieces).split())


def paragraphs(written: str) -> tuple[Paragraph, ...]:
    r"""A text of several paragraphs, parted by blank lines, as blocks.

    >>> [block.text for block in paragraphs("one\nline\n\ntwo")]
    [('one\nline',), ('two',)]
    """
    return tuple(Paragraph((part.strip(),)) for part in re.split(r"\n\s*\n", written) if part.strip())


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    text: Text


@dataclass(frozen=True, slots=True)
class Display:
    """A formula on a line of its own; `boxed` for a result."""

    kind: ClassVar[str] = "display"
    math: Math
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a derivation: `left relation right`, and why it holds.

    Where `right.lines` is given, its rows are aligned among themselves, to the right of the relation.
    """

    left: Math
    relation: Math
    right: Math
    reason: Text = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """A derivation: steps aligned at their relations, each with its reason."""

    kind: ClassVar[str] = "steps"
    rows: tuple[Step, ...]

    @property
    def groups(self) -> tuple[tuple[Step, ...], ...]:
        """The rows; one without a left-hand side goes on with the line before it.

        >>> a, blank = Math("a", "a"), Math("", "")
        >>> [len(group) for group in Steps((Step(a, a, a), Step(blank, a, a), Step(a, a, a))).groups]
        [2, 1]
        """
        made: list[list[Step]] = []
        for row in self.rows:
            if row.left.plain or not made:
                made.append([row])
            else:
                made[-1].append(row)
        return tuple(map(tuple, made))

    @property
    def labels(self) -> tuple[str, ...]:
        """A number for each row that begins a line, where there are several; the others have none."""
        if len(self.groups) < 2:
            return ("",) * len(self.rows)
        return tuple(
            "" if place else str(number)
            for number, group in enumerate(self.groups, 1)
            for place, _ in enumerate(group)
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """What a symbol stands for: `symbol = value`, or only `symbol` with its meaning."""

    symbol: Math
    value: Math | None
    meaning: Text = ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """The names that the following lines use."""

    kind: ClassVar[str] = "definitions"
    rows: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold for the result to hold."""

    kind: ClassVar[str] = "conditions"
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `decimal` puts the points of its numbers under each other."""

    header: Text
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; a cell given as a string that reads as a number is set as one."""

    cells: tuple[Cell, ...]
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of numbers or text, with a mark on rows that were judged.

    Raises:
        ValueError: A row has not as many cells as the table has columns.
    """

    kind: ClassVar[str] = "table"
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: Text = ()

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, 1):
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"Table: row {number} has {len(row.cells)} cells for {len(self.columns)} columns."
                )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about a reported value or a claim, or (`note`) something to know."""

    kind: ClassVar[str] = "verdict"
    outcome: VerdictKind
    text: Text


@dataclass(frozen=True, slots=True)
class Code:
    """Source code or program output, line by line as it is."""

    kind: ClassVar[str] = "code"
    language: str
    source: str


Block = Heading | Paragraph | Display | Steps | Definitions | Conditions | Table | Verdict | Code


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its solution; `label` is what numbers it, such as "Question 1". Both may be empty."""

    title: Text = ()
    statement: tuple[Block, ...] = ()
    blocks: tuple[Block, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole solution sheet; a single answer needs no title."""

    title: Text = ()
    author: Text = ()
    course: Text = ()
    date: Text = ()
    sections: tuple[Section, ...] = ()


def verdicts(document: Document) -> tuple[Verdict, ...]:
    """All verdicts of a document, in order.

    >>> sheet = Document(text("T"), sections=(Section(text("Q"), blocks=(Verdict("right", text("ok")),)),))
    >>> [verdict.outcome for verdict in verdicts(sheet)]
    ['right']
    """
    return tuple(
        block for section in document.sections for block in section.blocks if isinstance(block, Verdict)
    )
