"""``symderive derive``: the gradient or Hessian of a formula in NumPy's syntax."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from symderive.cli._arrays import flattened, split_words
from symderive.cli._sheet import STDOUT, add_sheet_arguments, deliver
from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.derive.derivation import Derivation
    from symderive.solutions.document import Document

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "derive"
HELP = "derive the gradient or Hessian of a formula, with its steps, conditions and check"
_TEXTS = ("text", "latex", "python")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "words",
        nargs="+",
        metavar="FORMULA",
        help="a scalar in NumPy's syntax, then its arrays: 'np.sum((X @ w - y)**2)' X=n,d w=d y=n:sign",
    )
    parser.add_argument(
        "--wrt",
        nargs="+",
        action="append",
        required=True,
        metavar="NAME",
        help="the variable, or several for gradients",
    )
    parser.add_argument(
        "--hessian", action="store_true", help="the second derivative; two names for a mixed one"
    )
    add_sheet_arguments(parser, _TEXTS)


def run(args: Namespace) -> int:
    """Derive and print.

    Raises:
        SymderiveError: The formula cannot be read or derived.
    """
    late, shapes_after = split_words(flattened(args.wrt))
    plain, shapes = split_words(args.words)
    if len(plain) != 1:
        what = f'"{plain[1][:60]}" is one formula too many' if plain else "there is no formula"
        raise SymderiveError(
            f"derive: {what}; write for example: symderive derive 'np.sum(w**2)' w=d --wrt w."
        )
    shapes |= shapes_after
    if args.format == "text":
        args.format = "txt"
    if args.format in ("latex", "python"):
        return _print_code(args, _derived(plain[0], shapes, late, hessian=args.hessian))
    return deliver(args, lambda: _document(_derived(plain[0], shapes, late, hessian=args.hessian)))


def _derived(formula: str, shapes: dict[str, str], wrt: list[str], *, hessian: bool) -> Derivation:
    """The derivation, checked."""
    from symderive.derive.gradient import gradient
    from symderive.derive.gradient import hessian as second
    from symderive.language.text import parse

    for name in wrt:
        if name not in shapes:
            raise SymderiveError(
                f"derive: --wrt {name[:60]}: it has no shape; add for example {name[:60]}=d."
            )
    arrays: dict[str, Any] = {name: parse(name, **{name: shape}) for name, shape in shapes.items()}
    loss = parse(formula, **arrays)
    variables = [arrays[name] for name in dict.fromkeys(wrt)]
    if not hessian:
        return gradient(loss, variables)
    if len(wrt) > 2:
        raise SymderiveError(f"derive: a Hessian has one or two variables, not {len(wrt)}.")
    return second(loss, *variables)


def _document(derivation: Derivation) -> Document:
    from symderive.solutions.document import Document
    from symderive.solutions.parts.derivation_section import derivation_section

    return Document(sections=(derivation_section(derivation),))


def _print_code(args: Namespace, derivation: Derivation) -> int:
    """Print the closed form alone, checked before."""
    derivation.check()
    text = derivation.latex() if args.format == "latex" else derivation.to_python()
    content = text.rstrip("\n") + "\n"
    if args.output is None or args.output == STDOUT:
        sys.stdout.write(content)
        return 0
    from symderive.solutions.writing import write_whole

    write_whole(args.output, content)
    print(f"wrote {args.output}")
    return 0
