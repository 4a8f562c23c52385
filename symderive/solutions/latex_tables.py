"""How a table is set so that it fits the page: face size, broken columns, or several parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symderive.solutions.document import Cell, Column, Emph, Math, Row, Table, Text
from symderive.solutions.latex_text import escape_latex, text_latex
from symderive.solutions.number_text import Digits, read_digits
from symderive.solutions.raw import Raw

TEXT_WIDTH = 449.0
"""Width of the text of the shipped template, in points."""

_EM = 10.95
_MARK_WIDTH = 62.0
_NARROWEST = 90.0
_LONGEST_STIFF = 130.0
_SIZES = (
    ("normalsize", 1.0, 12.0),
    ("small", 0.92, 12.0),
    ("footnotesize", 0.83, 8.0),
    ("scriptsize", 0.74, 8.0),
)
"""Faces, how wide they are, and the gap between columns in points."""
_NARROW = frozenset("iljtfrI.,;:'!|()[]/ ")
_WIDE = frozenset("-mwMW—…∑∏")


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of a table that fit beside each other.

    Args:
        size: The command of the face size, without backslash.
        spec: The columns as longtable takes them.
        indices: Which columns of the table these are.
        columns: Those columns.
        broken: For each of them, whether its lines break.
        rows: The rows of the table, cut to these columns.
        marked: Whether a column with the marks follows.
    """

    size: str
    spec: Raw
    indices: tuple[int, ...]
    columns: tuple[Column, ...]
    broken: tuple[bool, ...]
    rows: tuple[Row, ...]
    marked: bool


def table_parts(table: Table, width: float = TEXT_WIDTH) -> tuple[Part, ...]:
    """Cuts a table into parts that fit a width, each with the first column; mostly there is one part.

    Args:
        table: The table.
        width: The width to fit, in points.

    Returns:
        The parts, in order.

    >>> from symderive.solutions.document import text
    >>> small = Table((Column(text("n")), Column(text("value"), "decimal")), (Row((text("a"), "1.5")),))
    >>> [(part.size, part.spec) for part in table_parts(small)]
    [('normalsize', 'lr@{}l')]
    """
    table = _with_long_text_left(table)
    marked = any(row.mark is not None for row in table.rows)
    room = width - (_MARK_WIDTH if marked else 0.0)
    natural = [_natural(table, index) for index in range(len(table.columns))]
    groups = _groups(natural, [column.align == "left" for column in table.columns], room)
    return tuple(_part(table, group, natural, room, marked) for group in groups)


def cell_latex(cell: Cell, column: Column, colour: str = "", broken: bool = False) -> str:
    r"""One cell; a number in a decimal column is two cells, which meet at its point.

    Args:
        cell: The cell.
        column: Its column.
        colour: The name of a colour, or nothing.
        broken: Whether the lines of this column break.

    Returns:
        LaTeX for between two `&`.

    >>> print(cell_latex("-1.25", Column((), "decimal")))
    {\(-1\)}&{\(.25\)}
    """
    switch = rf"\leavevmode\color{{{colour}}}" if colour else ""
    ragged = r"\raggedright\hspace{0pt}" if broken else ""
    digits = read_digits(cell) if isinstance(cell, str) else None
    if digits is None:
        inner = f"{ragged}{{{switch}{text_latex((cell,) if isinstance(cell, str) else cell)}}}"
        return rf"\multicolumn{{2}}{{c}}{inner}" if column.align == "decimal" else inner
    if column.align != "decimal":
        return rf"{ragged}{{{switch}\({digits.latex_before}{digits.latex_after}\)}}"
    after = rf"\({digits.latex_after}\)" if digits.latex_after else ""
    return rf"{{{switch}\({digits.latex_before}\)}}&{{{switch}{after}}}"


def _with_long_text_left(table: Table) -> Table:
    """The table with every column of long text as one whose lines can break, whatever its alignment."""
    columns = []
    for index, column in enumerate(table.columns):
        cells = [column.header, *(row.cells[index] for row in table.rows)]
        texts = [cell for cell in cells if not isinstance(cell, str) or read_digits(cell) is None]
        long = any(_width(cell) > _LONGEST_STIFF for cell in texts)
        columns.append(Column(column.header, "left") if long else column)
    return Table(tuple(columns), table.rows, table.caption)


def _groups(natural: list[float], breakable: list[bool], room: float) -> list[list[int]]:
    """Which columns stand beside each other: all, unless they do not fit even in the smallest face."""
    _, scale, gap = _SIZES[-1]
    least = [
        min(width, _NARROWEST) if soft else width * scale
        for width, soft in zip(natural, breakable, strict=True)
    ]
    groups: list[list[int]] = [[0]] if natural else []
    for index in range(1, len(natural)):
        if len(groups[-1]) > 1 and sum(least[k] + gap for k in [*groups[-1], index]) > room:
            groups.append([0])
        groups[-1].append(index)
    return groups


def _part(table: Table, group: list[int], natural: list[float], room: float, marked: bool) -> Part:
    """The columns of a group in the largest face in which they fit."""
    columns = tuple(table.columns[index] for index in group)
    size, widths = _fitted([natural[index] for index in group], columns, room)
    rows = tuple(Row(tuple(row.cells[index] for index in group), row.mark) for row in table.rows)
    spec = "".join(_spec(column, width) for column, width in zip(columns, widths, strict=True))
    broken = tuple(width is not None for width in widths)
    return Part(size, Raw(spec + ("l" if marked else "")), tuple(group), columns, broken, rows, marked)


def _fitted(natural: list[float], columns: tuple[Column, ...], room: float) -> tuple[str, list[float | None]]:
    """A face size, and the width of each column whose lines must break."""
    unbroken: list[float | None] = [None] * len(natural)
    for name, scale, gap in _SIZES[:3]:
        if sum(natural) * scale + gap * len(natural) <= room:
            return name, unbroken
    soft = [column.align == "left" for column in columns]
    for name, scale, gap in _SIZES[1:]:
        stiff = sum(width * scale for width, breaks in zip(natural, soft, strict=True) if not breaks)
        share = room - gap * len(natural) - stiff
        wanted = [width * scale for width, breaks in zip(natural, soft, strict=True) if breaks]
        if wanted and (share >= _NARROWEST * len(wanted) or name == "scriptsize"):
            shared = iter(_shares(wanted, max(share, 30.0 * len(wanted))))
            return name, [next(shared) if breaks else None for breaks in soft]
    return "scriptsize", unbroken


def _shares(wanted: list[float], share: float) -> list[float]:
    """Divides a width: narrow columns keep theirs, wide ones share the rest in proportion."""
    fair = share / len(wanted)
    narrow = sum(width for width in wanted if width <= fair)
    wide = sum(width for width in wanted if width > fair)
    return [width if width <= fair else (share - narrow) * width / wide for width in wanted]


def _spec(column: Column, width: float | None) -> str:
    if width is not None:
        return f"p{{{width:.1f}pt}}"
    return {"left": "l", "right": "r", "center": "c", "decimal": "r@{}l"}[column.align]


def _natural(table: Table, index: int) -> float:
    """How wide a column is in one line."""
    column = table.columns[index]
    cells = [row.cells[index] for row in table.rows]
    numbers = [read_digits(cell) if isinstance(cell, str) else None for cell in cells]
    widths = [_width(column.header) * 1.08]
    widths += [_width(cell) for cell, digits in zip(cells, numbers, strict=True) if digits is None]
    before = [_characters(digits.sign + digits.whole) for digits in numbers if digits]
    after = [_after(digits) for digits in numbers if digits]
    if column.align == "decimal":
        widths.append(max(before, default=0.0) + max(after, default=0.0))
    widths += [left + right for left, right in zip(before, after, strict=True)]
    return max(widths)


def _after(digits: Digits) -> float:
    """The width of a number from its decimal point on."""
    power = 0.0 if digits.power is None else _characters("×10") + 0.8 * _characters(str(digits.power))
    return _characters(digits.fraction) + power


def _width(cell: Cell | Text) -> float:
    spans: Sequence[str | Math | Emph] = (cell,) if isinstance(cell, str) else cell
    return sum(_span_width(span) for span in spans)


def _span_width(span: str | Math | Emph) -> float:
    if isinstance(span, Math):
        return _characters(span.plain) * 1.15
    return _characters(span.content) * 1.12 if isinstance(span, Emph) else _characters(span)


def _characters(text: str) -> float:
    """The width of a line of text in points, guessed from its letters."""
    return _EM * sum(map(_character, text))


def _character(character: str) -> float:
    """The width of a character in ems; one that is printed by its code point is as wide as that."""
    if character.isdecimal() and character.isascii():
        return 0.5
    if character in _NARROW:
        return 0.32
    if character in _WIDE:
        return 0.95
    if character.isascii() and character.isprintable():
        return 0.75 if character.isupper() else 0.55
    printed = escape_latex(character)
    return 0.62 * len(printed) if printed.startswith("[U+") else 0.95
