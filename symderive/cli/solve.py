"""``symderive solve``: solve the questions of a problem file and typeset the derivations."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from symderive.cli._progress import progress
from symderive.cli._sheet import STDOUT, outcome, print_sheet, terminal_format

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "solve"
HELP = "solve the questions of a problem file and write the document"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    from symderive.solutions.formats import format_names

    parser.add_argument("file", type=Path, metavar="FILE", help="the problem file (TOML)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="the document (default: beside FILE; - for stdout)"
    )
    parser.add_argument(
        "--format",
        choices=format_names(),
        metavar="FORMAT",
        help=f"{', '.join(format_names())} (default: by the suffix of OUT, else pdf; tex without pdflatex)",
    )
    parser.add_argument("--template", type=Path, metavar="FILE", help="a template of your own")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit with 1 where something reported is wrong, 3 where it is undecided",
    )


def run(args: Namespace) -> int:
    """Solve the problem file and print what was found.

    Returns:
        0 when the document was written; with ``--strict`` 1 or 3, as the verdicts say.

    Raises:
        SymderiveError: The problem file has a mistake, or the arguments do not fit together.
    """
    if args.output == STDOUT:
        return _print(args)

    from symderive.solutions.solve import solve_file

    with progress(f"solving {args.file}") as report:
        solved = solve_file(
            args.file, output=args.output, format=args.format, template=args.template, report=report
        )
    for message in solved.messages:
        print(message)
    print(f"wrote {solved.path}")
    return solved.exit_code if args.strict else 0


def _print(args: Namespace) -> int:
    """Print the document itself; what was found is in it, and goes to stderr besides."""
    from symderive.solutions.problem_file import read_problem
    from symderive.solutions.solve import findings, solve_problem

    chosen = terminal_format(args.format)
    with progress(f"solving {args.file}") as report:
        document = solve_problem(read_problem(args.file), report=report)
    print_sheet(document, chosen, args.template)
    for message in findings(document):
        print(message, file=sys.stderr)
    return outcome(document, strict=args.strict)
