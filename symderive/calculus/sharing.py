"""Equal intermediate results computed once."""

from __future__ import annotations

import sympy

from symderive.core.identity import canonical, substitute, tensors_of
from symderive.core.nodes import Index, Tensor, TensorNode
from symderive.core.program import Definition, Program


def with_shared(program: Program) -> Program:
    """The same program with unnamed results that have equal equations replaced by the first of them.

    Equal means equal up to the names of indices: `np.mean(x)` and `np.mean(x, keepdims=True)` are one once
    the axes of size 1 are gone.
    """
    first: dict[tuple[object, ...], Tensor] = {}
    alike: dict[tuple[object, ...], list[Definition]] = {}  # those that read the same arrays
    instead: dict[Tensor, Tensor] = {}
    definitions: list[Definition] = []
    for made in program.definitions:
        made = made.with_body(_with_names(made.body, instead))
        others = alike.setdefault((made.tensor.shape, tensors_of(made.body)), [])
        others.append(made)
        if len(others) == 2:
            first[_key(others[0])] = others[0].tensor
        known = made.tensor if len(others) == 1 else first.setdefault(_key(made), made.tensor)
        if known != made.tensor and not made.pinned and made.tensor not in program.outputs:
            instead[made.tensor] = known
            continue
        definitions.append(made)
    return program.with_definitions(definitions)


def _key(made: Definition) -> tuple[object, ...]:
    """What is the same for equations that are equal up to the names of indices."""
    marks = tuple(Index(f"·{place}", index.dim) for place, index in enumerate(made.indices))
    return marks, canonical(substitute(made.body, dict(zip(made.indices, marks, strict=True))))


def _with_names(expr: sympy.Expr, instead: dict[Tensor, Tensor]) -> sympy.Expr:
    if instead.keys().isdisjoint(tensors_of(expr)):
        return expr
    if isinstance(expr, TensorNode):
        tensor = instead.get(expr.tensor)
        return expr if tensor is None else expr.func(tensor, *expr.axes)
    return expr.func(*(_with_names(arg, instead) for arg in expr.args))
