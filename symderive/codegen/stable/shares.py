"""Sums of exponentials: their logarithm, and quotients by them."""

from __future__ import annotations

import sympy

from symderive.core.exponential_sums import is_exponential_sum
from symderive.core.identity import free_indices, rename_bound
from symderive.core.nodes import IndexSum
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry, split_exponential
from symderive.functions.sigmoid import softplus


def log_of_summed_exponentials(expr: sympy.Expr) -> sympy.Expr:
    """`log c Σ_p w_p exp(f_p) = log c + logsumexp`, `log softmax = f − logsumexp`.

    `log(1 + Σ_p w_p exp(f_p)) = softplus(logsumexp)`.
    """
    if not isinstance(expr, sympy.log):
        return expr
    inner = expr.args[0]
    terms: list[tuple[sympy.Expr, sympy.Expr]] = []
    others: list[tuple[sympy.Expr, sympy.Expr]] = []
    for factor in sympy.Mul.make_args(inner):
        base, power = (factor, sympy.S.One) if isinstance(factor, sympy.exp) else factor.as_base_exp()
        (terms if _logarithm(base) is not None and power.is_number else others).append((base, power))
    if any(not isinstance(base, sympy.exp) for base, _ in terms):
        if not all((base**power).is_positive for base, power in others):
            return expr
        front = sympy.expand_log(sympy.log(sympy.Mul(*(base**power for base, power in others))), force=True)
        return front + sympy.Add(*(power * (_logarithm(base) or 0) for base, power in terms))
    if isinstance(inner, sympy.Add) and len(inner.args) == 2 and sympy.S.One in inner.args:
        (other,) = (one for one in inner.args if one != 1)
        return softplus(_total(other)) if is_exponential_sum(other) and other.is_positive else expr
    return expr


def quotient_by_summed_exponentials(expr: sympy.Expr) -> sympy.Expr:
    """`exp(f)/Σ_p exp(f_p) = exp(f − logsumexp)`, also under a sum: `Σ_q w_q exp(f_q)/Σ_p exp(f_p)`."""
    if not isinstance(expr, sympy.Mul):
        return expr
    inverses = [one for one in expr.args if isinstance(one, sympy.Pow) and one.exp == -1]
    below = [one for one in inverses if is_exponential_sum(one.base)]
    above = [one for one in expr.args if isinstance(one, sympy.exp) or is_exponential_sum(one)]
    if len(below) != 1 or len(above) != 1:
        return expr
    total = _total(below[0].base)
    rest = sympy.Mul(*(one for one in expr.args if one not in (below[0], above[0])))
    if isinstance(above[0], sympy.exp):
        return rest * sympy.exp(above[0].args[0] - total)
    inner = rename_bound(above[0], {index.name for index in free_indices(total)})
    weight, exponent = split_exponential(inner.body)
    return rest * IndexSum(weight * sympy.exp(exponent - total), *inner.indices)


def _total(total: sympy.Expr) -> sympy.Expr:
    return IndexLogSum(total.body, *total.indices)


def _logarithm(factor: sympy.Expr) -> sympy.Expr | None:
    """The logarithm of an exponential, of a sum of them or of a share; None of anything else."""
    if isinstance(factor, sympy.exp):
        return factor.args[0]
    if is_exponential_sum(factor):
        return _total(factor)
    if isinstance(factor, SoftmaxEntry) and factor.total.weight == 1:
        return factor.at_positions(factor.total.exponent) - factor.total
    return None
