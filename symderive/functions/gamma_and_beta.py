"""Euler's gamma and beta functions and the logarithm of the latter, for positive arguments."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import POSITIVE, Elementwise, OwnFunction
from symderive.functions.special import digamma


class gamma_function(OwnFunction):
    """`Γ(x)`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`Γ′(x) = Γ(x) ψ(x)`."""
        return self * digamma(self.args[0])


class beta_function(OwnFunction):
    """`B(x, y) = Γ(x) Γ(y)/Γ(x + y)`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`∂B/∂x = B(x, y) (ψ(x) − ψ(x + y))`."""
        return self * (digamma(self.args[argindex - 1]) - digamma(self.args[0] + self.args[1]))


class log_beta(OwnFunction):
    """`log B(x, y)`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`∂ log B/∂x = ψ(x) − ψ(x + y)`."""
        return digamma(self.args[argindex - 1]) - digamma(self.args[0] + self.args[1])


def _gamma(x: float) -> float:
    from scipy import special

    return float(special.gamma(x)) if x > 0 else math.inf if x == 0 else math.nan


def _beta(x: float, y: float) -> float:
    from scipy import special

    return float(special.beta(x, y))


def _log_beta(x: float, y: float) -> float:
    from scipy import special

    return float(special.betaln(x, y))


_SAMPLES = (0.4, 1.3, 2.6)
_BOTH = (POSITIVE, POSITIVE)

ENTRIES = [
    Elementwise("gamma_function", gamma_function, ("scipy.special.gamma",), gamma_function,
                "special.gamma({0})", _gamma, r"\Gamma({0})", "Γ({0})", "Γ′ = Γ ψ",
                lambda x, y: y * digamma(x),
                domain=POSITIVE, values=POSITIVE, examples=_SAMPLES, words=sympy.gamma),
    Elementwise("beta_function", beta_function, ("scipy.special.beta",), beta_function,
                "special.beta({0}, {1})",
                _beta, r"\mathrm{{B}}({0}, {1})", "B({0}, {1})", "∂B(x, y)/∂x = B(x, y) (ψ(x) − ψ(x + y))",
                domain=POSITIVE, domains=_BOTH, values=POSITIVE, arity=2, examples=_SAMPLES,
                words=sympy.beta),
    Elementwise("log_beta", log_beta, ("scipy.special.betaln",), log_beta, "special.betaln({0}, {1})",
                _log_beta,
                r"\log\mathrm{{B}}({0}, {1})", "log B({0}, {1})", "∂ log B(x, y)/∂x = ψ(x) − ψ(x + y)",
                domain=POSITIVE, domains=_BOTH, arity=2, examples=_SAMPLES,
                words=lambda x, y: sympy.log(sympy.beta(x, y))),
]  # fmt: skip
