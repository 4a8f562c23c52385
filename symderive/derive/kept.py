"""What the backward pass of a layer reads of the forward pass: it has to be kept until then."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import sympy

from symderive.calculus.chain import active_tensors, pulled_back
from symderive.calculus.softmax import recognised
from symderive.core.identity import tensors_of
from symderive.core.kinds import has_kind
from symderive.core.nodes import Binder, Entry, IndexMax, IndexMin, Tensor
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.cost.protocols import Costable
from symderive.functions import by_head
from symderive.functions.record import Indicator

WHICH = "which"
"""The name of an array of positions is that of what was chosen with this in front."""


@lru_cache(maxsize=2048)
def kept(layer: Costable, varying: tuple[str, ...], again: tuple[str, ...] = ()) -> tuple[Tensor, ...]:
    """The arrays of the forward pass that the derivatives of a layer are made of, less its parameters.

    They are the free arrays of the equations that the chain rule gives. A derivative that can be written with
    the value of a function reads its value: the sigmoid's, the softmax's, relu's. Of a maximum the positions
    are kept. What is computed entry by entry from arrays that are kept anyway, from inputs, from the result
    or from arrays with fewer axes, as what is left of x without its mean, is computed once more instead.

    Args:
        layer: as it is computed in training.
        varying: the names of the data inputs that are differentiated by; parameters always are.
        again: the names of intermediate arrays that are computed once more, whatever that takes.

    Returns:
        inputs, outputs and intermediate arrays of its program; an array of positions is called
        `which_` and the name of the array of maxima, and its entries are whole numbers.

    Raises:
        SymderiveError: a node without a derivative rule.

    >>> from symderive.layers import Attention, Dense, LayerNorm, MaxPool1d, Softmax
    >>> [str(one.name) for one in kept(Dense(3, 2), ("x",))]
    ['x']
    >>> [str(one.name) for one in kept(Softmax(3), ("x",))]
    ['weights']
    >>> [str(one.name) for one in kept(LayerNorm(3, 2), ("x",))]
    ['x', 'mean', 'variance']
    >>> [str(one.name) for one in kept(MaxPool1d(3, 2, 8), ("x",))]
    ['which_y']
    >>> inputs = ("q", "k", "v")
    >>> [str(one.name) for one in kept(Attention(3, 4), inputs)]
    ['q', 'k', 'v', 'weights']
    >>> [str(one.name) for one in kept(Attention(3, 4), inputs, ("scores", "weights"))]
    ['q', 'k', 'v']
    """
    written = layer.program()
    program = _shortened(written.needed(layer.results))
    wanted = [tensor for tensor in program.inputs if tensor in layer.parameters or tensor.name in varying]
    moving = active_tensors(program, wanted)
    needed = {one for made in program.definitions for one in _read_by(made, moving)}
    for made in reversed(program.definitions):
        if made.tensor in needed and made.tensor not in program.outputs:
            read = tensors_of(made.body)
            sources = read if made.tensor.name in again else _sources(made.tensor, program, needed, set())
            needed = needed if sources is None else (needed - {made.tensor}) | sources
    order = (*program.inputs, *(made.tensor for made in program.definitions), *_sorted(needed))
    own = {*layer.parameters, *layer.buffers}
    return tuple(one for one in dict.fromkeys(order) if one in needed and one not in own)


def _sorted(tensors: AbstractSet[Any]) -> list[Tensor]:
    return sorted(tensors, key=lambda tensor: str(tensor.name))


def _shortened(program: Program) -> Program:
    """The program with each softmax as one equation."""
    return recognised(program.with_definitions([replace(made, pinned=False) for made in program.definitions]))


def _read_by(made: Definition, moving: AbstractSet[Any]) -> set[Any]:
    """The arrays of the forward pass in what an equation contributes to the adjoints of what it reads."""
    used = _sorted(tensors_of(made.body) & moving)
    if not used:
        return set()
    if isinstance(made.body, (IndexMax, IndexMin)) and isinstance(made.body.body, Entry):
        return {Tensor(f"{WHICH}_{made.tensor.name}", made.tensor.shape, "count")}
    if isinstance(made.body, sympy.Function) and _keeps_slope(made.body.func):
        return {made.tensor, *_read_by(made.with_body(made.body.args[0]), moving)}
    bar = Tensor("adjoint", made.tensor.shape)
    terms = [pulled_back(made, bar, one) for one in used]
    found: set[Any] = set()
    if isinstance(made.body, SoftmaxEntry):
        terms = [term.replace(lambda part: isinstance(part, SoftmaxEntry), _one) for term in terms]
        found.add(made.tensor)
    return found.union(*map(tensors_of, terms)) - {bar}


def _one(_: sympy.Expr) -> sympy.Expr:
    return sympy.S.One


def _sources(
    tensor: Tensor, program: Program, needed: AbstractSet[Any], above: AbstractSet[Any]
) -> set[Any] | None:
    """What an array is computed from once more, entry by entry; None where that takes something larger.

    Args:
        tensor: the array.
        program: the equations of the layer.
        needed: the arrays that are kept anyway.
        above: the arrays whose equations lead here.
    """
    made = program.definition(tensor)
    if made is None or has_kind(made.body, (Binder, SoftmaxEntry)):
        return None
    found: set[Any] = set()
    for one in _sorted(tensors_of(made.body)):
        if one in above or one == tensor:
            return None
        is_given = program.definition(one) is None
        if is_given or one in needed or one in program.outputs or one.rank < tensor.rank:
            found.add(one)
        else:
            inner = _sources(one, program, needed, {*above, tensor})
            if inner is None:
                return None
            found |= inner
    return found


@cache
def _keeps_slope(head: type[sympy.Function]) -> bool:
    """Whether the slope at `f(x)` is that at x, so that the value says it, as for relu.

    The slope is constant between two kinks; it is looked at in a point of each piece and at the kinks.

    >>> from symderive.functions.kinked import absolute, relu
    >>> _keeps_slope(relu), _keeps_slope(absolute)
    (True, False)
    """
    entry = by_head().get(head)
    if entry is None or entry.scalar is None or entry.arity != 1 or not entry.kinks:
        return False
    slope = head(sympy.Symbol("x", real=True)).fdiff(1)
    if not isinstance(slope, Indicator) or slope.args != (sympy.Symbol("x", real=True),):
        return False
    at: Callable[..., float] | None = by_head()[type(slope)].scalar
    kinks = sorted(entry.kinks)
    points = [kinks[0] - 1.0, *kinks, *(sum(pair) / 2 for pair in pairwise(kinks))]
    value = entry.scalar
    return at is not None and all(at(value(point)) == at(point) for point in (*points, kinks[-1] + 1.0))
