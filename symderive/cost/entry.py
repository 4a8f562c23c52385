"""From a layer or a program to its cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, Self, runtime_checkable

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.cost.count import count
from symderive.cost.record import Cost
from symderive.errors import SymderiveError


@runtime_checkable
class Costable(Protocol):
    """What `cost` asks of a layer or network; the layers of `symderive.layers` answer it."""

    def program(self) -> Program:
        """The index equations."""

    def named(self) -> tuple[Self, Mapping[Dim, int]]:
        """The same with symbols for its integer sizes, and their values."""

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The trainable arrays."""

    @property
    def buffers(self) -> tuple[Tensor, ...]:
        """The arrays that are kept and not trained."""

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """What named output sizes are."""

    @property
    def conditions(self) -> tuple[Any, ...]:
        """What has to hold of the sizes."""

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The sizes in writing order."""


def cost(thing: Any, *, parameters: Iterable[str] = (), **sizes: int) -> Cost:
    """What a layer or program costs, counted from its index equations.

    Args:
        thing: a layer, a `Program`, or anything with a `.program` (a derivation).
        parameters: for a bare program, the names of the inputs that are trained.
        sizes: numbers for its symbols, as in `Cost.subs`.

    Returns:
        a cost in symbols. Integer sizes of a layer get the customary name of their role (`C_in`, `k`, `H`)
        and their value, so that formula and number are both there.

    Raises:
        SymderiveError: not something that has equations, or a size or parameter that it does not have.
        ShapeError: sizes that do not fit each other.

    >>> from symderive.layers import Conv2d
    >>> normal = cost(Conv2d(3, 256, 5, 12, 12))
    >>> normal.formula().write(), normal.macs, normal.params
    ('k² · C_in · H′ · W′ · C_out', 1228800, 19200)
    """
    if isinstance(thing, Costable):
        layer, values = thing.named()
        order = layer.size_order
        made = Cost(
            count(layer.program(), order),
            layer.parameters,
            order,
            layer.relations,
            layer.conditions,
            kept=layer.buffers,
        )
        return made.subs(values).subs(sizes) if values or sizes else made
    program = _program_of(thing)
    made = Cost(count(program), _trained(program, parameters))
    return made.subs(sizes) if sizes else made


def _program_of(thing: Any) -> Program:
    program = thing if isinstance(thing, Program) else getattr(thing, "program", None)
    if callable(program):
        program = program()
    if not isinstance(program, Program):
        raise SymderiveError(f"cost: {type(thing).__name__} has no equations; give a layer or a Program.")
    return program


def _trained(program: Program, names: Iterable[str]) -> tuple[Tensor, ...]:
    inputs = {tensor.name: tensor for tensor in program.inputs}
    names = tuple(names)
    missing = [name for name in names if name not in inputs]
    if missing:
        raise SymderiveError(f"cost: no input is called {missing[0]!r}; the inputs are {', '.join(inputs)}.")
    return tuple(inputs[name] for name in names)
