"""Branches that are not taken: NumPy computes both, so that what is not taken must not overflow."""

from __future__ import annotations

import sympy

from symderive.codegen.stable.rational import expanded, linear
from symderive.core.nodes import Binder, TensorNode
from symderive.functions.choice import where
from symderive.functions.comparisons import greater, greater_equal, less, less_equal
from symderive.functions.kinked import larger, smaller
from symderive.functions.stable_forms import exp_minus_one

_ABOVE, _BELOW = (greater, greater_equal), (less, less_equal)


def branch_within_bounds(expr: sympy.Expr) -> sympy.Expr:
    """`where(u > 0, f, exp(u))` as `where(u > 0, f, exp(min(u, 0)))`: nothing overflows that is not taken."""
    if not isinstance(expr, where) or type(expr.args[0]) not in (*_ABOVE, *_BELOW):
        return expr
    condition, yes, no = expr.args
    u = condition.args[0] - condition.args[1]
    if isinstance(condition, _BELOW):
        u = -u
    return where(condition, _bounded(yes, u, larger), _bounded(no, u, smaller))


def bounded_where_it_counts(expr: sympy.Expr) -> sympy.Expr:
    """`1[u < 0] exp(u) = 1[u < 0] exp(min(u, 0))`: what is multiplied by 0 does not overflow."""
    if not isinstance(expr, sympy.Mul):
        return expr
    for test in expr.args:
        if isinstance(test, (*_ABOVE, *_BELOW)):
            u = test.args[0] - test.args[1]
            rest = sympy.Mul(*(one for one in expr.args if one is not test))
            expr = test * _bounded(rest, -u if isinstance(test, _BELOW) else u, larger)
    return expr


def compared_without_exponential(expr: sympy.Expr) -> sympy.Expr:
    """`min(0, exp(u) − 1) = exp(min(0, u)) − 1`, the same for the maximum; `exp(u) − 1 < 0` where `u < 0`."""
    if not isinstance(expr, (smaller, larger, *_ABOVE, *_BELOW)) or sympy.S.Zero not in expr.args:
        return expr
    place = 1 if expr.args[0] == 0 else 0
    number, raised = expr.args[place].as_coeff_Mul()
    if not isinstance(raised, exp_minus_one) or not number.is_positive:
        return expr
    made = list(expr.args)
    made[place] = raised.args[0]
    inside = expr.func(*made)
    return number * exp_minus_one(inside) if isinstance(expr, (smaller, larger)) else inside


def _bounded(expr: sympy.Expr, u: sympy.Expr, bound: type[larger] | type[smaller]) -> sympy.Expr:
    """The branch with exponentials of u that do not grow; in it `u ≥ 0`, or `u ≤ 0`."""
    if isinstance(expr, (TensorNode, Binder)) or not expr.args:
        return expr
    if isinstance(expr, (sympy.exp, exp_minus_one)):
        ratio, shift = _ratio(expr.args[0], u), linear(u)[1]
        if ratio is not None and (ratio > 0) == (bound is smaller):
            rest = expanded(expr.args[0] - ratio * (u - shift))
            return expr.func(ratio * bound(u - shift, -shift) + rest)
    made = [_bounded(arg, u, bound) for arg in expr.args]
    return expr if made == list(expr.args) else expr.func(*made)


def _ratio(exponent: sympy.Expr, u: sympy.Expr) -> sympy.Rational | None:
    """`c` where the exponent is `c u`, up to a number."""
    own, other = linear(exponent)[0], linear(u)[0]
    ratios = {own[one] / other[one] for one in own if one in other}
    if own.keys() != other.keys() or len(ratios) != 1:
        return None
    (ratio,) = ratios
    return ratio
