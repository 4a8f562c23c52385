"""``symderive templates``: list the templates of the documents, or copy them to adapt one."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from symderive.cli._writing import write_files

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "templates"
HELP = "list the document templates, or copy them so that you can adapt one"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--copy", type=Path, metavar="DIR", help="copy all templates into this folder")
    parser.add_argument("--force", action="store_true", help="replace files in DIR that exist")


def run(args: Namespace) -> int:
    """List or copy the templates.

    Raises:
        SymderiveError: A file in the target folder exists already.
    """
    from symderive.solutions.locations import templates_directory

    folder = templates_directory()
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    if args.copy is None:
        print(f"templates in {folder}:")
        for name in names:
            print(f"  {name.as_posix()}")
        return 0
    write_files({args.copy / name: (folder / name).read_bytes() for name in names}, force=args.force)
    print(f"copied {len(names)} templates to {args.copy}; use one with: symderive solve FILE --template COPY")
    return 0
