"""Print a sheet on the terminal, or write it to a file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.solutions.document import Document

__all__ = ["STDOUT", "add_sheet_arguments", "answer", "deliver", "outcome", "print_sheet", "terminal_format"]

STDOUT = Path("-")


def add_sheet_arguments(
    parser: ArgumentParser, formats: tuple[str, ...] = (), output: tuple[str, ...] = ("-o", "--output")
) -> None:
    """Declare where an answer goes, and in what form.

    Args:
        parser: The command's parser.
        formats: Formats of this command alone.
        output: How the option for the file is called.
    """
    from symderive.solutions.formats import format_names

    parser.add_argument(
        *output, dest="output", type=Path, metavar="OUT", help="the file to write (default: stdout)"
    )
    parser.add_argument(
        "--format",
        choices=(*formats, *format_names()),
        metavar="FORMAT",
        help=f"{', '.join((*formats, *format_names()))} (default: by the suffix of OUT, else terminal text)",
    )
    parser.add_argument("--template", type=Path, metavar="FILE", help="a template of your own")
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 where something is wrong, 3 where it is undecided"
    )


def answer(args: Namespace, kind: str, values: dict[str, Any], files: dict[str, Any] | None = None) -> int:
    """Answer a question of a kind, deliver it, and return the exit code.

    Args:
        args: With what `add_sheet_arguments` declared.
        kind: The kind of question.
        values: Its keys; those that are None are left out.
        files: Keys whose values stand in a file.

    Raises:
        SymderiveError: A value is wrong, or the question cannot be answered.
    """
    from symderive.solutions.problem_file import CommandSource
    from symderive.solutions.solve import ask

    given = {key: value for key, value in values.items() if value is not None}
    source = CommandSource(None, {}, {}, args.command_name, files or {})
    return deliver(args, lambda: ask(kind, given, source))


def deliver(args: Namespace, make: Callable[[], Document]) -> int:
    """Make a document, print or write it, and return the exit code.

    Args:
        args: With what `add_sheet_arguments` declared.
        make: Makes the document; not called where the output is impossible.

    Raises:
        SymderiveError: The document cannot be made, or not be written there.
    """
    from symderive.cli._progress import progress
    from symderive.solutions.formats import format_for_output
    from symderive.solutions.rendering import produce
    from symderive.solutions.writing import write_whole

    if args.output is None or args.output == STDOUT:
        chosen = terminal_format(args.format)
        with progress(args.command_name):
            document = make()
        print_sheet(document, chosen, args.template)
        return outcome(document, strict=args.strict)
    chosen = format_for_output(args.format, args.output)
    with progress(args.command_name):
        document = make()
        content = produce(document, chosen, args.template)
    write_whole(args.output, content)
    print(f"wrote {args.output}")
    return outcome(document, strict=args.strict)


def terminal_format(name: str | None) -> Any:
    """The format for stdout; text is as wide as the terminal, or as a file where stdout is none.

    Raises:
        SymderiveError: The format is not text.
    """
    from shutil import get_terminal_size

    from symderive.solutions.formats import format_named
    from symderive.solutions.formats.txt import format_for

    if name == "pdf":
        raise SymderiveError("pdf cannot be printed on stdout; name a file after -o.")
    if name not in (None, "txt"):
        return format_named(str(name))
    return format_for(get_terminal_size().columns) if sys.stdout.isatty() else format_named("txt")


def print_sheet(document: Document, chosen: Any, template: Path | None) -> None:
    """Print a document on stdout."""
    from symderive.solutions.rendering import render

    sys.stdout.write(render(document, chosen, template).lstrip("\n"))


def outcome(document: Document, *, strict: bool) -> int:
    """0, or what the verdicts say where that was asked for."""
    from symderive.solutions.solve import exit_code

    return exit_code(document) if strict else 0
