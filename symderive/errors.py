"""The errors that symderive raises, and the sentence they carry.

An error says what was being done, what is wrong with the values that disagree, and what to do about it:
``X @ w: inner dimensions differ: d (X is n×d) against k (w is k). Declare w=d, or transpose X.``
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath

__all__ = ["InternalError", "ProblemError", "ShapeError", "SymderiveError", "did_you_mean"]


class SymderiveError(ValueError):
    """A mistake in what symderive was given, told in one sentence.

    The command line prints the sentence without a traceback and exits with 2.

    Example:
        >>> raise SymderiveError("gradient of L: L has shape n; call jacobian.")
        Traceback (most recent call last):
        ...
        symderive.errors.SymderiveError: gradient of L: L has shape n; call jacobian.

    Attributes:
        pointer: of a mistake in a text, the line that it stands in and the column, counted from 1.
    """

    pointer: tuple[str, int] | None = None


class ShapeError(SymderiveError):
    """Two shapes do not fit together.

    Example:
        >>> raise ShapeError(
        ...     "x + y: shapes differ: n (x) against m (y). Declare both with the same dimension."
        ... )
        Traceback (most recent call last):
        ...
        symderive.errors.ShapeError: x + y: shapes differ: n (x) against m (y). Declare both with ...
    """


class ProblemError(SymderiveError):
    """A mistake in a problem file, with the place where it stands.

    Args:
        message: The sentence.
        file: The problem file, as the user named it.
        line: The line, counted from 1.

    Example:
        >>> print(ProblemError('unknown key "kernal"; did you mean "kernel"?', file="a.toml", line=14))
        a.toml, line 14: unknown key "kernal"; did you mean "kernel"?
        >>> print(ProblemError("the file has no question.", file="a.toml"))
        a.toml: the file has no question.
    """

    def __init__(
        self, message: str, file: str | PathLike[str] | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else fspath(file)
        self.line = line

    def __str__(self) -> str:
        """Return the sentence with its place in front."""
        place = [] if self.file is None else [self.file]
        if self.line is not None:
            place.append(f"line {self.line}")
        return f"{', '.join(place)}: {self.message}" if place else self.message


class InternalError(RuntimeError):
    """A check that symderive makes of its own result has failed: never the user's mistake.

    Example:
        >>> raise InternalError("the derived gradient differs from central differences at W1[0, 1]")
        Traceback (most recent call last):
        ...
        symderive.errors.InternalError: the derived gradient differs from central differences at W1[0, 1]
    """


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return the end of an error sentence that names the choice nearest to a misspelt word.

    Args:
        word: What was written.
        choices: What could have been written.

    Returns:
        ``'; did you mean "kernel"?'``, or a full stop where nothing is near.

    Example:
        >>> 'unknown key "kernal"' + did_you_mean("kernal", ["kernel", "stride"])
        'unknown key "kernal"; did you mean "kernel"?'
        >>> 'unknown key "zzz"' + did_you_mean("zzz", ["kernel", "stride"])
        'unknown key "zzz".'
        >>> "no size is called h" + did_you_mean("h", ["H", "W"])
        'no size is called h; did you mean "H"?'
    """
    from difflib import get_close_matches

    known = sorted(choices)
    same = [choice for choice in known if choice.lower() == word.lower()]
    nearest = get_close_matches(word, known, n=1) or same
    return f'; did you mean "{nearest[0]}"?' if nearest else "."
