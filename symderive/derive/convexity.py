"""Whether a Hessian of the form `Σ_i s_i x_i x_iᵀ` has one sign, and why."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from symderive.core.identity import free_indices, substitute
from symderive.core.nodes import Entry, Index, IndexSum
from symderive.derive.derivation import Derivation
from symderive.derive.intervals import is_within
from symderive.derive.ranges import Ranges, range_of
from symderive.functions.record import NONNEGATIVE
from symderive.notation.forms import Form
from symderive.notation.index_notation import index_form


@dataclass(frozen=True)
class Curvature:
    """A proof that a Hessian is positive semidefinite: `vᵀ H v = Σ_i s_i (x_iᵀ v)² ≥ 0`.

    Attributes:
        weight: `s_i`, in index notation with the index `i`.
        rows: the name of the matrix whose rows are the `x_i`.
    """

    weight: Form
    rows: str


def convexity(derivation: Derivation) -> Curvature | None:
    """A proof that the loss behind a Hessian is convex where it is defined, or None if none was found.

    Args:
        derivation: of a Hessian with respect to a vector.

    >>> from symderive.derive.glm import GLM
    >>> convexity(GLM("poisson", link="identity").loss_hessian) is not None
    True
    """
    (equation,) = derivation.results
    made = equation.definition
    if len(made.indices) != 2:
        return None
    j, k = made.indices
    coefficient, rest = made.body.as_independent(IndexSum, as_Add=False)
    if not isinstance(rest, IndexSum) or len(rest.indices) != 1 or coefficient.is_nonnegative is not True:
        return None
    (p,) = rest.indices
    left = _linear(rest.body, j)
    right = None if left is None else _linear(left[0], k)
    if left is None or right is None or substitute(left[1], {j: k}) != right[1]:
        return None
    weight = right[0]
    if not is_within(range_of(weight, Ranges(derivation.program)), NONNEGATIVE):
        return None
    shown = substitute(coefficient * weight, {p: Index("i", p.dim)})
    return Curvature(index_form(shown), str(left[1].tensor.name))


def _linear(expr: sympy.Expr, index: Index) -> tuple[sympy.Expr, Entry] | None:
    """What an entry with the index is multiplied with, and that entry; None where it is not so simple."""
    if isinstance(expr, Entry):
        return (sympy.S.One, expr) if index in free_indices(expr) else None
    if isinstance(expr, sympy.Add):
        terms = [_linear(term, index) for term in expr.args]
        found = [term for term in terms if term is not None]
        if len(found) < len(terms) or len({entry for _, entry in found}) > 1:
            return None
        return sympy.Add(*(factor for factor, _ in found)), found[0][1]
    carrying = [factor for factor in sympy.Mul.make_args(expr) if index in free_indices(factor)]
    inner = _linear(carrying[0], index) if len(carrying) == 1 and carrying[0] is not expr else None
    if inner is None:
        return None
    rest = sympy.Mul(*(factor for factor in expr.args if factor is not carrying[0]))
    return rest * inner[0], inner[1]
