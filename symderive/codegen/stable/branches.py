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


def _bounded(expr: sympy.Expr, u: sympy.Expr, bound: type[larger] | type[smaller]) -> sympy.Expr:
    """The branch with exponentials of u that stay below 1; in it `u ≥ 0`, or `u ≤ 0`."""
    if isinstance(expr, (TensorNode, Binder)) or not expr.args:
        return expr
    if isinstance(expr, (sympy.exp, exp_minus_one)):
        ratio = _ratio(expr.args[0], u)
        if ratio is not None and (ratio > 0) == (bound is smaller):
            return expr.func(ratio * bound(u, sympy.S.Zero))
    made = [_bounded(arg, u, bound) for arg in expr.args]
    return expr if made == list(expr.args) else expr.func(*made)


def _ratio(exponent: sympy.Expr, u: sympy.Expr) -> sympy.Rational | None:
    """`c` where the exponent is `c u`."""
    (own, number), (other, shift) = linear(exponent), linear(u)
    ratios = {own[one] / other[one] for one in own if one in other}
    if own.keys() != other.keys() or len(ratios) != 1:
        return None
    (ratio,) = ratios
    return ratio if expanded(number - ratio * shift) == 0 else None
