"""Whether a Hessian of the form `Σ_i s_i x_i x_iᵀ` has one sign, and why."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from symderive.core.identity import free_indices, substitute
from symderive.core.nodes import Entry, Index, IndexSum
from symderive.derive.derivation import Derivation
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
    factors = sympy.Mul.make_args(rest.body)
    left = [factor for factor in factors if j in free_indices(factor)]
    right = [factor for factor in factors if k in free_indices(factor)]
    if (
        len(left) != 1
        or len(right) != 1
        or not isinstance(left[0], Entry)
        or substitute(left[0], {j: k}) != right[0]
    ):
        return None
    weight = sympy.Mul(*(factor for factor in factors if factor not in (left[0], right[0])))
    if not range_of(weight, Ranges(derivation.program)).is_subset(NONNEGATIVE):
        return None
    shown = substitute(coefficient * weight, {p: Index("i", p.dim)})
    return Curvature(index_form(shown), str(left[0].tensor.name))
