"""A figure of a cost on the command line: which file, against which size, over which range."""

from __future__ import annotations

import io
import re
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from symderive.errors import SymderiveError, did_you_mean

__all__ = ["add_plot_arguments", "check_plot", "write_plot"]

_SUFFIXES = (".svg", ".png", ".pdf")
_MOST = 257
"""So many sizes at most, where no step is given."""
_MOST_STEPPED = 10_000
_RANGE = re.compile(r"(?P<name>[^=]+)=(?P<first>\d+)\.\.(?P<last>\d+)(?:\.\.(?P<step>\d+))?", re.ASCII)
_LARGEST = 10**12


def add_plot_arguments(parser: ArgumentParser) -> None:
    """Declare the options of a figure."""
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw a quantity against a size; an svg, png or pdf"
    )
    parser.add_argument(
        "--against",
        metavar="SIZE=FROM..TO",
        help="the size of --plot and its range, as in T=1..2048, or with a step T=64..2048..64",
    )
    parser.add_argument(
        "--stacked", action="store_true", default=None, help="the parts of --plot on top of each other"
    )


def check_plot(args: Namespace) -> None:
    """Refuse options of a figure that do not fit each other, before anything is counted.

    Raises:
        SymderiveError: one is missing, or another file cannot be drawn.
    """
    if args.plot is None:
        given = "against" if args.against is not None else "stacked" if args.stacked else None
        if given:
            raise SymderiveError(f"cost: --{given} is about a figure; name its file with --plot cost.svg.")
        return
    if args.plot.suffix.lower() not in _SUFFIXES:
        near = did_you_mean(args.plot.suffix.lower(), _SUFFIXES)
        raise SymderiveError(
            f'cost: --plot {str(args.plot)[:80]}: no figure has the suffix "{args.plot.suffix[:20]}"'
            f"{near if near != '.' else ';'} write to a file such as cost.svg, cost.png or cost.pdf."
        )
    if args.against is None:
        raise SymderiveError("cost: --plot: against which size? Name it and its range: --against T=1..2048.")
    read_range(args.against)


def read_range(written: str) -> tuple[str, list[int]]:
    """A size and its values: evenly spaced ones where no step is given and there are many.

    Raises:
        SymderiveError: no range, or one that is empty or too long.

    >>> read_range("T=1..4"), read_range("H=32..96..32"), len(read_range("T=1..100000")[1])
    (('T', [1, 2, 3, 4]), ('H', [32, 64, 96]), 257)
    """
    found = _RANGE.fullmatch(written.strip()) if len(written) < 200 else None
    if found is None:
        raise SymderiveError(
            f'cost: --against is "{written[:60]}"; write a size and its range, as in T=1..2048.'
        )
    first, last = int(found["first"]), int(found["last"])
    if not 1 <= first <= last or last > _LARGEST:
        raise SymderiveError(
            f"cost: --against: a range of sizes goes from 1 or more up, to {_LARGEST:,} at most, "
            f"not from {first} to {last}."
        )
    if found["step"] is None:
        parts = min(_MOST - 1, last - first)
        return found["name"], [first + (last - first) * place // max(parts, 1) for place in range(parts + 1)]
    step = int(found["step"])
    if not step or (last - first) // step >= _MOST_STEPPED:
        raise SymderiveError(
            f"cost: --against: a step of {step} from {first} to {last} gives "
            f"{'no' if not step else 'too many'} sizes; up to {_MOST_STEPPED:,} can be drawn."
        )
    return found["name"], list(range(first, last + 1, step))


def write_plot(args: Namespace, cost: Any, quantity: str, dtype: str) -> None:
    """Draw a figure and write it.

    Args:
        args: with what `add_plot_arguments` declared.
        cost: what is drawn.
        quantity: which quantity of it.
        dtype: the type of numbers, for bytes.

    Raises:
        SymderiveError: what is asked cannot be drawn, or the file not be written.
    """
    from symderive.solutions.writing import write_whole

    symbol, sizes = read_range(args.against)
    figure = cost.plot(symbol, sizes, quantity, bool(args.stacked), dtype)
    target = io.BytesIO()
    figure.savefig(target, format=args.plot.suffix.lower().removeprefix("."))
    write_whole(args.plot, target.getvalue())
    print(f"wrote {args.plot}")
