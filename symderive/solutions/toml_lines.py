"""Where each key of a TOML file stands: tomllib gives values, and this gives their lines."""

from __future__ import annotations

import re
from bisect import bisect_right

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_INLINE_BLANK = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRINGS = (
    re.compile(r'"""(?:[^\\"]|\\[\s\S]|"(?!""))*"""(?:"{0,2})'),
    re.compile(r"'''[\s\S]*?'''(?:'{0,2})"),
    re.compile(r'"(?:[^"\\]|\\.)*"'),
    re.compile(r"'[^']*'"),
)
_ESCAPE = re.compile(r'\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[btnfre"\\])')
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}


class NestingError(ValueError):
    """Values stand deeper inside each other than allowed; `line` says where."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def key_lines(source: str, deepest: int = 32) -> dict[Path, int]:
    r"""Finds the line of every key, table and array element of a TOML text.

    Args:
        source: A text that tomllib has accepted.
        deepest: The longest path that is allowed.

    Returns:
        The path of every key and element → its line, from 1. An implicit table has the line of its first
        mention.

    Raises:
        NestingError: A path is longer than `deepest`.

    >>> key_lines('[[question]]\nkind = "cost"\n[question.at]\nx = [1,\n 2]')[("question", 0, "at", "x", 1)]
    5
    """
    return _Scanner(source.replace("\r\n", "\n"), deepest).scan()


class _Scanner:
    """One walk over a text, which knows that the text is valid."""

    def __init__(self, source: str, deepest: int) -> None:
        self._source = source
        self._deepest = deepest
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", source))]
        self._lines: dict[Path, int] = {}
        self._elements: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(_BLANK) < len(self._source):
            if self._source.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`; the path counts the elements of arrays of tables."""
        line = self._line()
        is_array = self._source.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        parts = self._key()
        self._at += 2 if is_array else 1
        path: Path = ()
        for position, part in enumerate(parts):
            path = (*path, part)
            self._note(path, line)
            if is_array and position == len(parts) - 1:
                self._elements[path] = self._elements.get(path, 0) + 1
            if path in self._elements:
                path = (*path, self._elements[path] - 1)
                self._note(path, line)
        return path

    def _pair(self, table: Path) -> None:
        """`key = value`."""
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, line)
        self._at += 1
        self._skip(_INLINE_BLANK)
        self._value(path)

    def _key(self) -> list[str]:
        """A key with dots, quoted or bare; stops before `=` or `]`."""
        parts: list[str] = []
        while True:
            self._skip(_INLINE_BLANK)
            bare = _BARE_KEY.match(self._source, self._at)
            parts.append(self._take(_BARE_KEY) if bare else _unquoted(self._string()))
            self._skip(_INLINE_BLANK)
            if not self._source.startswith(".", self._at):
                return parts
            self._at += 1

    def _value(self, path: Path) -> None:
        first = self._source[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            self._take(_SCALAR)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self._source[self._at] == "]":
                self._at += 1
                return
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1
            self._skip(_BLANK)
            self._at += self._source[self._at] == ","

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while True:
            self._skip(_BLANK)
            if self._source[self._at] == "}":
                self._at += 1
                return
            self._pair(path)
            self._skip(_BLANK)
            self._at += self._source[self._at] == ","

    def _string(self) -> str:
        """A string of any of the four kinds, with its quotes."""
        for pattern in _STRINGS:
            if pattern.match(self._source, self._at):
                return self._take(pattern)
        raise ValueError(f"line {self._line()}: no string here; tomllib should not have accepted this.")

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self._take(pattern)
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._source, self._at)
        taken = found[0] if found else ""
        self._at += len(taken)
        return taken

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)

    def _note(self, path: Path, line: int) -> None:
        if len(path) > self._deepest:
            raise NestingError(line)
        self._lines.setdefault(path, line)


def _unquoted(quoted: str) -> str:
    """A quoted key as the text that it stands for."""
    if quoted.startswith("'"):
        return quoted[1:-1]
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1]) or chr(int(found[1][1:], 16)), quoted[1:-1])
