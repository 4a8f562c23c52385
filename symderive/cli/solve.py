"""``symderive solve``: solve the questions of a problem file and typeset the derivations."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from symderive.cli._progress import progress
from symderive.errors import SymderiveError

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "solve"
HELP = "solve the questions of a problem file and write the document"
FORMATS = ("tex", "pdf", "md")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the problem file (TOML)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="the document (default: beside FILE)"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="default: by the suffix of OUT, else pdf where pdflatex exists, else tex",
    )
    parser.add_argument("--template", type=Path, metavar="FILE", help="a template of your own")


def run(args: Namespace) -> int:
    """Solve the problem file, print what was found, and return the outcome's exit code.

    Raises:
        SymderiveError: The problem file has a mistake, or the arguments do not fit together.
    """
    kind = _choose_format(args.format, args.output)
    if args.output is not None and args.output.resolve() == args.file.resolve():
        raise SymderiveError(
            f"solve: OUT is the problem file {args.file} itself; name another file after -o."
        )

    from symderive.solutions.solve import solve_file

    with progress(f"solving {args.file}") as report:
        outcome = solve_file(
            args.file, output=args.output, format=kind, template=args.template, report=report
        )
    for message in outcome.messages:
        print(message)
    if outcome.path is not None:
        print(f"wrote {outcome.path}")
    return int(outcome.exit_code)


def _choose_format(requested: str | None, output: Path | None) -> str:
    """Return the format that the arguments ask for."""
    suffix = "" if output is None else output.suffix.lower().removeprefix(".")
    if requested is None and suffix in FORMATS:
        return suffix
    if requested is None and output is not None:
        raise SymderiveError(
            f"solve: the name {output} does not say the format; end it in"
            f" {', '.join('.' + name for name in FORMATS)}, or give --format."
        )
    if requested is not None and suffix in FORMATS and suffix != requested:
        raise SymderiveError(
            f"solve: --format {requested} does not fit the name {output}; change one of them."
        )
    return requested or _default_format()


def _default_format() -> str:
    from shutil import which

    return "pdf" if which("pdflatex") else "tex"
