"""Weights that may be 0: what has no share in a sum must not overflow."""

from __future__ import annotations

import sympy

from symderive.core.nodes import Entry
from symderive.core.positions import Inside
from symderive.core.softmax_nodes import split_exponential
from symderive.functions.choice import where
from symderive.functions.comparisons import greater
from symderive.functions.kinked import smaller
from symderive.functions.record import Indicator

_UP_TO_1, _ZERO_OR_ONE = ("binary", "onehot", "simplex", "unit"), ("binary", "onehot")


def is_never_negative(expr: sympy.Expr) -> bool:
    """Whether all factors are known not to be negative; `1 − y` is so for an y that is 0 or 1."""
    return all(one.is_nonnegative or _is_in(1 - one, _UP_TO_1) for one in sympy.Mul.make_args(expr))


def _is_in(expr: sympy.Expr, domains: tuple[str, ...]) -> bool:
    return isinstance(expr, Entry) and expr.tensor.domain in domains


def _is_zero_or_one(weight: sympy.Expr) -> bool:
    return all(
        isinstance(one, (Indicator, Inside)) or _is_in(one, _ZERO_OR_ONE) or _is_in(1 - one, _ZERO_OR_ONE)
        for one in sympy.Mul.make_args(weight)
    )


def capped(weight: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """`w exp(f) = w exp(min(f, 0))` for a share and a w of 0 or 1; for others f counts where `w > 0`."""
    if weight.is_positive or not (_is_zero_or_one(weight) or is_never_negative(weight)):
        return exponent
    if _is_zero_or_one(weight):
        return smaller(exponent, sympy.S.Zero)
    return where(greater(weight, sympy.S.Zero), exponent, sympy.S.Zero)


def without_zeros(body: sympy.Expr) -> sympy.Expr:
    """`w exp(f) = exp(where(w > 0, f + log w, −∞))`: the sum of all is 0 where all weights are, not NaN."""
    weight, exponent = split_exponential(body)
    if weight.is_positive:
        return body
    holds = greater(weight, sympy.S.Zero)
    log = sympy.S.Zero if _is_zero_or_one(weight) else sympy.log(where(holds, weight, sympy.S.One))
    return sympy.exp(where(holds, exponent + log, -sympy.oo))
