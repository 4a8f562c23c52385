"""Differences in which leading digits cancel, written without the difference."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symderive.codegen.stable.quotients import exponential_quotient
from symderive.codegen.stable.rational import expanded
from symderive.codegen.stable.roots import root_less_number
from symderive.core.identity import tensors_of
from symderive.core.nodes import IndexSum
from symderive.functions.kinked import absolute
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.functions.stable_forms import log_cosh


def softplus_less_argument(expr: sympy.Expr) -> sympy.Expr:
    """`softplus(a) − a = softplus(−a)` and `softplus(a) − softplus(−a) = a`, where that is all of them."""
    if not isinstance(expr, sympy.Add):
        return expr
    for term in expr.args:
        for factor in sympy.Mul.make_args(term):
            if isinstance(factor, softplus):
                made = _turned(expr, term, factor)
                if made is not None:
                    return made
    return expr


def _turned(expr: sympy.Add, term: sympy.Expr, plus: sympy.Expr) -> sympy.Expr | None:
    coefficient, a = term / plus, plus.args[0]
    opposite = -coefficient * softplus(-a)
    others = [one for one in expr.args if one is not term]
    if opposite in others and not any(one.has(plus, softplus(-a)) for one in others if one != opposite):
        return sympy.Add(*(one for one in others if one != opposite), coefficient * a)
    lost = sympy.Add.make_args(expanded(-coefficient * a))
    if coefficient.is_number and all(one in others for one in lost):
        return sympy.Add(*(one for one in others if one not in lost), coefficient * softplus(-a))
    return None


def _terms_with(
    head: type[sympy.Expr], expr: sympy.Expr
) -> Iterator[tuple[sympy.Expr, sympy.Expr, sympy.Expr]]:
    """The terms of a sum that are multiples of a function, each with the number and the function."""
    for term in expr.args if isinstance(expr, sympy.Add) else ():
        coefficient, inner = term.as_coeff_Mul()
        if isinstance(inner, head):
            yield term, coefficient, inner


def softplus_both_ways(expr: sympy.Expr) -> sympy.Expr:
    """`softplus(a) + softplus(−a) − 2 log 2 = 2 log cosh(a/2)`, `softplus(2a) − a − log 2 = log cosh(a)`."""
    if not isinstance(expr, sympy.Add):
        return expr
    number = sympy.Add(*(term for term in expr.args if not tensors_of(term)))
    for term, coefficient, plus in _terms_with(softplus, expr):
        lost = sympy.Add.make_args(sympy.expand_mul(-coefficient * plus.args[0] / 2))
        level = expanded(sympy.expand_log(number + coefficient * sympy.log(2), force=True))
        if level == 0 and all(one in expr.args for one in lost):
            rest = [one for one in expr.args if tensors_of(one) and one is not term and one not in lost]
            return sympy.Add(*rest, coefficient * log_cosh(plus.args[0] / 2))
        other = coefficient * softplus(-plus.args[0])
        if other in expr.args and sympy.expand_log(number + 2 * coefficient * sympy.log(2), force=True) == 0:
            rest = [one for one in expr.args if tensors_of(one) and one not in (term, other)]
            a = plus.args[0]
            return sympy.Add(
                *rest, 2 * coefficient * log_cosh((-a if a.could_extract_minus_sign() else a) / 2)
            )
    return expr


def entropy_of_sigmoid(expr: sympy.Expr) -> sympy.Expr:
    """`softplus(a) − a σ(a) = softplus(−|a|) + |a| σ(−|a|)`, the entropy of a coin that shows 1 with σ(a)."""
    for term, coefficient, plus in _terms_with(softplus, expr):
        a = plus.args[0]
        lost = sympy.Add.make_args(sympy.expand_mul(-coefficient * a * sigmoid(a)))
        if all(one in expr.args for one in lost):
            rest = (one for one in expr.args if one is not term and one not in lost)
            size = absolute(a)
            return sympy.Add(*rest, coefficient * softplus(-size), coefficient * size * sigmoid(-size))
    return expr


def sum_of_differences(expr: sympy.Expr) -> sympy.Expr:
    """`Σ_i f_i − n = Σ_i (f_i − 1)`, where the difference is one that cancels."""
    for term, coefficient, total in _terms_with(IndexSum, expr):
        extent = sympy.Mul(*(index.dim for index in total.indices))
        for other in expr.args:
            number = other / extent / coefficient
            if number.is_number and not tensors_of(other) and _cancels(total.body, number):
                rest = (one for one in expr.args if one is not term and one is not other)
                return sympy.Add(*rest, coefficient * IndexSum(total.body + number, *total.indices))
    return expr


def _cancels(body: sympy.Expr, number: sympy.Expr) -> bool:
    """Whether the number beside the body is one at which digits cancel."""
    whole = body + number
    made = exponential_quotient(whole) if isinstance(whole, sympy.Add) else whole
    return not isinstance(made, sympy.Add) or root_less_number(whole) != whole
