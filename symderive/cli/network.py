"""``symderive network``: the gradients of a dense network, in closed form and in numbers."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from symderive.cli._arrays import as_size, flattened, read_arrays, split_words
from symderive.cli._sheet import add_sheet_arguments, answer
from symderive.errors import SymderiveError

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "network"
HELP = "derive the gradients of a dense network, compute them three ways, judge reported ones"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "words",
        nargs="+",
        metavar="SIZE",
        help="the inputs, then each layer as UNITS or UNITS:ACTIVATION; numbers or names",
    )
    parser.add_argument("--loss", required=True, help="difference, squared_error, binary_cross_entropy, …")
    parser.add_argument("--no-bias", action="store_true", help="layers without a bias")
    parser.add_argument(
        "--weights", metavar="LAYOUT", help="in-out: rows of W are inputs (default); out-in: outputs"
    )
    parser.add_argument("--batch", metavar="SIZE", help="the number of samples (default: one input vector)")
    parser.add_argument(
        "--data",
        nargs="+",
        action="append",
        metavar="NAME=NUMBERS",
        help="arrays, as in x=1,1 or W1='1,2;3,4'",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the seed of numpy.random for --draw")
    parser.add_argument(
        "--draw",
        nargs="+",
        action="append",
        metavar="NAME",
        help="arrays drawn, in the order of the calls; NAME:randn",
    )
    parser.add_argument(
        "--method", metavar="METHOD", help="the difference quotient: one-sided, central, complex-step"
    )
    parser.add_argument("--epsilon", type=float, metavar="STEP", help="its step (default: the best one)")
    parser.add_argument(
        "--reported", type=Path, metavar="FILE", help="a TOML file with [[reported]] tables to judge"
    )
    add_sheet_arguments(parser)


def run(args: Namespace) -> int:
    """Answer the question.

    Raises:
        SymderiveError: A value is wrong, or the question cannot be answered.
    """
    inputs, *layers = args.words
    data = flattened(args.data)
    strange, named = split_words(data)
    if strange:
        raise SymderiveError(f'network: --data takes NAME=NUMBERS, as in x=1,1, not "{strange[0][:60]}".')
    values: dict[str, Any] = {
        "inputs": as_size(inputs),
        "layers": [_layer(written, bias=not args.no_bias) for written in layers],
        "loss": args.loss,
        "weights": args.weights,
        "batch": None if args.batch is None else as_size(args.batch),
        "data": read_arrays(named) or None,
        "seed": args.seed,
        "draw": [_drawn(word) for word in flattened(args.draw)] or None,
        "method": args.method,
        "epsilon": args.epsilon,
    }
    files: dict[str, Any] = {}
    return answer(args, "network", values | _reported(args.reported, files), files)


def _layer(written: str, *, bias: bool) -> dict[str, Any]:
    units, mark, activation = written.partition(":")
    layer: dict[str, Any] = {"units": as_size(units), "bias": bias}
    return layer | ({"activation": activation} if mark else {})


def _drawn(word: str) -> str | dict[str, str]:
    name, mark, how = word.partition(":")
    return {"name": name, "with": how} if mark else name


def _reported(file: Path | None, files: dict[str, Any]) -> dict[str, Any]:
    """What a file reports; notes in `files` where complaints about it belong."""
    if file is None:
        return {}
    from symderive.solutions.problem_file import read_located

    source = read_located(file)
    strange = [key for key in source.values if key != "reported"]
    if strange or "reported" not in source.values:
        what = f'unknown key "{strange[0][:60]}"' if strange else "there is nothing reported"
        raise source.error(tuple(strange[:1]), f"{what}; write [[reported]] tables.")
    files["reported"] = (source, True)
    return {"reported": source.values["reported"]}
