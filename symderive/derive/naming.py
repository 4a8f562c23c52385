"""Names for what a user left unnamed: r for a residual, z for a linear map, p or S for a sigmoid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sympy

from symderive.core.identity import letters
from symderive.core.kinds import has_kind
from symderive.core.nodes import Entry, Fold, IndexMax, IndexMin, IndexProduct, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.derive.headings import code_name, latex_of
from symderive.functions.sigmoid import sigmoid
from symderive.notation.names import latex_name

_UNNAMED = re.compile(r"∂*_[0-9a-f]{16}|∂|_zero")
_HINTS = {sigmoid: "ps", sympy.exp: "eu", sympy.tanh: "ha", sympy.log: "lu"}


@dataclass(frozen=True)
class Slope:
    """What a tensor is the derivative of.

    Attributes:
        above: what is differentiated; None for the loss.
        below: the variables, in order.
        along: the direction, where the tensor is the last derivative along one.
    """

    above: Tensor | None
    below: tuple[Tensor, ...]
    along: Tensor | None = None


def chosen_names(program: Program, slopes: Mapping[Tensor, Slope], loss: str) -> dict[Tensor, Tensor]:
    """A name for every unnamed tensor of a program.

    Args:
        program: the equations.
        slopes: tensors that are derivatives, and of what.
        loss: the name of the loss.

    Returns:
        new tensors by old ones.
    """
    taken = {name for name in program.names if not is_unnamed(name)} | _sizes(program) | {loss}
    taken |= {name.lower() for name in taken if len(name) == 1}
    names: dict[Tensor, Tensor] = {}
    for made in program.definitions:
        tensor = made.tensor
        if tensor in slopes or made.pinned or not is_unnamed(tensor.name):
            continue
        name = next(candidate for candidate in _candidates(made) if candidate not in taken)
        taken |= {name}
        names[tensor] = Tensor(name, tensor.shape, tensor.domain)
    for made in program.definitions:
        if made.tensor in slopes and not made.pinned:
            slope = slope_tensor(made.tensor, _renamed(slopes[made.tensor], names), loss, taken)
            taken.add(slope.name)
            names[made.tensor] = slope
    return names


def _renamed(slope: Slope, names: Mapping[Tensor, Tensor]) -> Slope:
    above = None if slope.above is None else names.get(slope.above, slope.above)
    return Slope(above, tuple(names.get(one, one) for one in slope.below), slope.along)


def slope_tensor(old: Tensor, slope: Slope, loss: str, taken: Iterable[str] = ()) -> Tensor:
    """The tensor `∂above/∂below`, or the derivative along a direction, with a name that is not taken."""
    top = latex_name(loss) if slope.above is None else latex_of(slope.above)
    name = loss if slope.above is None else str(slope.above.name)
    written = top
    if slope.below:
        order = len(slope.below)
        raised = rf"\partial^{{{order}}}" if order > 1 else r"\partial"
        bottom = r"\,".join(rf"\partial {latex_of(one)}" for one in slope.below)
        name, written = code_name(name, slope.below), rf"\frac{{{raised} {top}}}{{{bottom}}}"
    if slope.along is not None:
        name, written = f"{name}_along_{slope.along.name}", rf"D_{{{latex_of(slope.along)}}} {written}"
    while name in taken:
        name += "_"
    return Tensor(name, old.shape, "real", written)


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
        pool = [*(pool[:1] if isinstance(made.body, Fold) else ()), "c", "s", "v", *pool]
    return letters(dict.fromkeys(pool))


def _pool(body: sympy.Expr) -> list[str]:
    hint = _HINTS.get(type(body), "m" if isinstance(body, (IndexMax, IndexMin)) else "")
    if isinstance(body, SoftmaxEntry):
        hint = "ps" if body.total.weight == 1 else "rp"
    if isinstance(body, sympy.Add) and any(term.could_extract_minus_sign() for term in body.args):
        hint = "r"
    elif isinstance(body, IndexProduct):
        hint = "P"
    elif has_kind(body, IndexSum) and not hint:
        hint = "z"
    elif isinstance(body, sympy.Function) and not hint:
        hint = "ha"
    rest = "uvqgab" if isinstance(body, (sympy.Mul, sympy.Pow, Entry)) else "vuqgab"
    return [*hint, *rest]
