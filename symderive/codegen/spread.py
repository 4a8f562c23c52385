"""Intermediate results that are products of smaller arrays, put back where they are used.

`D_pikl = P_pi (X_ik W_pl)` has four axes and no part with as many; summed with other arrays it need never be
built.
"""

from __future__ import annotations

from symderive.codegen.products import TooLongError, has_places, terms_of
from symderive.codegen.shared_parts import put_in
from symderive.core.identity import free_indices, tensors_of
from symderive.core.linear import is_linear
from symderive.core.nodes import Tensor
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
        linear = (is_linear(one.body, made.tensor, at_indices=True) for one in later)
        if free and is_spread(made) and all(linear):
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
