"""Turn arguments into a namespace, and every slip in them into one sentence."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any, NoReturn

from symderive import __version__
from symderive.cli._commands import find_commands
from symderive.errors import SymderiveError, did_you_mean

__all__ = ["Parser", "build_parser", "parse"]

_LONGEST = 200
EPILOG = "exit codes: 0 done or right, 1 wrong, 2 bad input, 3 undecided"


class Parser(ArgumentParser):
    """An argument parser that raises one sentence where argparse prints a usage and exits.

    Options are never abbreviated: ``--out`` must not change its meaning when an option is added.
    """

    details: Callable[[], str] | None = None
    """What stands at the end of the help; it is computed only when help is asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def format_help(self) -> str:
        """The help, with the details at its end."""
        if self.details is not None:
            self.epilog = self.details()
        return super().format_help()

    @property
    def place(self) -> str:
        """How an error sentence begins: the command and a colon, or nothing above the commands."""
        _, _, command = self.prog.partition(" ")
        return f"{command}: " if command else ""

    def error(self, message: str) -> NoReturn:
        """Raise the sentence.

        Raises:
            SymderiveError: Always.
        """
        advice = f'Run "{self.prog} --help" for the arguments.'
        said = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        raise SymderiveError(f"{self.place}{said.rstrip('.')}. {advice}")

    def refuse_unknown(self, word: str) -> NoReturn:
        """Raise the sentence about an argument that nothing takes.

        Raises:
            SymderiveError: Always.
        """
        if not word.startswith("-"):
            self.error(f'unexpected argument "{word}"')
        option = word.partition("=")[0]
        known = [name for action in self._actions for name in action.option_strings]
        raise SymderiveError(f'{self.place}unknown option "{option}"{did_you_mean(option, known)}')

    def _check_value(self, action: Action, value: Any) -> None:
        """Name the nearest choice, where argparse lists them all."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        name = action.option_strings[-1] if action.option_strings else action.metavar
        what = "command" if action.dest == "command_name" else f"value of {name}"
        hint = did_you_mean(str(value), choices)
        listed = "" if hint.endswith("?") else f" Choose from {', '.join(choices)}."
        raise SymderiveError(f'{self.place}unknown {what} "{str(value)[:60]}"{hint}{listed}')


def build_parser() -> Parser:
    """Return the parser of the whole command line, with one subparser for each command."""
    parser = Parser(
        prog="symderive",
        description="Derive, check, cost and typeset the mathematics of machine learning.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"symderive {__version__}")
    parser.set_defaults(parser=parser, command=None)
    subparsers = parser.add_subparsers(dest="command_name", metavar="COMMAND", title="commands")
    for command in find_commands():
        subparser = subparsers.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        subparser.set_defaults(parser=subparser, command=command)
        subparser.details = getattr(command, "details", None)
        command.add_arguments(subparser)
    return parser


def parse(parser: Parser, argv: list[str]) -> Namespace:
    """Return the parsed arguments; ``command`` is the module of the command.

    Args:
        parser: What :func:`build_parser` returned.
        argv: The arguments after the program's name.

    Returns:
        The namespace that the command's ``run`` takes.

    Raises:
        SymderiveError: The arguments do not fit.
    """
    args, unknown = parser.parse_known_args(argv)
    if hasattr(args, "words"):  # argparse takes positional words only up to the first option
        args.words += [word for word in unknown if _is_word(word)]
        unknown = [word for word in unknown if not _is_word(word)]
    if unknown:
        args.parser.refuse_unknown(unknown[0])
    if args.command is None:
        parser.error("no command is given")
    return args


def _is_word(word: str) -> bool:
    """Whether this is no option: it has no dash in front, or is a formula with a minus, as `-np.sum(w)`."""
    return not word.startswith("-") or (not word.startswith("--") and any(mark in word for mark in "(*@ "))
