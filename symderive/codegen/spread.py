"""Intermediate results that are products of smaller arrays, put back where they are used.

`D_pikl = P_pi (X_ik W_pl)` has four axes and no part with as many; summed with other arrays it need never be
built.
"""

from __future__ import annotations

import sympy

from symderive.codegen.products import TooLongError, has_places, terms_of
from symderive.codegen.shared_parts import put_in
from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program

_LEAST_RANK = 3


def without_spread(program: Program) -> Program:
    """The program with such intermediate results put into the equations that are linear in them."""
    held: dict[Tensor, Definition] = {}
    kept: list[Definition] = []
    for made in program.definitions:
        body = put_in(made.body, held)
        made = made.with_body(body)
        later = [one for one in program.definitions if made.tensor in tensors_of(one.body)]
        free = made.tensor not in program.outputs and not made.pinned
        if free and is_spread(made) and all(_is_linear(one.body, made.tensor) for one in later):
            held[made.tensor] = made
        else:
            kept.append(made)
    short = Program(program.inputs, tuple(kept), program.outputs)
    try:
        for made in short.definitions:
            terms_of(made.body, made.indices)
    except TooLongError:
        return program
    return short


def is_spread(made: Definition) -> bool:
    """Whether a right-hand side has more axes than each of its parts."""
    if made.tensor.rank < _LEAST_RANK or has_places(made.body):
        return False
    try:
        terms = terms_of(made.body, made.indices)
    except TooLongError:
        return False
    whole = frozenset(made.indices)
    return not any(free_indices(factor) >= whole for term in terms for factor in term.factors)


def _is_linear(expr: sympy.Expr, tensor: Tensor) -> bool:
    """Whether an expression is of first order in a tensor that is read at indices."""
    if tensor not in tensors_of(expr):
        return True
    if isinstance(expr, Entry):
        return all(isinstance(axis, Index) for axis in expr.axes)
    if isinstance(expr, sympy.Add):
        return all(_is_linear(term, tensor) for term in expr.args)
    if isinstance(expr, sympy.Mul):
        touched = [factor for factor in expr.args if tensor in tensors_of(factor)]
        return len(touched) == 1 and _is_linear(touched[0], tensor)
    return isinstance(expr, IndexSum) and _is_linear(expr.body, tensor)
