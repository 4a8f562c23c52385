"""What the command line says when something goes wrong, and the exit code that goes with it."""

from __future__ import annotations

import os
import sys

from symderive.errors import SymderiveError

__all__ = ["explain"]

BAD_INPUT = 2
INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE
_WIDTH = 76  # columns of a text that are shown around a mistake


def explain(error: BaseException) -> int:
    """Print one line about an error on stderr, for a mistake in a text also its place; return the exit code.

    Args:
        error: What a command raised.

    Returns:
        The exit code of the process.
    """
    if isinstance(error, OSError):
        _settle_stdout()
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    if os.environ.get("SYMDERIVE_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        return _say("interrupted", INTERRUPTED)
    if isinstance(error, SymderiveError):
        code = _say(str(error), BAD_INPUT)
        if error.pointer is not None:
            _point(*error.pointer)
        return code
    if isinstance(error, OSError):
        return _say(_system_error(error), BAD_INPUT)
    return _say(
        f"internal error: {_one_line(error)}; please report; run with SYMDERIVE_DEBUG=1 for the traceback",
        INTERNAL_ERROR,
    )


def _say(sentence: str, code: int) -> int:
    from symderive.solutions.visible_text import visible

    shown = "".join(map(visible, sentence.replace("\n", " ")))  # a terminal must not act on what a file holds
    print(f"symderive: {shown}", file=sys.stderr)
    return code


def _point(line: str, column: int) -> None:
    """Show a line of a text and a caret under the column, counted from 1; of a long line a part."""
    from symderive.solutions.visible_text import visible

    start = max(0, min(column - 1 - _WIDTH // 2, len(line) - _WIDTH))
    part, before = line[start : start + _WIDTH], line[start : column - 1]
    left, right = "… " if start else "", " …" if start + _WIDTH < len(line) else ""
    shown = "".join(map(visible, part.replace("\t", " ")))
    ahead = _columns(left) + _columns("".join(map(visible, before.replace("\t", " "))))
    print(f"  {left}{shown}{right}\n  {' ' * ahead}^", file=sys.stderr)


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    import unicodedata

    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)


def _system_error(error: OSError) -> str:
    reason = (error.strerror or str(error) or type(error).__name__).rstrip(".")
    reason = reason[:1].lower() + reason[1:]
    return f"{error.filename}: {reason}." if error.filename is not None else f"{reason}."


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _settle_stdout() -> None:
    """Drop what stdout cannot take any more, so that the interpreter does not complain again as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
