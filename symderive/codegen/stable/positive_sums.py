"""Sums of positive terms that are exponentials in disguise, as sums of exponentials."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.codegen.stable.logarithms import log_of_product
from symderive.codegen.stable.rational import is_active
from symderive.core.exponential_sums import is_exponential_sum
from symderive.core.identity import free_indices, substitute, tensors_of
from symderive.core.nodes import IndexProduct, IndexSum


def positive_sum(expr: sympy.Expr) -> sympy.Expr:
    """`Σ_p (1 + exp(z_p)) = Σ_p exp(softplus(z_p))`, `Σ_p σ(z_p) = Σ_p exp(−softplus(−z_p))`.

    This is done in a logarithm and below a line, there with what stands above it: sums of exponentials have
    logarithms and shares that are exact far out.
    """
    if isinstance(expr, sympy.log):
        made = as_exponentials(expr.args[0])
        return expr if made is None else sympy.log(made)
    if not isinstance(expr, (sympy.Mul, sympy.Pow)):
        return expr
    factors = list(sympy.Mul.make_args(expr))
    for place, factor in enumerate(factors):
        base, power = (factor, sympy.S.One) if isinstance(factor, sympy.exp) else factor.as_base_exp()
        made = as_exponentials(base) if power.is_Integer and power < 0 else None
        if made is not None:
            rest = [_share(one, base) for one in factors[:place] + factors[place + 1 :]]
            return positive_sum(sympy.Mul(*rest)) * made**power if rest else made**power
    return expr


def log_of_indexed_product(expr: sympy.Expr) -> sympy.Expr:
    """`log Π_p f_p = Σ_p log f_p`, where f is known to be positive."""
    if not isinstance(expr, sympy.log) or not isinstance(expr.args[0], IndexProduct):
        return expr
    body, indices = expr.args[0].body, expr.args[0].indices
    log = exact_log(body) if is_active(body) else None
    return expr if log is None else IndexSum(log, *indices)


@lru_cache(maxsize=20_000)
def exact_log(expr: sympy.Expr) -> sympy.Expr | None:
    """The logarithm of what is known to be positive, without one of an array; None where there is none."""
    log = log_of_product(sympy.log(expr))
    return None if any(tensors_of(one) for one in log.atoms(sympy.log)) else log


def as_exponentials(expr: sympy.Expr) -> sympy.Expr | None:
    """A sum of positive terms as one of exponentials."""
    if not isinstance(expr, IndexSum) or is_exponential_sum(expr) or not is_active(expr.body):
        return None
    log = exact_log(expr.body)
    return None if log is None else IndexSum(sympy.exp(log), *expr.indices)


def _share(factor: sympy.Expr, total: IndexSum) -> sympy.Expr:
    """A factor as an exponential where it is a term of the sum."""
    if len(total.indices) == 1 and is_active(factor):
        for index in sorted(free_indices(factor), key=lambda one: one.name):
            if factor == substitute(total.body, {total.indices[0]: index}):
                return sympy.exp(exact_log(factor))
    return factor
