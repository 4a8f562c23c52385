"""Axes of size 1 that only serve broadcasting (`keepdims`, `[:, None]`): drop them."""

from __future__ import annotations

import sympy

from symderive.calculus.condense import entries_in, inverted
from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program


def drop_unit_axes(program: Program) -> Program:
    """The same program, its unnamed results rid of axes of size 1 on which they do not depend."""
    if not any(size is sympy.S.One for made in program.definitions for size in made.tensor.shape):
        return program
    slim: dict[Tensor, tuple[Tensor, tuple[int, ...]]] = {}
    outside = {
        entry.tensor for made in program.definitions for entry in entries_in(made.body) if not entry.is_inside
    }
    definitions = []
    whole = inverted(program)
    for made in program.definitions:
        body = _slimmed(made.body, slim)
        used = free_indices(body)
        keep = tuple(
            place
            for place, index in enumerate(made.indices)
            if made.tensor.shape[place] != 1 or index in used
        )
        fixed = (
            made.pinned or made.tensor in program.outputs or made.tensor in outside or made.tensor in whole
        )
        if fixed or len(keep) == made.tensor.rank:
            definitions.append(made.with_body(body))
            continue
        old = made.tensor
        tensor = Tensor(old.name, tuple(old.shape[place] for place in keep), old.domain, old.latex_name)
        slim[old] = (tensor, keep)
        definitions.append(
            Definition(tensor, tuple(made.indices[place] for place in keep), body, made.rule, made.why)
        )
    return program.with_definitions(definitions)


def _slimmed(expr: sympy.Expr, slim: dict[Tensor, tuple[Tensor, tuple[int, ...]]]) -> sympy.Expr:
    if slim.keys().isdisjoint(tensors_of(expr)):
        return expr
    if isinstance(expr, Entry):
        tensor, keep = slim[expr.tensor]
        return Entry(tensor, *(expr.axes[place] for place in keep))
    return expr.func(*(_slimmed(arg, slim) for arg in expr.args))
