"""``symderive likelihood``: from a density to the loss, its derivatives and the information."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from symderive.cli._arrays import read_arrays, split_words
from symderive.cli._sheet import add_sheet_arguments, answer
from symderive.errors import SymderiveError

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "likelihood"
HELP = "derive loss, gradient, Hessian, convexity and Fisher information from a density"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "words",
        nargs="+",
        metavar="DISTRIBUTION",
        help="the distribution, then data to evaluate at: X='1,0.5;1,1.5' y=1,3 coefficients=0.4,0.9",
    )
    parser.add_argument("--link", help="identity, log, logit, … (default: the canonical one)")
    parser.add_argument(
        "--coefficients", metavar="NAME", help="the name of the coefficient vector (default: theta)"
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="a TOML file with X, y and coefficients")
    add_sheet_arguments(parser)


def run(args: Namespace) -> int:
    """Answer the question.

    Raises:
        SymderiveError: A value is wrong, or the question cannot be answered.
    """
    plain, named = split_words(args.words)
    if len(plain) != 1:
        what = f'"{plain[1][:60]}" is one word too many' if plain else "no distribution is named"
        raise SymderiveError(
            f"likelihood: {what}; write for example: symderive likelihood poisson --link identity."
        )
    files: dict[str, Any] = {}
    data: Any = {key: _listed(key, value) for key, value in read_arrays(named).items()} or None
    if args.data is not None:
        if data is not None:
            raise SymderiveError("likelihood: data are given twice: in a file and as arguments.")
        from symderive.solutions.problem_file import read_located

        source = read_located(args.data)
        files["data"], data = (source, False), dict(source.values)
    values = {"distribution": plain[0], "link": args.link, "coefficients": args.coefficients, "data": data}
    return answer(args, "likelihood", values, files)


def _listed(key: str, value: Any) -> Any:
    """A single observation or coefficient as a list."""
    return value if key == "X" or isinstance(value, list) else [value]
