"""The errors a user can meet."""

from __future__ import annotations


class SymderiveError(ValueError):
    """A user's mistake, said in one sentence: what was being done, what is wrong, what to do."""


class ShapeError(SymderiveError):
    """Two sizes that must agree do not."""


class ProblemError(SymderiveError):
    """A mistake in a problem file; knows the file and the line."""

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        self.message, self.file, self.line = message, file, line
        where = [part for part in (file, None if line is None else f"line {line}") if part]
        super().__init__(f"{', '.join(where)}: {message}" if where else message)


class InternalError(RuntimeError):
    """symderive's own check of its own result failed; the result must not be used."""
