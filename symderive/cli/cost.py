"""``symderive cost``: what a layer costs, counted from its index equations."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from symderive.cli._arrays import as_size, split_words
from symderive.cli._sheet import add_sheet_arguments, answer
from symderive.errors import SymderiveError, did_you_mean

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "cost"
HELP = "count the multiplications of a layer, as a formula and as a number"
_SUBJECTS = {"conv": "convolution_cost", "convolution": "convolution_cost"}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("words", nargs="+", metavar="SUBJECT", help="what to count: conv (a convolution)")
    parser.add_argument(
        "--input", metavar="HxWxC", help="height, width, channels of the input; numbers or names"
    )
    parser.add_argument(
        "--output",
        dest="after",
        metavar="HxWxC",
        help="those of the output; numbers from which the kernel follows",
    )
    parser.add_argument(
        "--kernel", metavar="K", help="the kernel, a number or a name (default: inferred, else k)"
    )
    parser.add_argument("--c-out", metavar="C", help="the output channels, where no output is given")
    parser.add_argument("--stride", type=int, metavar="S", help="the stride, if known")
    parser.add_argument("--padding", type=int, metavar="P", help="zeros on each side, if known")
    parser.add_argument("--dilation", type=int, metavar="D", help="the step between taps")
    parser.add_argument(
        "--compare", nargs="+", metavar="KIND", help="which of normal, separable (default: both)"
    )
    add_sheet_arguments(parser, output=("-o", "--out"))


def run(args: Namespace) -> int:
    """Answer the question.

    Raises:
        SymderiveError: A value is wrong, or the question cannot be answered.
    """
    plain, named = split_words(args.words)
    subject, *rest = plain or [""]
    if subject not in _SUBJECTS:
        near = did_you_mean(subject, _SUBJECTS)
        known = near if near != "." else "; there is conv."
        raise SymderiveError(f'cost: unknown subject "{subject[:60]}"{known}')
    if rest or named:
        word = rest[0] if rest else next(iter(named))
        raise SymderiveError(
            f'cost: unexpected argument "{word[:60]}"; sizes of a convolution are options, as in --kernel 5.'
        )
    values: dict[str, Any] = {
        "input": _shape(args.input),
        "output": _shape(args.after),
        "kernel": None if args.kernel is None else as_size(args.kernel),
        "c_out": None if args.c_out is None else as_size(args.c_out),
        "stride": args.stride,
        "padding": args.padding,
        "dilation": args.dilation,
        "compare": args.compare,
    }
    return answer(args, _SUBJECTS[subject], values)


def _shape(written: str | None) -> list[int | str] | None:
    """`12x12x3` as sizes; a name may hold an x where the times sign ×, or a comma, parts the sizes."""
    if written is None:
        return None
    mark = next((mark for mark in ("×", ",", "x") if mark in written), "x")
    return [as_size(part.strip()) for part in written.split(mark)]
