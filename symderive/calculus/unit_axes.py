"""Axes of size 1 in intermediate results carry nothing: drop them."""

from __future__ import annotations

import sympy

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program


def drop_unit_axes(program: Program) -> Program:
    """The same program with unnamed intermediate results rid of axes of size 1 (`keepdims`, `[:, None]`)."""
    slim: dict[Tensor, tuple[Tensor, tuple[int, ...]]] = {}
    definitions = []
    for made in program.definitions:
        body = _slimmed(made.body, slim)
        keep = tuple(place for place, size in enumerate(made.tensor.shape) if size != 1)
        if made.pinned or made.tensor in program.outputs or len(keep) == made.tensor.rank:
            definitions.append(made.with_body(body))
            continue
        old = made.tensor
        tensor = Tensor(old.name, tuple(old.shape[place] for place in keep), old.domain, old.latex_name)
        slim[old] = (tensor, keep)
        lost = {index: sympy.S.Zero for place, index in enumerate(made.indices) if place not in keep}
        definitions.append(
            Definition(tensor, tuple(made.indices[place] for place in keep), body.xreplace(lost), made.rule, made.why)
        )
    return Program(program.inputs, tuple(definitions), program.outputs)


def _slimmed(expr: sympy.Expr, slim: dict[Tensor, tuple[Tensor, tuple[int, ...]]]) -> sympy.Expr:
    if isinstance(expr, Entry):
        if expr.tensor not in slim:
            return expr
        tensor, keep = slim[expr.tensor]
        return Entry(tensor, *(expr.axes[place] for place in keep))
    return expr.func(*(_slimmed(arg, slim) for arg in expr.args)) if expr.args else expr
