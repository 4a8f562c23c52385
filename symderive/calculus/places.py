"""The places at which a maximum is attained: their shares add up to 1."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import sympy

from symderive.core.dims import same_size
from symderive.core.identity import canonical, free_indices, substitute
from symderive.core.nodes import Index, IndexSum, Tensor
from symderive.core.program import Program
from symderive.functions.attained import attained
from symderive.functions.comparisons import equal


def all_places(
    factor: sympy.Expr, others: Sequence[sympy.Expr], indices: Sequence[Index]
) -> tuple[Index, ...]:
    """The summed indices over which `factor · others` adds up to `others`, being all places of a maximum.

    That is `Σ_p 1[f_p = m] / Σ_q 1[f_q = m] = 1`; empty where the factor is nothing of that kind.
    """
    if not isinstance(factor, attained) or not isinstance(factor.args[2], IndexSum):
        return ()
    value, top, count = factor.args[0], factor.args[1], factor.args[2]
    taken = frozenset().union(free_indices(top), free_indices(count), *(free_indices(one) for one in others))
    loose = [index for index in indices if index in free_indices(value) and index not in taken]
    for chosen in permutations(loose, len(count.indices)):
        pairs = list(zip(count.indices, chosen, strict=True))
        if not all(same_size(bound.dim, index.dim) for bound, index in pairs):
            continue
        if canonical(substitute(count.body, dict(pairs))) == canonical(equal(value, top)):
            return chosen
    return ()


def counted(program: Program, several: frozenset[Tensor]) -> Program:
    """The program with the number of places written out, for the maxima in `several`."""
    if not several:
        return program
    return program.mapped(lambda body: _counted(body, several))


def _counted(expr: sympy.Expr, several: frozenset[Tensor]) -> sympy.Expr:
    found = {
        part: equal(*part.args[:2]) / part.args[2]
        for part in expr.atoms(attained)
        if getattr(part.args[1], "tensor", None) in several
    }
    return expr.xreplace(found) if found else expr
