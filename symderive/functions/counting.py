"""Factorials, as they stand in the densities of counts."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import NONNEGATIVE, POSITIVE, Elementwise, OwnFunction
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


ENTRIES = [
    Elementwise("factorial", factorial, ("scipy.special.factorial",), factorial, "special.factorial({0})",
                lambda x: math.gamma(x + 1), r"{0}!", "{0}!", "(y!)′ = y! ψ(y + 1)",
                domain=NONNEGATIVE, values=POSITIVE, examples=(0.3, 1.0, 2.0, 3.0)),
    Elementwise("log_factorial", log_factorial, (), log_factorial, "special.gammaln({0} + 1)",
                lambda x: math.lgamma(x + 1), r"\log {0}!", "log {0}!", "(log y!)′ = ψ(y + 1)",
                domain=NONNEGATIVE, examples=(0.3, 1.0, 2.0, 3.0)),
]  # fmt: skip
