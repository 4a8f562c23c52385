"""The command line: every module of this package whose name has no leading underscore is one command.

A command is a file with ``NAME``, ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int``. What is slow
to import (sympy, numpy, rich, the rooms of symderive) is imported inside ``run``: ``symderive --help`` must
answer at once.

Exit codes: 0 done or right, 1 wrong, 2 bad input, 3 undecided; 70 a mistake of symderive itself, 130
interrupted, 141 the reader of stdout left.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from symderive.cli._failures import explain
from symderive.cli._parser import build_parser, parse

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: The arguments after the program's name; those of the process by default.

    Returns:
        The exit code. No error leaves this function: each becomes one line on stderr.

    Example:
        >>> main(["--version"])
        symderive ...
        0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show Σ shows \u03a3
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except BaseException as error:  # Ctrl-C too has an exit code
        return explain(error)
    return code


def _run(argv: list[str]) -> int:
    parser = build_parser()
    if not argv:
        parser.print_help(sys.stderr)
        return 2
    try:
        args = parse(parser, argv)
    except SystemExit as leaving:  # argparse, after --help or --version
        return int(leaving.code or 0)
    return int(args.command.run(args))
