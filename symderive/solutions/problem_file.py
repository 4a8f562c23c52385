"""Problem files: TOML with a header and a list of questions, read so that every complaint names its line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from symderive.errors import ProblemError
from symderive.solutions.schema import Date as DateType
from symderive.solutions.schema import Field, ListOf, OneOf, String, Table, ValueType, read_table
from symderive.solutions.toml_lines import NestingError, key_lines
from symderive.solutions.toml_lines import Path as KeyPath

LARGEST = 1 << 20
"""The largest problem file, in bytes."""
MOST_QUESTIONS = 100
DEEPEST = 32
"""How deep values may stand inside each other."""

_ENDLESS_KEY = re.compile(r"""(?<![\w.'"-])(?:[\w'"-]++[ \t]*+\.[ \t]*+){1000}""")
"""A key of a thousand parts: tomllib takes quadratic time for it, so it is refused before."""

_PLACE = re.compile(
    r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Source:
    """A problem file as read: its values, and the line of each key.

    Args:
        file: The file as the user named it, or None for a text.
        values: What tomllib read.
        lines: The path of each key → its line.
    """

    file: str | None
    values: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def error(self, path: KeyPath, message: str) -> ProblemError:
        """A complaint about a key, with file and line; a key that is not there has the line of its table."""
        found = path
        while found and found not in self.lines:
            found = found[:-1]
        return ProblemError(f"{_where(path)}{message}", file=self.file, line=self.lines.get(found))


@dataclass(frozen=True, slots=True)
class CommandSource(Source):
    """Values that were given on the command line, some of them in files.

    Args:
        command: What complaints begin with.
        files: Keys whose values stand in a file → that file, and whether the key stands there too.
    """

    command: str = ""
    files: Mapping[str, tuple[Source, bool]] = field(default_factory=dict)

    def error(self, path: KeyPath, message: str) -> ProblemError:
        """A complaint about an option, or about a key of the file that it names."""
        key = path[2] if len(path) > 2 else None
        if isinstance(key, str) and key in self.files:
            source, named = self.files[key]
            return source.error(path[2:] if named else path[3:], message)
        return ProblemError(f"{self.command}: {message}")


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a problem file.

    Args:
        kind: Which file of `questions/` solves it.
        index: Its place among the questions, from 1.
        values: Its keys, checked by the schema of its kind once that was read, and completed with defaults.
        source: The file that it stands in.
    """

    kind: str
    index: int
    values: Mapping[str, Any]
    source: Source = field(repr=False)

    def error(self, path: str | KeyPath, message: str) -> ProblemError:
        r"""A complaint about a key of this question.

        Args:
            path: The key, or the path to it: `("reported", 0, "value")`; `()` for the question as a whole.
            message: One sentence.

        Returns:
            The error to raise; it names file, line and question.

        >>> problem = read_problem_text('[[question]]\nkind = "cost"\nkernel = 5')
        >>> print(problem.questions[0].error("kernel", "must be odd."))
        line 3: question 1: must be odd.
        """
        inner = (path,) if isinstance(path, str) else path
        return self.source.error(("question", self.index - 1, *inner), message)

    def read(self, type: ValueType, value: Any, path: KeyPath) -> Any:
        """Reads a value that the schema left open.

        Args:
            type: What it may be.
            value: The value.
            path: Where it stands in this question.

        Returns:
            The value as the type reads it.

        Raises:
            ProblemError: It is something else.
        """
        return type.read(value, ("question", self.index - 1, *path), self.source.error)

    def checked(self, schema: Table) -> Question:
        """This question with its values checked against the schema of its kind.

        Args:
            schema: What the kind takes, without `kind`.

        Returns:
            The question with the checked values.

        Raises:
            ProblemError: A key is unknown, missing or wrong.
        """
        rest = {key: value for key, value in self.values.items() if key != "kind"}
        values = read_table(schema, rest, ("question", self.index - 1), self.source.error)
        return Question(self.kind, self.index, values, self.source)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem file: what heads the sheet, and the questions."""

    title: str
    author: str
    course: str
    date: str
    questions: tuple[Question, ...]
    source: Source = field(repr=False)


_HEADER = Table(
    Field("title", String(), default="Solutions", doc="what the sheet is called"),
    Field("author", OneOf(String(), ListOf(String())), default="", doc="who wrote it, one or several"),
    Field("course", String(), default="", doc="the course"),
    Field("date", OneOf(String(), DateType()), default="", doc="a date, as text or as TOML writes dates"),
    Field(
        "question",
        ListOf(Table(Field("kind", String(), doc="what kind of question"), open=True)),
        default=(),
        doc="the questions",
    ),
)


def read_problem(path: str | os.PathLike[str]) -> Problem:
    """Reads a problem file; `Question.checked` checks the keys of a question once its kind is known.

    Args:
        path: The file.

    Returns:
        The problem.

    Raises:
        ProblemError: The file cannot be read, is no TOML, or its header is wrong.
    """
    return read_problem_text(_content(path), file=os.fspath(path))


def _content(path: str | os.PathLike[str]) -> str:
    """The text of a file."""
    shown = os.fspath(path)
    try:
        if Path(path).is_dir():
            raise ProblemError("this is a directory; name a problem file.", file=shown)
        with Path(path).open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise ProblemError("there is no such file.", file=shown) from None
    except OSError as error:
        raise ProblemError(f"cannot read: {(error.strerror or str(error)).lower()}.", file=shown) from None
    if len(content) > LARGEST:
        raise ProblemError(f"a problem file has at most {LARGEST >> 20} MiB; this one is larger.", file=shown)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProblemError("this is not UTF-8 text; save the file as UTF-8.", file=shown, line=line) from None


def read_problem_text(source: str, *, file: str | None = None) -> Problem:
    r"""Reads a problem from the text of a problem file.

    Args:
        source: The text.
        file: What complaints call the file.

    Returns:
        The problem.

    Raises:
        ProblemError: As `read_problem`.

    >>> read_problem_text('title = "Sheet 2"\n[[question]]\nkind = "network"').questions[0].kind
    'network'
    """
    located = _located(source, file)
    header = read_table(_HEADER, located.values, (), located.error)
    if not header["question"]:
        raise ProblemError("there is no question; add a [[question]] table with a kind.", file=file)
    if len(header["question"]) > MOST_QUESTIONS:
        message = f"there are {len(header['question'])} questions; {MOST_QUESTIONS} are the most in one file."
        raise located.error(("question", MOST_QUESTIONS), message)
    author = header["author"]
    return Problem(
        header["title"],
        author if isinstance(author, str) else ", ".join(author),
        header["course"],
        str(header["date"]),
        tuple(
            Question(values["kind"], index, values, located)
            for index, values in enumerate(header["question"], 1)
        ),
        located,
    )


def read_located(path: str | os.PathLike[str]) -> Source:
    """Reads a TOML file with the line of each key.

    Args:
        path: The file.

    Returns:
        Its values and lines.

    Raises:
        ProblemError: The file cannot be read, or is no TOML.
    """
    return _located(_content(path), os.fspath(path))


def _located(source: str, file: str | None) -> Source:
    """The values and lines of a text."""
    endless = _ENDLESS_KEY.search(source)
    if endless:
        line = source.count("\n", 0, endless.start()) + 1
        raise ProblemError("a key has more than 1000 parts.", file=file, line=line)
    try:
        values = tomllib.loads(source)
        return Source(file, values, key_lines(source, DEEPEST))
    except NestingError as error:
        message = f"values stand more than {DEEPEST} deep inside each other; make this flatter."
        raise ProblemError(message, file=file, line=error.line) from None
    except RecursionError:
        message = f"values stand more than {DEEPEST} deep inside each other; make this flatter."
        raise ProblemError(message, file=file, line=_deep_line(source)) from None
    except ValueError as error:
        raise _syntax_error(str(error), source, file) from None


def _deep_line(source: str) -> int | None:
    """The first line where more brackets are open than allowed, in a text too deep for tomllib itself."""
    depth = 0
    for number, line in enumerate(source.splitlines(), 1):
        for mark in line:
            depth = max(0, depth + (mark in "[{") - (mark in "]}"))
            if depth > DEEPEST:
                return number
    return None


def _syntax_error(message: str, source: str, file: str | None) -> ProblemError:
    """What tomllib complains about, with its line."""
    place = _PLACE.match(message)
    if "digits" in message:
        return ProblemError("not valid TOML: a whole number has more digits than can be read.", file=file)
    if place is None:
        return ProblemError(f"not valid TOML: {message}.", file=file)
    what = place["what"][:1].lower() + place["what"][1:]
    if place["line"] is None:
        return ProblemError(
            f"not valid TOML: {what}, at the end of the file.", file=file, line=source.count("\n") + 1
        )
    return ProblemError(
        f"not valid TOML: {what}, at column {place['column']}.", file=file, line=int(place["line"])
    )


def _where(path: KeyPath) -> str:
    """The question, and the tables of lists in it, that a path leads into: `question 2, reported 1: `."""
    places = []
    for position, (name, index) in enumerate(pairwise(path), 1):
        in_table = any(isinstance(part, str) for part in path[position + 1 :])
        if isinstance(name, str) and isinstance(index, int) and (in_table or position == 1):
            places.append(f"{name} {index + 1}")
    return ", ".join(places) + ": " if places else ""
