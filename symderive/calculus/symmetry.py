"""Results that are their own transpose by their equations, and the facts that this needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy

from symderive.calculus.domains import Facts, domain_facts
from symderive.calculus.sums import in_one_sum
from symderive.core.identity import (
    canonical,
    free_indices,
    substitute,
)
from symderive.core.nodes import Delta, Index, Tensor, TensorNode
from symderive.core.program import Definition, Program


def symmetric_results(program: Program, fixed: Iterable[Tensor] = ()) -> set[Tensor]:
    """The results that are symmetric by their equations; the symmetry of `fixed` tensors is not used."""
    found, excluded = dict[Tensor, Facts](), set(fixed)
    for made in program.definitions:
        facts = symmetry(made, found, excluded)
        if facts is not None:
            found[made.tensor] = facts
    return set(found)


def symmetry(made: Definition, known: Mapping[Tensor, Facts], excluded: set[Tensor]) -> Facts | None:
    """The facts by which the equation of a matrix says that it is its own transpose; None if it does not."""
    if made.tensor.rank != 2 or made.tensor.shape[0] != made.tensor.shape[1]:
        return None
    i, j = made.indices
    across = [one for one in sympy.Add.make_args(made.body) if Delta(i, j) not in sympy.Mul.make_args(one)]
    if _read_at(sympy.Add(*across), i) != _read_at(sympy.Add(*across), j):
        return None
    body = _with_one_index(in_one_sum(made.body), i, j)
    turned = _with_one_index(substitute(body, {i: j, j: i}), i, j)
    used: Facts = {}
    left, right = (_in_order(one, excluded, used, known) for one in (body, turned))
    return used if left == right else None


def _read_at(expr: sympy.Basic, index: Index) -> set[Tensor]:
    """The arrays of which entries are read at an index."""
    if index not in free_indices(expr):
        return set()
    if isinstance(expr, TensorNode):
        return {expr.tensor}
    return set().union(*(_read_at(arg, index) for arg in expr.args))


def _in_order(
    expr: sympy.Expr, excluded: set[Tensor], used: Facts, known: Mapping[Tensor, Facts]
) -> sympy.Expr:
    """The expression with entries of symmetric matrices in one order, for the names of bound indices too."""
    ordered = canonical(domain_facts(expr, excluded, used, known))
    return canonical(domain_facts(ordered, excluded, used, known))


def _with_one_index(expr: sympy.Expr, i: Index, j: Index) -> sympy.Expr:
    """`δ_ij s_i` for `δ_ij s_j`."""
    diagonal = Delta(i, j)
    terms = sympy.Add.make_args(expr)
    return sympy.Add(*(
        diagonal * substitute(term / diagonal, {j: i}) if diagonal in sympy.Mul.make_args(term) else term
        for term in terms
    ))  # fmt: skip
