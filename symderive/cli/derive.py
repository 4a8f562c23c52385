"""``symderive derive``: a derivative of a formula in NumPy's syntax, with its steps, conditions and check."""

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
HELP = "derive a gradient, Jacobian, Hessian or other derivative of a formula"
_TEXTS = ("text", "latex", "python")
_EXAMPLE = "write for example: symderive derive 'np.sum(w**2)' w=d --wrt w."
# As in symderive.derive.equation, which --help must not import.
_FORMS = ("closed", "expanded", "index", "kronecker", "blocks")
_DETAILS = ("brief", "standard", "full")  # as in symderive.derive.detail
_SLOPES = ("zero", "left", "middle", "right")  # as in symderive.language.kinks
_BACKENDS = ("numpy", "array-api", "torch", "jax")  # as in symderive.codegen.libraries
_LAYOUTS = ("denominator", "numerator")  # as in symderive.derive.layout


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "words",
        nargs="+",
        metavar="FORMULA",
        help="a formula in NumPy's syntax, then its arrays: 'np.sum((X @ w - y)**2)' X=n,d w=d y=n:sign",
    )
    parser.add_argument(
        "--wrt", nargs="+", action="append", required=True, metavar="NAME", help="the variable, or several"
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--gradient", action="store_true", help="the gradient of a scalar (the default)")
    kinds.add_argument("--jacobian", action="store_true", help="the Jacobian of an array of any shape")
    kinds.add_argument("--hessian", action="store_true", help="the Hessian; of several names, all blocks")
    kinds.add_argument("--mixed", action="store_true", help="one derivative, by the names in turn")
    kinds.add_argument(
        "--order", type=int, metavar="K", help="the K-th derivative in one name, or by K names in turn"
    )
    kinds.add_argument("--direction", metavar="V", help="the derivative along V, an array or a new name")
    kinds.add_argument(
        "--hvp", metavar="V", help="the Hessian times V, an array or a new name, without forming the Hessian"
    )
    parser.add_argument("--layout", choices=_LAYOUTS, metavar="LAYOUT", help="denominator or numerator")
    parser.add_argument(
        "--subgradient",
        choices=_SLOPES,
        metavar="SLOPE",
        help=f"the slope at a kink: {', '.join(_SLOPES)} (default: zero)",
    )
    parser.add_argument(
        "--form",
        choices=_FORMS,
        default="closed",
        metavar="FORM",
        help=f"{', '.join(_FORMS)} (default: closed)",
    )
    parser.add_argument(
        "--detail",
        choices=_DETAILS,
        default="standard",
        metavar="DETAIL",
        help=f"{', '.join(_DETAILS)} (default: standard)",
    )
    parser.add_argument(
        "--backend",
        choices=_BACKENDS,
        metavar="LIBRARY",
        help=f"with --format python, the library: {', '.join(_BACKENDS)} (default: numpy)",
    )
    parser.add_argument("--latex", action="store_true", help="the result alone in LaTeX: --format latex")
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
        raise SymderiveError(f"derive: {what}; {_EXAMPLE}")
    if args.latex and args.format not in (None, "latex"):
        raise SymderiveError(f"derive: --latex and --format {args.format} were both given; give one of them.")
    shapes |= shapes_after
    if args.backend and args.format != "python":
        raise SymderiveError("derive: --backend goes with --format python; give both, or leave it out.")
    args.format = "latex" if args.latex else "txt" if args.format == "text" else args.format
    if args.format in ("latex", "python"):
        return _print_code(args, _derived(args, plain[0], shapes, late))
    return deliver(args, lambda: _document(args, _derived(args, plain[0], shapes, late)))


def _derived(args: Namespace, formula: str, shapes: dict[str, str], wrt: list[str]) -> Derivation:
    """The derivation that the options ask for."""
    from symderive.language.text import parse, read_formula

    for name in wrt:
        if name not in shapes:
            raise SymderiveError(
                f"derive: --wrt {name[:60]}: it has no shape; add for example {name[:60]}=d."
            )
    arrays: dict[str, Any] = {name: parse(name, **{name: shape}) for name, shape in shapes.items()}
    along = args.direction or args.hvp
    loss, used = read_formula(formula, arrays)
    unused = [name for name in shapes if name not in used and name != along]
    if unused:
        raise SymderiveError(
            f"derive: the array {unused[0][:60]} is declared, but the formula does not use it; leave it out."
        )
    return _kind(args, loss, [arrays[name] for name in wrt], arrays)


def _kind(args: Namespace, formula: Any, variables: list[Any], arrays: dict[str, Any]) -> Derivation:
    """Derive what was asked for.

    Raises:
        SymderiveError: The options do not go together.
    """
    from symderive.derive.directional import directional, hessian_vector_product
    from symderive.derive.gradient import gradient
    from symderive.derive.higher import derivative, hessian
    from symderive.derive.jacobian import jacobian

    unique = list({variable.name: variable for variable in variables}.values())
    if args.layout and not (args.jacobian or _is_gradient(args)):
        raise SymderiveError("derive: --layout applies to gradients and Jacobians; leave it out here.")
    if args.jacobian:
        return jacobian(formula, unique, layout=args.layout or "numerator", subgradient=args.subgradient)
    if args.direction or args.hvp:
        option = "--direction" if args.direction else "--hvp"
        if len(unique) != 1:
            raise SymderiveError(f"derive: {option} goes with one variable, not {len(unique)}.")
        along = args.direction or args.hvp
        core = directional if args.direction else hessian_vector_product
        return core(formula, unique[0], arrays.get(along, along), subgradient=args.subgradient)
    if args.mixed or args.order is not None:
        return derivative(formula, *_in_turn(args, variables), subgradient=args.subgradient)
    if args.hessian:
        wrt = unique[0] if len(unique) == 1 else unique
        return hessian(formula, wrt, subgradient=args.subgradient)
    return gradient(formula, unique, layout=args.layout or "denominator", subgradient=args.subgradient)


def _is_gradient(args: Namespace) -> bool:
    return not (args.hessian or args.mixed or args.direction or args.hvp or args.order is not None)


def _in_turn(args: Namespace, variables: list[Any]) -> list[Any]:
    """The variables of a derivative of higher order, one for each order.

    Raises:
        SymderiveError: Their number does not fit.
    """
    if args.mixed:
        if len(variables) < 2:
            raise SymderiveError("derive: --mixed goes with two or more names; write for example --wrt w b.")
        return variables
    if not 1 <= args.order <= _HIGHEST:
        raise SymderiveError(f"derive: --order {args.order}: it goes from 1 to {_HIGHEST}.")
    if len(variables) not in (1, args.order):
        raise SymderiveError(
            f"derive: --order {args.order} goes with one name or {args.order}, not {len(variables)}."
        )
    return variables * args.order if len(variables) == 1 else variables


_HIGHEST = 6


def _document(args: Namespace, derivation: Derivation) -> Document:
    from symderive.solutions.document import Document
    from symderive.solutions.parts.derivation_section import derivation_section

    return Document(sections=(derivation_section(derivation, args.detail, args.form),))


def _print_code(args: Namespace, derivation: Derivation) -> int:
    """Print the closed form alone, checked before."""
    derivation.check()
    text = derivation.latex(args.form) if args.format == "latex" else _python(derivation, args.backend)
    content = text.rstrip("\n") + "\n"
    if args.output is None or args.output == STDOUT:
        sys.stdout.write(content)
        return 0
    from symderive.solutions.writing import write_whole

    write_whole(args.output, content)
    print(f"wrote {args.output}")
    return 0


def _python(derivation: Derivation, backend: str | None) -> str:
    """A file to take away, or for other kinds and libraries the function alone."""
    from symderive.derive.python_file import is_for_a_file

    if backend not in (None, "numpy"):
        return derivation.to_code(backend)
    return derivation.to_python() if is_for_a_file(derivation) else derivation.to_numpy().source
