"""Quotients that are a function with a name: `exp(u)/(1 + exp(u)) = σ(u)`, `sinh(u)/cosh(u) = tanh(u)`.

The named function is what a person writes, and its code does not overflow where the quotient does.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.identity import with_args
from symderive.core.kinds import has_kind
from symderive.core.nodes import TensorNode
from symderive.functions.sigmoid import sigmoid


@lru_cache(maxsize=20_000)
def recognised(expr: sympy.Expr) -> sympy.Expr:
    """The expression with sigmoids and hyperbolic tangents recognised.

    1. `1/(1 + exp(u)) = σ(−u)`.
    2. `exp(u) σ(−u) = σ(u)`.
    3. `sinh(u)/cosh(u) = tanh(u)`.

    >>> from symderive.core.nodes import Tensor
    >>> x = Tensor("x")[()]
    >>> recognised(sympy.exp(x) / (1 + sympy.exp(x)))
    sigmoid(x)
    """
    if not has_kind(expr, sympy.Pow) or not has_kind(expr, (sympy.exp, sympy.cosh)):
        return expr
    if not _has_quotient(expr):
        return expr
    inner = with_args(expr, [recognised(arg) for arg in expr.args])
    if isinstance(inner, sympy.Pow):
        return _reciprocal(inner)
    return _product(inner) if isinstance(inner, sympy.Mul) else inner


@lru_cache(maxsize=50_000)
def _has_quotient(expr: sympy.Basic) -> bool:
    """Whether a negative power of a sum of exponentials, or of a cosine, occurs."""
    below = isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp < 0
    if below and (isinstance(expr.base, sympy.cosh) or _exponent(expr.base) is not None):
        return True
    return not isinstance(expr, TensorNode) and any(map(_has_quotient, expr.args))


def _exponent(expr: sympy.Expr) -> sympy.Expr | None:
    """U where the expression is `1 + exp(u)`, else None."""
    if not (isinstance(expr, sympy.Add) and len(expr.args) == 2 and sympy.S.One in expr.args):
        return None
    (other,) = (term for term in expr.args if term != 1)
    return other.args[0] if isinstance(other, sympy.exp) else None


def _reciprocal(power: sympy.Pow) -> sympy.Expr:
    exponent = _exponent(power.base)
    if exponent is None or not (power.exp.is_Integer and power.exp < 0):
        return power
    return sigmoid(-exponent) ** (-power.exp)


def _product(expr: sympy.Mul) -> sympy.Expr:
    powers = expr.as_powers_dict()
    for factor, number in list(powers.items()):
        if isinstance(factor, sigmoid) and number.is_Integer and number > 0:
            _exponentials_in(powers, factor)
        if isinstance(factor, sympy.cosh) and number.is_Integer and number < 0:
            above = sympy.sinh(factor.args[0])
            common = min(powers.get(above, 0), -number)
            if common > 0:
                powers[above] -= common
                powers[factor] += common
                powers[sympy.tanh(factor.args[0])] += common
    return sympy.Mul(*(base**number for base, number in powers.items()))


def _exponentials_in(powers: dict[sympy.Expr, sympy.Expr], factor: sympy.Expr) -> None:
    """Put as many `exp(u)` as there are into `σ(−u)`, which becomes `σ(u)`."""
    argument = -factor.args[0]
    for other, number in list(powers.items()):
        # SymPy keeps exp(2u) as the power exp(1)^(2u) of a table of powers.
        exponential = sympy.exp(number) if other == sympy.E else other**number
        if not isinstance(exponential, sympy.exp):
            continue
        times = exponential.args[0] / argument
        if times.is_Integer and times > 0:
            common = min(times, powers[factor])
            powers[other] = sympy.S.Zero
            powers[factor] -= common
            powers[sigmoid(argument)] = powers.get(sigmoid(argument), sympy.S.Zero) + common
            rest = sympy.exp((times - common) * argument)
            if rest != 1:
                powers[rest] = powers.get(rest, sympy.S.Zero) + 1
            return
