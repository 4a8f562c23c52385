"""Sums of exponentials: their logarithm, and quotients by them."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.codegen.stable.products import log_of_sum
from symderive.codegen.stable.rational import expanded, linear
from symderive.codegen.stable.weights import capped, is_never_negative, without_zeros
from symderive.core.exponential_sums import is_exponential_sum
from symderive.core.identity import free_indices, rename_bound, substitute, tensors_of
from symderive.core.nodes import IndexSum
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry, split_exponential
from symderive.functions.sigmoid import softplus
from symderive.functions.stable_forms import log_add_exp


@lru_cache(maxsize=20_000)
def is_summed(expr: sympy.Expr) -> bool:
    """Whether an expression is `Σ_p w exp(f)` where f depends on p, or that and other positive terms.

    Positive exponentials alone are such a sum where their exponents do not lie on a line.
    """
    if not isinstance(expr, sympy.Add):
        return is_exponential_sum(expr)
    terms = [_log_of_term(term) for term in expr.args]
    if None in terms:
        return False
    return expr.has(IndexSum) or _is_plane([term[1] for term in terms if term is not None])


def _is_plane(exponents: list[sympy.Expr]) -> bool:
    """Whether exponents differ in more than one direction."""
    steps = [one for exponent in exponents[1:] if (one := linear(exponent - exponents[0])[0])]
    return len(steps) > 1 and any(
        one.keys() != steps[0].keys() or len({one[term] / steps[0][term] for term in one}) > 1
        for one in steps
    )


def log_of_summed_exponentials(expr: sympy.Expr) -> sympy.Expr:
    """`log c Σ_p w_p exp(f_p) = log c + logsumexp`, `log softmax = f − logsumexp`.

    `log(1 + Σ_p w_p exp(f_p)) = softplus(logsumexp)`, `log(c + Σ_p …) = logaddexp(log c, logsumexp)`.
    """
    if not isinstance(expr, sympy.log):
        return expr
    terms: list[tuple[sympy.Expr, sympy.Expr]] = []
    others: list[tuple[sympy.Expr, sympy.Expr]] = []
    for factor in sympy.Mul.make_args(expr.args[0]):
        base, power = _base_and_power(factor)
        (terms if _logarithm(base) is not None and power.is_number else others).append((base, power))
    if all(isinstance(base, sympy.exp) for base, _ in terms):
        return expr
    if not all((base**power).is_positive for base, power in others):
        return expr
    front = sympy.expand_log(sympy.log(sympy.Mul(*(base**power for base, power in others))), force=True)
    return front + sympy.Add(*(power * (_logarithm(base) or 0) for base, power in terms))


def quotient_by_summed_exponentials(expr: sympy.Expr) -> sympy.Expr:
    """`exp(f)/Σ_p exp(f_p) = exp(f − logsumexp)`, also under a sum: `Σ_q w_q exp(f_q)/Σ_p exp(f_p)`.

    `1/(c + Σ_p exp(f_p)) = exp(−log(c + Σ_p exp(f_p)))`; each sum above the line takes one that stands below.
    """
    if not isinstance(expr, (sympy.Mul, sympy.Pow)):
        return expr
    exponent, totals, above, others = sympy.S.Zero, list[sympy.Expr](), list[sympy.Expr](), sympy.S.One
    for factor in sympy.Mul.make_args(expr):
        base, power = _base_and_power(factor)
        if isinstance(base, sympy.exp):
            exponent += power * base.args[0]
        elif power.is_Integer and power < 0 and is_summed(base):
            totals.extend([base] * -int(power))
        elif power.is_Integer and power > 0 and _has_sums(base):
            above.extend([base] * int(power))
        else:
            others *= factor
    if not totals:
        return expr
    if exponent != 0:
        exponent += sympy.Add(*(_total(one) for one in above if _is_positive_sum(one)))
        above = [one for one in above if not _is_positive_sum(one)]
    made = [_share(one, _total(totals.pop())) if totals else one for one in above]
    for base in totals:
        exponent = _divided(exponent, base, others)
    return sympy.Mul(others, *made, sympy.exp(exponent))


def _is_positive_sum(expr: sympy.Expr) -> bool:
    return is_exponential_sum(expr) and is_never_negative(expr.body)


def _divided(exponent: sympy.Expr, base: sympy.Expr, beside: sympy.Expr) -> sympy.Expr:
    """The exponent of an exponential over a sum; the share of a term whose weight may be 0 is capped."""
    total, weights = _total(base), set(sympy.Mul.make_args(beside))
    for one in (it for it in base.atoms(IndexSum) if len(it.indices) == 1):
        for index in sorted(free_indices(exponent), key=lambda it: it.name):
            body = substitute(one.body, {one.indices[0]: index})
            weight, raised = split_exponential(body)
            left = expanded(exponent - raised)
            factors = sympy.Mul.make_args(weight)
            known = all(it in weights or -it in weights for it in factors)
            if index.dim == one.indices[0].dim and known and len(linear(left)[0]) < len(linear(exponent)[0]):
                return left + capped(weight, raised - total)
    return exponent - total


def exponentials_together(expr: sympy.Expr) -> sympy.Expr:
    """`exp(f) exp(−log Σ_p exp(f_p)) = exp(f − log Σ_p exp(f_p))`, which is never large."""
    if not isinstance(expr, sympy.Mul):
        return expr
    powers = [one for one in expr.args if isinstance(one, sympy.exp)]
    if len(powers) < 2 or not any(one.has(IndexLogSum, log_add_exp) for one in powers):
        return expr
    exponent = sympy.Add(*(one.args[0] for one in powers))
    return sympy.Mul(*(one for one in expr.args if one not in powers), sympy.exp(exponent))


def _has_sums(expr: sympy.Expr) -> bool:
    """Whether a factor is large where exponentials are: a sum of them, or terms some of which are."""
    if isinstance(expr, sympy.Add):
        return any(map(_has_sums, expr.args))
    return any(is_exponential_sum(one) or isinstance(one, sympy.exp) for one in sympy.Mul.make_args(expr))


def _share(above: sympy.Expr, total: sympy.Expr) -> sympy.Expr:
    """A sum of exponentials over another."""
    if isinstance(above, sympy.Add):
        return sympy.Add(*(_share(term, total) for term in above.args))
    sums = [one for one in sympy.Mul.make_args(above) if is_exponential_sum(one)]
    if not sums:
        weight, exponent = split_exponential(above)
        return weight * sympy.exp(capped(weight, exponent - total))
    inner = rename_bound(sums[0], {index.name for index in free_indices(total)})
    weight, exponent = split_exponential(inner.body)
    return above / sums[0] * IndexSum(weight * sympy.exp(capped(weight, exponent - total)), *inner.indices)


def _base_and_power(factor: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    return (factor, sympy.S.One) if isinstance(factor, sympy.exp) else factor.as_base_exp()


def _total(total: sympy.Expr) -> sympy.Expr:
    """The logarithm of what `is_summed`."""
    if isinstance(total, IndexSum):
        return IndexLogSum(total.body, *total.indices)
    found = [one for term in total.args if (one := _log_of_term(term)) is not None]
    terms = sorted(found, key=lambda one: (one[1] != 0, sympy.default_sort_key(one)))
    if terms[0] == (1, 0) and len(terms) == 2:
        return softplus(terms[1][1] + sympy.log(terms[1][0]))
    return log_of_sum(terms)


def _log_of_term(term: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    """A positive factor and the exponent of a positive term; None where it is no such term."""
    front, exponent = split_exponential(term)
    sums = [one for one in sympy.Mul.make_args(front) if is_exponential_sum(one)]
    rest = sympy.Mul(*(one for one in sympy.Mul.make_args(front) if one not in sums))
    if tensors_of(rest) or not rest.is_positive:
        return None
    if not all(is_never_negative(one.body) for one in sums):
        return None
    return rest, exponent + sympy.Add(*(IndexLogSum(without_zeros(one.body), *one.indices) for one in sums))


def _logarithm(factor: sympy.Expr) -> sympy.Expr | None:
    """The logarithm of an exponential, of a sum of them or of a share; None of anything else."""
    if isinstance(factor, sympy.exp):
        return factor.args[0]
    if is_summed(factor):
        return _total(factor)
    if isinstance(factor, SoftmaxEntry) and factor.total.weight == 1:
        return factor.at_positions(factor.total.exponent) - factor.total
    return None
