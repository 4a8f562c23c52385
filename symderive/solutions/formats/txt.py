"""Unicode text for a terminal: formulas in one line, columns aligned, text wrapped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from symderive.solutions.document import (
    Code,
    Conditions,
    Definition,
    Definitions,
    Display,
    Emph,
    Heading,
    Math,
    Paragraph,
    Step,
    Steps,
    Table,
    Text,
    Verdict,
)  # fmt: skip
from symderive.solutions.formats import OutputFormat
from symderive.solutions.markdown_text import code_lines
from symderive.solutions.raw import Raw
from symderive.solutions.terminal_text import (
    WIDTH,
    boxed,
    broken,
    columns,
    formula_lines,
    indented,
    padded,
    shown,
    width_of,
    wrapped,
)  # fmt: skip
from symderive.solutions.visible_text import visible_line

_NARROWEST = 40
_GAP = 4
_MARGIN = 2
_LEAST = 28  # columns of a cell that is broken, if its words are not wider
_MARKS = {"right": "right", "wrong": "WRONG", "undecided": "undecided", None: ""}


def format_for(width: int) -> OutputFormat:
    """The format for a terminal of this width, in columns."""
    room = max(width, _NARROWEST)

    def sized(function: Callable[..., list[str]]) -> Callable[..., Raw]:
        return lambda block: Raw("\n".join(function(block, room)))

    return replace(
        _PLAIN,
        filters={
            "heading": sized(_heading),
            "paragraph": sized(_paragraph),
            "display": sized(_display),
            "steps": sized(_steps),
            "definitions": sized(_definitions),
            "conditions": sized(_conditions),
            "table": sized(_table),
            "verdict": sized(_verdict),
            "code": sized(_code),
            "underlined": sized(_underlined),
        },
    )


def _underlined(spans: Text, width: int) -> list[str]:
    lines = wrapped(shown(spans), width)
    return [*lines, "─" * max(map(width_of, lines), default=0)]


def _heading(block: Heading, width: int) -> list[str]:
    return wrapped(shown(block.text), width)


def _paragraph(block: Paragraph, width: int) -> list[str]:
    return indented(wrapped(shown(block.text), width - _MARGIN), _MARGIN)


def _display(block: Display, width: int) -> list[str]:
    room = width - 2 * _MARGIN - 4
    rows = formula_lines(block.math)
    lines = [
        piece
        for row in rows
        for piece in ([row] if width_of(row) <= room else broken(row, room, _after_relation(row)))
    ]
    return indented(boxed(lines) if block.boxed else lines, 2 * _MARGIN if not block.boxed else _MARGIN)


def _after_relation(row: str) -> int:
    """Where the lines of a broken formula go on: behind the relation, if that is near."""
    left = row.partition(" = ")[0]
    return width_of(left) + 3 if " = " in row and width_of(left) < 24 else 4


Line = tuple[str, str, str, str]
"""Number, left-hand side with its relation, right-hand side, reason."""


def _steps(block: Steps, width: int) -> list[str]:
    left, middle = (
        max((width_of(visible_line(math.plain)) for math in side), default=0)
        for side in ([row.left for row in block.rows], [row.relation for row in block.rows])
    )
    lines: list[Line] = []
    for label, row in zip(block.labels, block.rows, strict=True):
        relation = padded(visible_line(row.relation.plain), middle)
        head = f"{padded(visible_line(row.left.plain), left)} {relation} "
        lines.append((label, head, visible_line(row.right.plain), _reason(row)))
    return _lines(lines, width)


def _reason(row: Step) -> str:
    return ": ".join(part for part in (visible_line(row.name), shown(row.reason)) if part)


def _definitions(block: Definitions, width: int) -> list[str]:
    left = max((width_of(visible_line(row.symbol.plain)) for row in block.rows if row.value), default=0)
    return _lines([_defined(row, left, not place) for place, row in enumerate(block.rows)], width)


def _defined(row: Definition, left: int, is_first: bool) -> Line:
    label, symbol = "let" if is_first else "", visible_line(row.symbol.plain)
    if row.value is None:
        return label, symbol, "", shown(row.meaning)
    return label, f"{padded(symbol, left)} = ", visible_line(row.value.plain), shown(row.meaning)


def _lines(lines: list[Line], width: int) -> list[str]:
    """Lines with aligned right-hand sides and reasons; a reason that has no room stands under its line."""
    start = max((width_of(line[0]) for line in lines), default=0) + 2 + _MARGIN
    bodies = [head + right for _, head, right, _ in lines]
    column = max((width_of(body) for body in bodies if width_of(body) <= width * 0.55), default=0) + _GAP
    made: list[str] = []
    for (label, head, right, reason), body in zip(lines, bodies, strict=True):
        lead = " " * _MARGIN + padded(label, start - _MARGIN)
        room = width - start - column
        widest = max(map(width_of, reason.split(" ")))
        if width_of(body) + _GAP <= column and room >= max(16, widest):
            told = wrapped(reason, room) or [""]
            made.append((lead + padded(body, column) + told[0]).rstrip())
            made += indented(told[1:], start + column)
            continue
        rows = broken(right, width - start - width_of(head)) or [""]
        made += [lead + head + rows[0], *indented(rows[1:], start + width_of(head))]
        made += indented(wrapped(reason, width - start - width_of(head) - 2), start + width_of(head) + 2)
    return [line.rstrip() for line in made]


def _conditions(block: Conditions, width: int) -> list[str]:
    items = [shown(item) for item in block.items]
    if len(items) == 1:
        return indented(wrapped(f"valid if {items[0]}", width - _MARGIN, 9), _MARGIN)
    lines = [piece for item in items for piece in wrapped(f"· {item}", width - 4, 2)]
    return indented(["valid if", *indented(lines, 2)], _MARGIN) if items else []


def _table(block: Table, width: int) -> list[str]:
    marked = any(row.mark for row in block.rows)
    rows = [[*row.cells, _MARKS[row.mark]] if marked else [*row.cells] for row in block.rows]
    aligns = [column.align for column in block.columns] + ["left"] * marked
    heads = [[shown(column.header)] for column in block.columns] + [["verdict"]] * marked
    body = columns(rows, aligns)
    room = width - _MARGIN - 2 * (len(aligns) - 1)
    cells = [[[cell] for cell in row] for row in body]
    for place, wide in enumerate(_fitted(body, heads, room)):
        align = "left" if aligns[place] == "left" else "right"
        heads[place] = [padded(piece, wide, align) for piece in wrapped(heads[place][0], wide)] or [
            " " * wide
        ]
        for row in cells:
            (cell,) = row[place]
            pieces = [cell] if width_of(cell) <= wide else broken(cell.rstrip(), wide, 2)
            row[place] = [padded(piece, wide, align) for piece in pieces]
    top = _stacked(heads)
    lines = [
        *top,
        "─" * max(map(width_of, top), default=0),
        *(line for row in cells for line in _stacked(row)),
    ]
    caption = wrapped(shown(block.caption), width - _MARGIN)
    return indented([*lines, *(["", *caption] if caption else [])], _MARGIN)


def _fitted(body: list[list[str]], heads: list[list[str]], room: int) -> list[int]:
    """The width of each column; a wide header is broken into lines where the table has no room for it."""
    inside = [max((width_of(row[place]) for row in body), default=0) for place in range(len(heads))]
    whole = [max(wide, width_of(head[0])) for wide, head in zip(inside, heads, strict=True)]
    if sum(whole) <= room:
        return whole
    words = [max(map(width_of, head[0].split(" "))) for head in heads]
    found = [max(wide, word) for wide, word in zip(inside, words, strict=True)]
    least = [
        max(word, *(width_of(piece) for row in body for piece in broken(row[place], _LEAST, 2)))
        if body
        else word
        for place, word in enumerate(words)
    ]
    while sum(found) > room and any(wide > small for wide, small in zip(found, least, strict=True)):
        spare = [wide if wide > small else 0 for wide, small in zip(found, least, strict=True)]
        found[spare.index(max(spare))] -= 1
    return found


def _stacked(cells: list[list[str]]) -> list[str]:
    """The lines of a row whose cells have one line or several."""
    return [
        _row([cell[line] if line < len(cell) else " " * width_of(cell[0]) for cell in cells])
        for line in range(max(map(len, cells), default=0))
    ]


def _row(cells: Iterable[str]) -> str:
    return "  ".join(cells).replace("\u00a0", " ").rstrip()


def _verdict(block: Verdict, width: int) -> list[str]:
    word = _MARKS.get(block.outcome, block.outcome)
    return indented(wrapped(f"{word}: {shown(block.text)}", width - _MARGIN, 2), _MARGIN)


def _code(block: Code, width: int) -> list[str]:
    return indented(code_lines(block.source), 2 * _MARGIN)


def _math(math: Math) -> str:
    return visible_line(math.plain)


def _emphasis(emph: Emph) -> str:
    return visible_line(emph.content)


_PLAIN = OutputFormat(
    name="txt",
    suffix=".txt",
    template="solution.txt.jinja",
    escape=visible_line,
    math=_math,
    emphasis=_emphasis,
)
FORMAT = format_for(WIDTH)
