"""Names for what a user left unnamed: r for a residual, z for a linear map, p or S for a sigmoid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import sympy

from symderive.core.identity import letters
from symderive.core.nodes import Entry, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.functions.sigmoid import sigmoid
from symderive.notation.names import latex_name

_UNNAMED = re.compile(r"∂*_[0-9a-f]{16}|∂|_zero")
_HINTS = {sigmoid: "ps", sympy.exp: "eu", sympy.tanh: "ha", sympy.log: "lu"}


Slope = tuple[Tensor | None, Tensor]


def chosen_names(program: Program, adjoint_of: Mapping[Tensor, Slope], loss: str) -> dict[Tensor, Tensor]:
    """A name for every unnamed tensor of a program.

    Args:
        program: the equations.
        adjoint_of: tensors that are derivatives, with what stands above (None: the loss) and below the line.
        loss: the name of the loss.

    Returns:
        new tensors by old ones.
    """
    taken = {name for name in program.names if not is_unnamed(name)} | _sizes(program)
    taken |= {name.lower() for name in taken if len(name) == 1}
    names: dict[Tensor, Tensor] = {}
    for made in program.definitions:
        tensor = made.tensor
        if tensor in adjoint_of or made.pinned or not is_unnamed(tensor.name):
            continue
        name = next(candidate for candidate in _candidates(made) if candidate not in taken)
        taken |= {name}
        names[tensor] = Tensor(name, tensor.shape, tensor.domain)
    for made in program.definitions:
        if made.tensor in adjoint_of and not made.pinned:
            above, below = adjoint_of[made.tensor]
            top = None if above is None else names.get(above, above)
            slope = slope_tensor(made.tensor, top, names.get(below, below), loss, taken)
            taken.add(slope.name)
            names[made.tensor] = slope
    return names


def slope_tensor(
    old: Tensor, above: Tensor | None, below: Tensor, loss: str, taken: Iterable[str] = ()
) -> Tensor:
    """The tensor `∂above/∂below`, with the loss above where `above` is None."""
    top = latex_name(loss) if above is None else above.latex_name or latex_name(above.name)
    bottom = below.latex_name or latex_name(below.name)
    name = f"d{loss if above is None else above.name}_d{below.name}"
    while name in taken:
        name += "_"
    return Tensor(name, old.shape, "real", rf"\frac{{\partial {top}}}{{\partial {bottom}}}")


def is_unnamed(name: str) -> bool:
    """Whether a name was made by the machine."""
    return bool(_UNNAMED.match(name))


def _sizes(program: Program) -> set[str]:
    return {symbol.name for tensor in program.inputs for size in tensor.shape for symbol in size.free_symbols}


def _candidates(made: Definition) -> Iterator[str]:
    pool = _pool(made.body)
    if made.tensor.rank >= 2:
        pool = [letter.upper() for letter in pool]
    if made.tensor.rank == 0:
        pool = ["c", "s", "v", *pool]
    return letters(dict.fromkeys(pool))


def _pool(body: sympy.Expr) -> Iterable[str]:
    hint = _HINTS.get(type(body), "")
    if isinstance(body, SoftmaxEntry):
        hint = "ps" if body.total.weight == 1 else "rp"
    if isinstance(body, sympy.Add) and any(term.could_extract_minus_sign() for term in body.args):
        hint = "r"
    elif body.has(IndexSum) and not hint:
        hint = "z"
    elif isinstance(body, sympy.Function) and not hint:
        hint = "ha"
    rest = "uvqgab" if isinstance(body, (sympy.Mul, sympy.Pow, Entry)) else "vuqgab"
    return [*hint, *rest]
