"""Factorials, as they stand in the densities of counts."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import POSITIVE, Elementwise, OwnFunction
from symderive.functions.special import digamma


class factorial(OwnFunction):
    """`y! = Γ(y + 1)`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`(y!)′ = y! ψ(y + 1)`."""
        return factorial(self.args[0]) * digamma(self.args[0] + 1)


class log_factorial(OwnFunction):
    """`log y! = log Γ(y + 1)`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`(log y!)′ = ψ(y + 1)`."""
        return digamma(self.args[0] + 1)


def _gamma_plus_one(x: float) -> float:
    from scipy import special

    return float(special.gamma(x + 1)) if x >= -1 else math.nan


def _log_gamma_plus_one(x: float) -> float:
    from scipy import special

    return float(special.gammaln(x + 1)) if x >= -1 else math.nan


_DOMAIN = sympy.Interval.open(-1, sympy.oo)
_SAMPLES = (0.3, 1.0, 2.0, 3.0)

ENTRIES = [
    Elementwise("factorial", factorial, (), factorial, "special.gamma({0} + 1)", _gamma_plus_one,
                r"{0}!", "{0}!", "(y!)′ = y! ψ(y + 1)", domain=_DOMAIN, values=POSITIVE, examples=_SAMPLES),
    Elementwise("log_factorial", log_factorial, (), log_factorial, "special.gammaln({0} + 1)",
                _log_gamma_plus_one, r"\log {0}!", "log {0}!", "(log y!)′ = ψ(y + 1)", domain=_DOMAIN,
                examples=_SAMPLES),
]  # fmt: skip
