"""Sums over the same factors as one: `Xᵀ diag(a) X − Xᵀ diag(b) X = Xᵀ diag(a − b) X`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sympy

from symderive.calculus.sums import has_binder
from symderive.core.identity import canonical, free_indices, tensors_of, with_args
from symderive.core.kinds import has_kind
from symderive.core.nodes import Index, IndexSum, TensorNode


@dataclass(frozen=True)
class _Term:
    """`coefficient Σ factors`, the coefficient free of arrays."""

    coefficient: sympy.Expr
    indices: tuple[Index, ...]
    factors: tuple[sympy.Expr, ...]


def weights_joined(expr: sympy.Expr) -> sympy.Expr:
    """Sums that differ only in elementwise weights, as one sum.

    >>> from symderive.core.nodes import Tensor
    >>> i, j, p = (Index(name, 3) for name in "ijp")
    >>> X, a, b = Tensor("X", (3, 3)), Tensor("a", (3,)), Tensor("b", (3,))
    >>> weights_joined(IndexSum(X[p, i] * a[p], p) - IndexSum(X[p, i] * b[p], p))
    Sum[p]((a[p] - b[p])*X[p, i])
    """
    if isinstance(expr, IndexSum):
        return _common_factors_out(expr)
    if isinstance(expr, sympy.Mul) and has_binder(expr):
        return with_args(expr, [weights_joined(arg) for arg in expr.args])
    if not isinstance(expr, sympy.Add) or not has_binder(expr):
        return expr
    terms: list[_Term] = []
    others: list[sympy.Expr] = []
    for one in expr.args:
        term = _term_of(one)
        if term is None:
            others.append(one)
            continue
        for place, known in enumerate(terms):
            both = _together(known, term)
            if both is not None:
                terms[place] = both
                break
        else:
            terms.append(term)
    if len(terms) + len(others) == len(expr.args):
        return expr
    sums = (one.coefficient * _summed(sympy.Mul(*one.factors), one.indices) for one in terms)
    return sympy.Add(*others, *sums)


def _common_factors_out(expr: IndexSum) -> sympy.Expr:
    """`Σ (x a − x b)` as `Σ x (a − b)`, where the common factors have all positions."""
    if not isinstance(expr.body, sympy.Add):
        return expr
    factors = [sympy.Mul.make_args(term) for term in expr.body.args]
    common = Counter(factors[0])
    for one in factors[1:]:
        common &= Counter(one)
    shared = [factor for factor in common.elements() if tensors_of(factor)]
    held = frozenset[Index]().union(*map(free_indices, shared))
    if not shared or not free_indices(expr.body) <= held:
        return expr
    rest = [sympy.Mul(*(Counter(one) - Counter(shared)).elements()) for one in factors]
    return _summed(sympy.Mul(*shared, sympy.Add(*rest)), expr.indices)


def _summed(body: sympy.Expr, indices: tuple[Index, ...]) -> sympy.Expr:
    """The sum, which is 0 where the weights have cancelled."""
    return body if body == 0 else canonical(IndexSum(body, *indices))


def _term_of(expr: sympy.Expr) -> _Term | None:
    """A sum times a coefficient; None where other arrays stand beside the sum."""
    sums = [factor for factor in sympy.Mul.make_args(expr) if isinstance(factor, IndexSum)]
    rest = [factor for factor in sympy.Mul.make_args(expr) if not isinstance(factor, IndexSum)]
    if len(sums) != 1 or any(tensors_of(factor) or free_indices(factor) for factor in rest):
        return None
    factors = sympy.Mul.make_args(sums[0].body)
    numbers = [factor for factor in factors if not free_indices(factor) and not has_kind(factor, TensorNode)]
    arrays = tuple(factor for factor in factors if factor not in numbers)
    return _Term(sympy.Mul(*rest, *numbers), sums[0].indices, arrays)


def _together(one: _Term, other: _Term) -> _Term | None:
    """Both terms as one, where they differ in weights whose positions the common factors have."""
    if one.coefficient.could_extract_minus_sign() and not other.coefficient.could_extract_minus_sign():
        one, other = other, one
    ratio = sympy.cancel(other.coefficient / one.coefficient)
    if one.indices != other.indices or not (ratio.is_Integer or (1 / ratio).is_Integer):
        return None
    common = Counter(one.factors) & Counter(other.factors)
    shared = tuple(common.elements())
    weights = [sympy.Mul(*(Counter(term.factors) - common).elements()) for term in (one, other)]
    held = frozenset[Index]().union(*map(free_indices, shared))
    free = frozenset[Index]().union(*map(free_indices, (*one.factors, *other.factors)))
    if not shared or not free <= held:
        return None
    if ratio.is_Integer:
        return _Term(one.coefficient, one.indices, (*shared, weights[0] + ratio * weights[1]))
    return _Term(other.coefficient, one.indices, (*shared, weights[0] / ratio + weights[1]))
