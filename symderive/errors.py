"""Errors that a user can act on: each is one sentence that says what is wrong and what to do."""

from __future__ import annotations

import os


class SymderiveError(ValueError):
    """A mistake in what symderive was asked to do."""


class ProblemError(SymderiveError):
    """A mistake in a file, told with the file and the line where it stands.

    Args:
        message: One sentence.
        file: The file, as the user named it.
        line: The line in the file, from 1.

    >>> print(ProblemError("unknown key", file="assignment.toml", line=14))
    assignment.toml, line 14: unknown key
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | os.PathLike[str] | None = None,
        line: int | None = None,
    ) -> None:
        self.message = message
        self.file = None if file is None else os.fspath(file)
        self.line = line
        place = [] if self.file is None else [self.file]
        place += [] if line is None else [f"line {line}"]
        super().__init__(f"{', '.join(place)}: {message}" if place else message)
