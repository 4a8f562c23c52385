"""``symderive example``: list the problem files that ship with symderive, or write one out."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from symderive.cli._writing import write_files
from symderive.errors import InternalError, SymderiveError, did_you_mean

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "example"
HELP = "list the problem files that ship with symderive, or write one out"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the problem file; without it, list them all")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="the file to write (default: stdout)"
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")


def run(args: Namespace) -> int:
    """List the examples, print one, or write one.

    Raises:
        SymderiveError: There is no such example, or the output exists.
    """
    if args.name is None and args.output is not None:
        raise SymderiveError(f"example: nothing to write to {args.output}; name an example before -o.")
    examples = _read_examples()
    if args.name is None:
        _print_list(examples)
        return 0
    name = args.name.removesuffix(".toml")
    if name not in examples:
        hint = did_you_mean(name, examples)
        advice = "" if hint.endswith("?") else ' Run "symderive example" for the list.'
        raise SymderiveError(f'example: no example is named "{name}"{hint}{advice}')
    if args.output is None:
        _print_bytes(examples[name])
        return 0
    write_files({args.output: examples[name]}, force=args.force)
    print(f"wrote {args.output}")
    return 0


def _read_examples() -> dict[str, bytes]:
    """Return the content of each example, sorted by name.

    Raises:
        InternalError: No example came with the installation.
    """
    from importlib.resources import files

    folder = files("symderive") / "examples"
    entries = list(folder.iterdir()) if folder.is_dir() else []
    examples = {entry.name: entry.read_bytes() for entry in entries if entry.name.endswith(".toml")}
    if not examples:
        raise InternalError("no example came with this installation of symderive")
    return {name.removesuffix(".toml"): examples[name] for name in sorted(examples)}


def _print_list(examples: Mapping[str, bytes]) -> None:
    import tomllib

    width = max(map(len, examples))
    for name, content in examples.items():
        title = tomllib.loads(content.decode("utf-8")).get("title", "")
        print(f"{name:{width}}  {title}".rstrip())


def _print_bytes(content: bytes) -> None:
    """Print a file as it is, whatever the encoding and the line ends of the terminal."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
