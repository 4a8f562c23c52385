"""Differences of the normal distribution function: `Φ(b) − Φ(a)`, its logarithm, densities over it."""

from __future__ import annotations

import sympy

from symderive.codegen.stable.rational import expanded
from symderive.core.identity import tensors_of
from symderive.functions.normal_intervals import log_normal_interval, normal_interval
from symderive.functions.special import ndtr


def difference_of_tails(expr: sympy.Expr) -> sympy.Expr:
    """`Φ(b) − Φ(a)`, also by erf or erfc, as one function that takes the nearer tails."""
    if not isinstance(expr, sympy.Add):
        return expr
    found: list[tuple[sympy.Expr, sympy.Expr, sympy.Expr]] = []
    rest: list[sympy.Expr] = []
    for term in expr.args:
        front, x = _tail(term)
        partner = next((one for one in found if x is not None and one[0] == -front), None)
        if x is None:
            rest.append(term)
        elif partner is None:
            found.append((front, x, term))
        else:
            found.remove(partner)
            rest.append(_interval(partner[0], x, partner[1]))
    made = sympy.Add(*rest, *(term for _, _, term in found))
    return made if made.has(normal_interval) and made != expr else expr


def _tail(term: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr | None]:
    """`c` and `x` of `c Φ(x)`, up to a number beside it."""
    factors = sympy.Mul.make_args(term)
    heads = [one for one in factors if isinstance(one, (ndtr, sympy.erf, sympy.erfc)) and tensors_of(one)]
    if len(heads) != 1:
        return term, None
    front, (head,) = sympy.Mul(*(one for one in factors if one is not heads[0])), heads
    x = head.args[0]
    if isinstance(head, ndtr):
        return front, x
    if isinstance(head, sympy.erf):
        return 2 * front, expanded(sympy.sqrt(2) * x)
    return 2 * front, expanded(-sympy.sqrt(2) * x)


def _interval(front: sympy.Expr, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """`c (Φ(b) − Φ(a))`, the larger number behind the smaller one if that is known."""
    width = expanded(b - a)
    known = width.is_negative
    if known or (known is None and width.could_extract_minus_sign()):
        front, a, b = -front, b, a
    return front * normal_interval(a, b)


def log_of_interval(expr: sympy.Expr) -> sympy.Expr:
    """`log(c (Φ(b) − Φ(a))) = log |c| + log |Φ(b) − Φ(a)|` for a number c."""
    if not isinstance(expr, sympy.log):
        return expr
    factors = sympy.Mul.make_args(expr.args[0])
    heads = [one for one in factors if isinstance(one, normal_interval)]
    rest = sympy.Mul(*(one for one in factors if one not in heads))
    if len(heads) != 1 or not rest.is_number:
        return expr
    return log_normal_interval(*heads[0].args) + sympy.log(abs(rest))
