"""What stands on a command line as `name=value`: arrays, and words that follow options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symderive.errors import SymderiveError

__all__ = ["as_size", "flattened", "read_array", "read_arrays", "split_words"]


def flattened(groups: Sequence[Sequence[str]] | None) -> list[str]:
    """The words of an option that was given several times, each time with several words."""
    return [word for group in groups or () for word in group]


def split_words(words: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Parts plain words from `name=value`.

    Raises:
        SymderiveError: A name has two values.

    >>> split_words(["conv", "k=3"])
    (['conv'], {'k': '3'})
    """
    plain: list[str] = []
    named: dict[str, str] = {}
    for word in words:
        name, mark, value = word.partition("=")
        if not mark or not name.isidentifier():
            plain.append(word)
        elif name in named:
            raise SymderiveError(f"{name} is given twice.")
        else:
            named[name] = value
    return plain, named


def read_array(name: str, written: str) -> Any:
    """Numbers as nested lists: `3`, `1,2` or `1,2;3,4`; a semicolon at the end makes one row a matrix.

    Raises:
        SymderiveError: There is no number where one should be.

    >>> read_array("W1", "1,2;3,4"), read_array("x", "1,2"), read_array("y", "3"), read_array("X", "1,2;")
    ([[1, 2], [3, 4]], [1, 2], 3, [[1, 2]])
    """
    if ";" in written:
        return [_numbers(name, row) for row in written.removesuffix(";").split(";")]
    return _numbers(name, written) if "," in written else _number(name, written)


def read_arrays(named: dict[str, str]) -> dict[str, Any]:
    """All of `name=value` as arrays.

    Raises:
        SymderiveError: As `read_array`.
    """
    return {name: read_array(name, written) for name, written in named.items()}


def _numbers(name: str, row: str) -> list[Any]:
    return [_number(name, entry) for entry in row.removesuffix(",").split(",")]


def _number(name: str, written: str) -> int | float:
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    shown = written.strip()[:40]
    what = f'"{shown}" is not a number' if shown else "a number is missing"
    raise SymderiveError(f"{name}: {what}; write for example {name}=1,2 or {name}='1,2;3,4'.")


def as_size(written: str) -> int | str:
    """A size: a whole number, or the name of one.

    >>> as_size("12"), as_size("C_in")
    (12, 'C_in')
    """
    try:
        return int(written)
    except ValueError:
        return written
