r"""Text laid out for a terminal: how wide it is, and how it is wrapped, set in columns and boxed.

Everything here takes finished text: control characters are made visible by `shown` before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from symderive.solutions.document import Cell, Emph, Math, Text, text
from symderive.solutions.number_text import Digits, read_digits
from symderive.solutions.visible_text import visible_line

WIDTH = 100
"""The width of files, so that the same input gives the same bytes."""
_TIED = "\u00a0"
_TIED_MOST = 48
_SIGN = re.compile("(?<= )([+−]) ")


def width_of(line: str) -> int:
    """The columns that a line takes: wide letters take two, combining marks none.

    >>> width_of("x̂ = 漢")
    6
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in line)
    marks = sum(unicodedata.combining(letter) != 0 or letter in "\u200c\u200d" for letter in line)
    return len(line) + wide - marks


def padded(line: str, width: int, align: str = "left") -> str:
    """A line filled with spaces.

    >>> padded("a", 3, "right"), padded("a", 3, "center"), padded("abc", 2)
    ('  a', ' a ', 'abc')
    """
    room = max(0, width - width_of(line))
    if align == "right":
        return " " * room + line
    if align == "center":
        return " " * (room // 2) + line + " " * (room - room // 2)
    return line + " " * room


def shown(spans: Text | str) -> str:
    """A text as one line; a short formula in it, or a term of a long one, is tied: no line ends inside."""
    if isinstance(spans, str):
        return visible_line(spans)
    return "".join(map(_span, text(*spans))).strip(" ")


def _span(span: str | Math | Emph) -> str:
    if isinstance(span, Math):
        formula = visible_line(span.plain)
        is_short = width_of(formula) <= _TIED_MOST
        return formula.replace(" ", _TIED) if is_short else _products_tied(_brackets_tied(formula))
    raw = span.content if isinstance(span, Emph) else span
    inner = visible_line(raw)
    before, after = (" " if raw[:1].isspace() else ""), (" " if raw[-1:].isspace() else "")
    return f"{before}{inner}{after}" if inner else before


def wrapped(line: str, width: int, hanging: int = 0) -> list[str]:
    """A line broken at spaces; every line but the first is indented.

    Args:
        line: What `shown` gave.
        width: The columns there are.
        hanging: The indentation of the second line and those after it.

    Returns:
        The lines. What is tied together is parted where it is wider than a line; a word that is wider
        stands alone and sticks out.

    >>> wrapped("one two three", 8, 2)
    ['one two', '  three']
    """
    room = width - hanging
    line = " ".join(word if width_of(word) <= room else word.replace(_TIED, " ") for word in line.split(" "))
    lines: list[str] = []
    current = ""
    for word in line.split(" "):
        if not word:
            continue
        longer = f"{current} {word}" if current.strip() else current + word
        if width_of(longer) > width and current.strip():
            lines.append(current)
            longer = " " * hanging + word
        current = longer
    return [made.replace(_TIED, " ").rstrip() for made in (*lines, current) if made.strip()]


def broken(formula: str, width: int, hanging: int = 0) -> list[str]:
    """A formula on several lines, as `wrapped`, parted where that is read best.

    That is before a sign outside all brackets, else between factors, and inside a bracket only where one does
    not fit on a line.

    >>> broken("a · b + c · d / e", 13)
    ['a · b', '+ c · d / e']
    >>> broken("a · b · (c − 1)", 14)
    ['a · b ·', '(c − 1)']
    """
    words = _products_tied(_brackets_tied(formula)).split(" ")
    pieces = (piece for word in words for piece in _loosened(word, width - hanging))
    return wrapped(" ".join(pieces), width, hanging)


def _products_tied(formula: str) -> str:
    for sign in "·/":
        formula = formula.replace(f" {sign} ", f"{_TIED}{sign}{_TIED}")
    return _SIGN.sub(f"\\1{_TIED}", formula)


def _brackets_tied(formula: str) -> str:
    """The formula with no space to break at inside of brackets, or between a sum's sign and its terms."""
    depth, made = 0, ""
    for letter in formula.replace("} ", "}" + _TIED):
        depth = max(0, depth + (letter in "([{⌊⌈") - (letter in ")]}⌋⌉"))
        made += _TIED if letter == " " and depth else letter
    return made


def _loosened(word: str, room: int) -> list[str]:
    """A word as it is where it fits; else its factors, and where one of them does not fit, what is in it."""
    if width_of(word) <= room:
        return [word]
    formula = word.replace(_TIED, " ")
    factors = _brackets_tied(formula).split(" ")
    if all(width_of(one) <= room for one in factors):
        return factors
    terms = _products_tied(formula).split(" ")
    return [one if width_of(one) <= room else one.replace(_TIED, " ") for one in terms]


def indented(lines: Iterable[str], by: int) -> list[str]:
    """Lines moved to the right."""
    return [" " * by + line if line else line for line in lines]


def boxed(lines: Sequence[str]) -> list[str]:
    r"""Lines in a frame.

    >>> print("\n".join(boxed(["a = b"])))
    ┌───────┐
    │ a = b │
    └───────┘
    """
    wide = max(map(width_of, lines), default=0)
    inner = [f"│ {padded(line, wide)} │" for line in lines]
    return ["┌" + "─" * (wide + 2) + "┐", *inner, "└" + "─" * (wide + 2) + "┘"]


def formula_lines(math: Math) -> list[str]:
    """The rows of a formula, aligned at their first equals signs where there are several."""
    rows = [visible_line(row) for row in math.plain.split("\n")]
    if len(rows) == 1 or not all(" = " in row for row in rows):
        return rows
    sides = [row.partition(" = ") for row in rows]
    left = max(width_of(side[0]) for side in sides)
    return [f"{padded(side[0], left)} = {side[2]}" for side in sides]


def columns(rows: Sequence[Sequence[Cell]], aligns: Sequence[str]) -> list[list[str]]:
    """The cells of a table, each as wide as its column.

    Args:
        rows: The cells.
        aligns: How each column is aligned; `decimal` puts the points of its numbers under each other.

    Returns:
        The padded cells.

    >>> columns([["-1.5", "a"], ["10", "bc"]], ["decimal", "right"])
    [['−1.5', ' a'], ['10  ', 'bc']]
    """
    made = [[_cell(cell) for cell in row] for row in rows]
    for place, align in enumerate(aligns):
        cells = [row[place] for row in made]
        if align == "decimal":
            cells = _at_points([row[place] for row in rows])
        wide = max(map(width_of, cells), default=0)
        for row, cell in zip(made, cells, strict=True):
            row[place] = padded(cell, wide, "left" if align == "decimal" else align)
    return made


def _cell(cell: Cell) -> str:
    digits = read_digits(cell) if isinstance(cell, str) else None
    return (digits.plain if digits else shown(cell)).replace(_TIED, " ")


def _at_points(cells: Sequence[Cell]) -> list[str]:
    """Numbers with their points under each other; what is no number is aligned on the right."""
    numbers = [read_digits(cell) if isinstance(cell, str) else None for cell in cells]
    heads = [_head(number) for number in numbers if number]
    before = max(map(width_of, heads), default=0)
    rows = [
        padded(_head(number), before, "right") + number.plain[len(_head(number)) :] if number else _cell(cell)
        for number, cell in zip(numbers, cells, strict=True)
    ]
    wide = max(map(width_of, rows), default=0)
    return [
        padded(row, wide, "left" if number else "right") for number, row in zip(numbers, rows, strict=True)
    ]


def _head(number: Digits) -> str:
    return number.sign.replace("-", "−") + number.whole
