"""Find the commands among the files of this package."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

from symderive.errors import InternalError

__all__ = ["Command", "find_commands"]


class Command(Protocol):
    """What a command's file defines; with `details() -> str` also what stands at the end of its help."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, args: Namespace) -> int:
        """Do the work and return the exit code."""


def find_commands() -> list[Command]:
    """Return the commands, sorted by name.

    Raises:
        InternalError: A file of the package lacks a part of a command.

    Example:
        >>> [command.NAME for command in find_commands()]
        [...'example', ...'solve', ...'templates'...]
    """
    package = __package__ or "symderive.cli"
    stems = [module.name for module in iter_modules([str(Path(__file__).parent)])]
    commands = [_load(f"{package}.{stem}") for stem in stems if not stem.startswith("_")]
    return sorted(commands, key=lambda command: command.NAME)


def _load(name: str) -> Command:
    module = import_module(name)
    missing = [part for part in ("NAME", "HELP", "add_arguments", "run") if not hasattr(module, part)]
    if missing:
        raise InternalError(f"{name} is not a command: it does not define {', '.join(missing)}.")
    return cast(Command, module)
