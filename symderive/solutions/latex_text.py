"""Plain text as LaTeX that prints it literally; nothing in it acts, and nothing in it stops pdflatex."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from symderive.solutions.document import Emph, Math, Text
from symderive.solutions.latex_characters import (
    ACCENTS,
    BELOW,
    MATH_ACCENTS,
    MATHEMATICAL,
    SPECIAL,
    TYPOGRAPHIC,
    styled_letter,
)

_CLUSTER = re.compile(r"[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f]")
_SPACES = re.compile(r"[ \t\n\r\f\v\u0085\u2028\u2029]+")
_MOST_MARKS = 3
_LONG_WORD = 30
_BREAK_EVERY = 15
_SUBSTITUTE = re.compile(r"\[U\+[0-9A-F]+\]")
_CONTINUED = r"\ensuremath{\hookrightarrow}~"
_STRAIGHT = {" ": "~", "\t": "~~~~", "'": r"\symstraight{}", "`": r"\symgrave{}"}
CODE_WIDTH = 88
"""Characters of a line of code before it is broken."""


def escape_latex(text: str) -> str:
    r"""Text as LaTeX that prints just this text.

    Runs of white space are one space. A character that the base fonts lack is printed as its code point.

    Args:
        text: Any text.

    Returns:
        ASCII that LaTeX prints as the text.

    >>> escape_latex(r"\input{x} $5 & 50%")
    '\\textbackslash{}input\\{x\\} \\$5 \\& 50\\%'
    >>> escape_latex("é θ \U0001f600")
    "\\'{e} \\ensuremath{\\theta} [U+1F600]"
    """
    words = _SPACES.sub(" ", unicodedata.normalize("NFC", _scalars(text))).split(" ")
    return " ".join("".join(_breakable(list(_clusters(word)))) for word in words)


def text_latex(text: Text) -> str:
    r"""A text with formulas and emphasis as LaTeX.

    Args:
        text: The text; only its `Math` is printed as it is.

    Returns:
        LaTeX for running text.

    >>> print(text_latex(("a_1 ", Math("x_1", "x₁"), Emph(" b"))))
    a\_1 \(x_1\)\emph{ b}
    """
    return "".join(_span(span) for span in text)


def emphasis_latex(emph: Emph) -> str:
    r"""Text with emphasis as LaTeX.

    >>> print(emphasis_latex(Emph("50%", strong=True)))
    \textbf{50\%}
    """
    command = "textbf" if emph.strong else "emph"
    return rf"\{command}{{{escape_latex(emph.content)}}}"


def math_latex(math: Math) -> str:
    r"""A formula in running text.

    >>> print(math_latex(Math("x", "x")))
    \(x\)
    """
    return rf"\({math.latex}\)"


def _span(span: str | Math | Emph) -> str:
    if isinstance(span, Math):
        return math_latex(span)
    return emphasis_latex(span) if isinstance(span, Emph) else escape_latex(span)


def escape_latex_code(line: str) -> str:
    r"""One line of code for a typewriter face: every blank is kept, and no two characters join.

    Args:
        line: A line without its line end.

    Returns:
        ASCII that LaTeX prints as the line.

    >>> print(escape_latex_code("  f'{x}'"))
    ~~f\symstraight{}\{x\}\symstraight{}
    """
    pieces = _CLUSTER.findall(unicodedata.normalize("NFC", _scalars(line)))
    return "".join(map(_typeset_code, pieces))


def wrap_code(source: str, width: int = CODE_WIDTH) -> list[str]:
    r"""Code as LaTeX lines that fit the page; a continued line starts with an arrow.

    Args:
        source: Code, with line ends.
        width: The most characters on a line.

    Returns:
        One string of LaTeX a line.

    >>> wrap_code("abc\ndefgh", 4)
    ['abc', 'defg', '\\ensuremath{\\hookrightarrow}~h']
    """
    lines: list[str] = []
    for line in source.expandtabs(4).rstrip("\n").split("\n"):
        lines.append("")
        room = width
        for piece in _CLUSTER.findall(unicodedata.normalize("NFC", _scalars(line))):
            printed = _typeset_code(piece)
            if _columns(printed) > room:
                lines.append(_CONTINUED)
                room = width - 2
            lines[-1] += printed
            room -= _columns(printed)
    return lines


def _scalars(text: str) -> str:
    """Lone surrogates by their code point: they are no characters, and no encoding takes them."""
    return "".join(_code_point(c) if "\ud800" <= c <= "\udfff" else c for c in text)


def _clusters(word: str) -> Iterator[str]:
    """The LaTeX of each character with its combining marks."""
    for cluster in _CLUSTER.findall(word):
        yield _typeset(cluster)


def _breakable(pieces: list[str]) -> Iterator[str]:
    """Lets a word that is too long for a line, such as an address, break."""
    long = sum(map(_columns, pieces)) > _LONG_WORD
    since = 0
    for position, piece in enumerate(pieces):
        columns = _columns(piece)
        if since and ((long and since + columns > _BREAK_EVERY) or columns > 3):
            yield r"\allowbreak{}"
            since = 0
        since += columns
        yield _tight(piece, pieces[position + 1 : position + 2])


def _columns(latex: str) -> int:
    """About how many letters wide a printed character is."""
    substitutes = _SUBSTITUTE.findall(latex)
    if substitutes:
        return sum(map(len, substitutes)) + (latex != "".join(substitutes))
    return 2 if "ensuremath" in latex else len(latex) - 1 if latex.endswith(r"\,") else 1


def _tight(piece: str, following: list[str]) -> str:
    """Drops the empty group that parts two characters where they would not join."""
    joins = {"-{}": "-{}", ",{}": ",{}", "'{}": "'{}"}
    if piece in joins and following != [joins[piece]]:
        return piece[0]
    return piece


def _typeset_code(cluster: str) -> str:
    """One character of code and its combining marks."""
    return _STRAIGHT.get(cluster) or _typeset(cluster)


def _typeset(cluster: str) -> str:
    """One character and its combining marks."""
    if len(cluster) == 1:
        direct = _character(cluster)
        if direct is not None:
            return direct
    decomposed = unicodedata.normalize("NFD", cluster)
    base, marks = decomposed[0], list(decomposed[1:])
    letter = _character(base)
    if letter is None or base.isspace():
        return _code_point(base) + "".join(map(_code_point, marks))
    shown = sorted(marks[:_MOST_MARKS], key=lambda mark: mark in BELOW)
    for mark in shown:
        letter = _accented(letter, mark)
    return letter + "".join(map(_code_point, marks[_MOST_MARKS:]))


def _accented(letter: str, mark: str) -> str:
    """A letter, or a letter with accents, under or over one more accent."""
    simple = len(letter) == 1 and letter.isalpha()
    if mark in ACCENTS and (simple or mark in BELOW):
        return rf"\{ACCENTS[mark]}{{{letter}}}"
    if mark in MATH_ACCENTS:
        return rf"\ensuremath{{\{MATH_ACCENTS[mark]}{{\mbox{{{letter}}}}}}}"
    return letter + _code_point(mark)


def _character(character: str) -> str | None:
    """The LaTeX of one character, or None where it has none."""
    if character in SPECIAL:
        return SPECIAL[character]
    if " " <= character <= "~":
        return character
    if character in TYPOGRAPHIC:
        return TYPOGRAPHIC[character]
    mathematical = MATHEMATICAL.get(character) or styled_letter(character)
    return None if mathematical is None else rf"\ensuremath{{{mathematical}}}"


def _code_point(character: str) -> str:
    """What stands for a character that cannot be printed."""
    return f"[U+{ord(character):04X}]"
