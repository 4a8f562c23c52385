"""From a layer or a program to its cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, overload

from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.cost.count import count
from symderive.cost.placing import layer_cost, tree_of, with_backward
from symderive.cost.protocols import Costable, Network
from symderive.cost.record import Cost
from symderive.cost.training.pulling import Derivatives, Pull, with_adjoint
from symderive.cost.tree import CostTree
from symderive.errors import SymderiveError


@overload
def cost(
    thing: Network,
    *,
    parameters: Iterable[str] = (),
    strict: bool = False,
    derivatives: Derivatives | None = None,
    **sizes: int,
) -> CostTree: ...
@overload
def cost(
    thing: Any,
    *,
    parameters: Iterable[str] = (),
    strict: bool = False,
    derivatives: Derivatives | None = None,
    **sizes: int,
) -> Cost: ...
def cost(
    thing: Any,
    *,
    parameters: Iterable[str] = (),
    strict: bool = False,
    derivatives: Derivatives | None = None,
    **sizes: int,
) -> Cost | CostTree:
    """What a layer, a network or a program costs, counted from its index equations, without derivatives.

    `symderive.cost` is the same with backward passes.

    Args:
        thing: a layer, a network, a `Program`, or anything with a `.program` (a derivation).
        parameters: for a bare program, the names of the inputs that are trained.
        strict: whether an operation that is not counted is an error; otherwise it stands in `unknown`.
        derivatives: who counts the gradient program of a layer; without it there is no backward pass.
        sizes: numbers for its symbols, as in `Cost.subs`.

    Returns:
        a cost in symbols. Integer sizes of a layer get the customary name of their role (`C_in`, `k`, `H`)
        and their value, so that formula and number are both there. That of a network is a tree of blocks.

    Raises:
        SymderiveError: not something that has equations, a size or parameter that it does not have, or with
            `strict` an operation that is not counted.
        ShapeError: sizes that do not fit each other.

    >>> from symderive.layers import Conv2d
    >>> normal = cost(Conv2d(3, 256, 5, 12, 12))
    >>> normal.formula().write(), normal.macs, normal.params
    ('k² · C_in · H′ · W′ · C_out', 1228800, 19200)
    """
    made: Cost | CostTree
    if isinstance(thing, type):
        raise SymderiveError(
            f"cost: {thing.__name__} is a class; give one of its kind, as in {thing.__name__}()."
        )
    if isinstance(thing, Network):
        made = tree_of(thing, derivatives)
    elif isinstance(thing, Costable):
        layer, values = thing.named()
        made = with_backward(layer_cost(layer), layer, derivatives)
        made = made.subs(values) if values else made
    else:
        program = _program_of(thing)
        trained = _trained(program, parameters)
        data = with_adjoint([one for one in program.inputs if one not in trained])
        pull = None if derivatives is None else Pull(program, program.outputs, trained, data, derivatives)
        made = Cost(count(program), trained, outputs=program.outputs, pull=pull)
    if strict and made.unknown:
        raise SymderiveError(
            f"cost: not counted are {'; '.join(made.unknown)}; without strict the total is a lower bound."
        )
    return made.subs(sizes) if sizes else made


def _program_of(thing: Any) -> Program:
    program = thing if isinstance(thing, Program) else getattr(thing, "program", None)
    if callable(program):
        program = program()
    if not isinstance(program, Program):
        raise SymderiveError(
            f"cost: {type(thing).__name__} has no equations; give a layer, a network or a Program."
        )
    return program


def _trained(program: Program, names: Iterable[str]) -> tuple[Tensor, ...]:
    inputs = {tensor.name: tensor for tensor in program.inputs}
    names = tuple(names)
    missing = [name for name in names if name not in inputs]
    if missing:
        raise SymderiveError(f"cost: no input is called {missing[0]!r}; the inputs are {', '.join(inputs)}.")
    return tuple(inputs[name] for name in names)
