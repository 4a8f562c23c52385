"""What a table of a problem file may hold, declared as data, and read with complaints that name key and line.

A type has `expected`, what the user reads when something else stands there, and `read`.

    >>> layer = Table(Field("kernel", Integer(least=1)), Field("stride", Integer(least=1), default=1))
    >>> read_table(layer, {"kernel": 5}, (), lambda path, message: ValueError(message))
    {'kernel': 5, 'stride': 1}
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from symderive.errors import did_you_mean

Path = tuple[str | int, ...]
Complain = Callable[[Path, str], Exception]
REQUIRED: Final = object()
"""The default of a key that must be given."""


class ValueType(Protocol):
    """What a value may be."""

    @property
    def expected(self) -> str:
        """What is expected, with its article: "a number"."""
        ...

    def read(self, value: Any, path: Path, complain: Complain) -> Any:
        """The value as the program takes it.

        Raises:
            Exception: What `complain` makes of the path and a message, where the value is wrong.
        """
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a table.

    Args:
        name: The key.
        type: What its value may be.
        default: Its value where it is not given; without one it must be given. A default is not checked.
        choices: The only values allowed, or none for any.
        doc: What it means, one line.
        check: Given the value, returns what is wrong with it, a sentence that starts after the key
            ("must be odd."), or None.
    """

    name: str
    type: ValueType
    default: Any = REQUIRED
    choices: tuple[Any, ...] = ()
    doc: str = ""
    check: Callable[[Any], str | None] | None = None


class Table:
    """A table with these keys; as a type, a table inside a table.

    Args:
        *fields: Its keys.
        open: Whether other keys are allowed, and kept as they are.
    """

    __slots__ = ("fields", "open")
    expected = "a table"

    def __init__(self, *fields: Field, open: bool = False) -> None:
        self.fields: Final = fields
        self.open: Final = open

    def read(self, value: Any, path: Path, complain: Complain) -> dict[str, Any]:
        """Reads a table inside a table."""
        if not isinstance(value, dict):
            raise complain(path, mismatch(path, value, self.expected))
        return read_table(self, value, path, complain)


@dataclass(frozen=True, slots=True)
class String:
    """Text, by default not empty."""

    empty: bool = False
    expected = "a string"

    def read(self, value: Any, path: Path, complain: Complain) -> str:
        """Reads text."""
        if not isinstance(value, str):
            raise complain(path, mismatch(path, value, self.expected))
        if not value.strip() and not self.empty:
            raise complain(path, f"{_key(path)} is empty; write a text or leave the key out.")
        return value


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    expected = "true or false"

    def read(self, value: Any, path: Path, complain: Complain) -> bool:
        """Reads a truth value."""
        if not isinstance(value, bool):
            raise complain(path, mismatch(path, value, self.expected))
        return value


@dataclass(frozen=True, slots=True)
class Date:
    """A date as TOML writes it; becomes text."""

    expected = "a date"

    def read(self, value: Any, path: Path, complain: Complain) -> str:
        """Reads a date, as ISO text."""
        if not isinstance(value, datetime.date | datetime.datetime):
            raise complain(path, mismatch(path, value, self.expected))
        return value.isoformat()


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number within bounds, both included."""

    least: int | None = None
    most: int | None = None

    @property
    def expected(self) -> str:
        """A whole number, with its bounds."""
        return "a whole number" + _bounds(self.least, self.most)

    def read(self, value: Any, path: Path, complain: Complain) -> int:
        """Reads a whole number."""
        if isinstance(value, bool) or not isinstance(value, int) or not _within(value, self.least, self.most):
            raise complain(path, mismatch(path, value, self.expected))
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number within bounds, both included; becomes a float."""

    least: float | None = None
    most: float | None = None

    @property
    def expected(self) -> str:
        """A finite number, with its bounds."""
        return "a finite number" + _bounds(self.least, self.most)

    def read(self, value: Any, path: Path, complain: Complain) -> float:
        """Reads a finite number."""
        number = _finite(value)
        if number is None or not _within(number, self.least, self.most):
            raise complain(path, mismatch(path, value, self.expected))
        return number


@dataclass(frozen=True, slots=True)
class Numbers:
    """Nested lists of finite numbers, rectangular; become nested lists of floats.

    Args:
        ranks: How many axes are allowed: 0 a number, 1 a vector, 2 a matrix; none: any, but at least 1.
    """

    ranks: tuple[int, ...] = ()

    @property
    def expected(self) -> str:
        """The ranks that are allowed, in words."""
        known = [_rank_name(rank) for rank in self.ranks]
        return " or ".join(known) if known else "a list of numbers, or of rows of numbers"

    def read(self, value: Any, path: Path, complain: Complain) -> Any:
        """Reads a rectangular array."""
        array, shape = self._read(value, path, complain)
        if len(shape) not in self.ranks if self.ranks else not shape:
            raise complain(path, f"{_key(path)} must be {self.expected}, not {_rank_name(len(shape))}.")
        if 0 in shape:
            raise complain(path, f"{_key(path)} is empty; it must hold at least one number.")
        return array

    def _read(self, value: Any, path: Path, complain: Complain) -> tuple[Any, tuple[int, ...]]:
        """The array and its shape."""
        if not isinstance(value, list):
            number = _finite(value)
            if number is None:
                raise complain(path, mismatch(path, value, "a finite number"))
            return number, ()
        entries = [self._read(entry, (*path, index), complain) for index, entry in enumerate(value)]
        shapes = [shape for _, shape in entries]
        for index, shape in enumerate(shapes):
            if shape != shapes[0]:
                raise complain((*path, index), _ragged(path, index, shape, shapes[0]))
        return [array for array, _ in entries], (len(entries), *(shapes[0] if shapes else ()))


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose entries all have one type."""

    of: ValueType

    @property
    def expected(self) -> str:
        """A list, and of what."""
        if isinstance(self.of, Table):
            return "a list of tables"
        return f"a list, each entry {self.of.expected}"

    def read(self, value: Any, path: Path, complain: Complain) -> list[Any]:
        """Reads a list entry by entry."""
        if not isinstance(value, list):
            hint = (
                f"; write [[{path[-1]}]] instead of [{path[-1]}]" if isinstance(value, dict) and path else ""
            )
            raise complain(path, mismatch(path, value, self.expected).rstrip(".") + hint + ".")
        return [self.of.read(entry, (*path, index), complain) for index, entry in enumerate(value)]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A table whose keys the user chooses, and whose values have one type."""

    of: ValueType
    expected = "a table"

    def read(self, value: Any, path: Path, complain: Complain) -> dict[str, Any]:
        """Reads a table value by value."""
        if not isinstance(value, dict):
            raise complain(path, mismatch(path, value, self.expected))
        return {key: self.of.read(entry, (*path, key), complain) for key, entry in value.items()}


class OneOf:
    """A value of one of several types; the first that fits.

    Args:
        *types: The types. Where none fits, the complaint is the one that looks deepest into the value.
        called: All that is allowed in words, where a list of the types would be long.
    """

    __slots__ = ("called", "types")

    def __init__(self, *types: ValueType, called: str = "") -> None:
        self.types: Final = types
        self.called: Final = called

    @property
    def expected(self) -> str:
        """All that is allowed."""
        return self.called or " or ".join(kind.expected for kind in self.types)

    def read(self, value: Any, path: Path, complain: Complain) -> Any:
        """Reads the first type that fits."""
        deepest: _MisfitError | None = None
        for kind in self.types:
            try:
                return kind.read(value, path, _MisfitError)
            except _MisfitError as misfit:
                if len(misfit.path) > len(path) and (deepest is None or len(misfit.path) > len(deepest.path)):
                    deepest = misfit
        if deepest is not None:
            raise complain(deepest.path, deepest.message)
        raise complain(path, mismatch(path, value, self.expected))


class _MisfitError(Exception):
    """A type that did not fit, while others are still to be tried."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def read_table(table: Table, values: Mapping[str, Any], path: Path, complain: Complain) -> dict[str, Any]:
    """Checks a table and completes it with defaults.

    Args:
        table: What it may hold.
        values: What it holds.
        path: Where it stands.
        complain: Makes the error of a path and a message.

    Returns:
        A value for every field, in the order of the declaration.

    Raises:
        Exception: What `complain` makes, for the first thing that is wrong.
    """
    names = [field.name for field in table.fields]
    for key in values:
        if key not in names and not table.open:
            raise complain((*path, key), _unknown(key, names))
    read = {field.name: _read_field(field, values, path, complain) for field in table.fields}
    return read | {key: value for key, value in values.items() if key not in names}


def _read_field(field: Field, values: Mapping[str, Any], path: Path, complain: Complain) -> Any:
    """The value of one key."""
    here = (*path, field.name)
    if field.name not in values:
        if field.default is REQUIRED:
            meaning = f" ({field.doc})" if field.doc else ""
            raise complain(here, f'the key "{field.name}"{meaning} is missing.')
        return field.default
    value = field.type.read(values[field.name], here, complain)
    if field.choices and value not in field.choices:
        choices = [choice for choice in field.choices if choice is not None]
        near = did_you_mean(str(value), [str(choice) for choice in choices])
        allowed = ", ".join(map(_shown, choices))
        raise complain(here, f"{_key(here)} is {_shown(value)}, which is not one of {allowed}{near}")
    wrong = field.check(value) if field.check else None
    if wrong is not None:
        raise complain(here, f"{_key(here)} {wrong}")
    return value


def mismatch(path: Path, value: Any, expected: str) -> str:
    """What stands where something else was expected.

    >>> mismatch(("kernel",), "five", "a whole number")
    '"kernel" must be a whole number, not the string "five".'
    """
    return f"{_key(path)} must be {expected}, not {_found(value)}."


def _unknown(key: str, names: list[str]) -> str:
    return f"unknown key {_shown(key)}" + _near_or(key, names, f"; known keys: {', '.join(names)}.")


def _near_or(word: str, words: list[str], otherwise: str) -> str:
    """The word that was probably meant, else all there are."""
    near = did_you_mean(word, words)
    return near if near != "." else otherwise


def _ragged(path: Path, index: int, shape: tuple[int, ...], first: tuple[int, ...]) -> str:
    """Which row does not have the form of the first."""
    return f"{_key(path)} is ragged: row {index + 1} {_form(shape)}, but row 1 {_form(first)}."


def _rank_name(rank: int) -> str:
    names = {0: "a number", 1: "a list of numbers", 2: "a matrix (a list of rows)"}
    return names.get(rank, f"an array with {rank} axes")


def _form(shape: tuple[int, ...]) -> str:
    if not shape:
        return "is a number"
    if len(shape) == 1:
        return f"has {shape[0]} {'entry' if shape[0] == 1 else 'entries'}"
    return f"has the shape {'×'.join(map(str, shape))}"


def _key(path: Path) -> str:
    """The key that a path ends at, with the row and entry in it, counted from 1."""
    names = [k for k, part in enumerate(path) if isinstance(part, str)]
    if not names:
        return "the file"
    positions = [part + 1 for part in path[names[-1] + 1 :] if isinstance(part, int)]
    rows = [f", row {position}" for position in positions[:-1]]
    entry = [f", entry {position}" for position in positions[-1:]]
    return _shown(path[names[-1]]) + "".join(rows + entry)


def _found(value: Any) -> str:
    """A value as the user wrote it, with what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the string {_shown(value)}"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an empty list" if not value else "a list"
    return "a date or time" if isinstance(value, datetime.date | datetime.time) else _short(str(value))


def _shown(value: Any) -> str:
    return '"' + _short(value.replace("\n", " ")) + '"' if isinstance(value, str) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _finite(value: Any) -> float | None:
    """A number as a finite float, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _bounds(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" between {least} and {most}"
    if least is not None:
        return f" of at least {least}"
    return "" if most is None else f" of at most {most}"
