"""Special functions of statistics: gamma family, error functions, the normal distribution function."""

from __future__ import annotations

import math
from typing import Any

import sympy

from symderive.functions.record import POSITIVE, UNIT, Elementwise, OwnFunction, by_argument

_SAMPLES = (0.3, 1.4, 2.6)


class log_gamma(OwnFunction):
    """`log Γ(x)` for positive x."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`(log Γ)′ = ψ`."""
        return digamma(self.args[0])


class digamma(OwnFunction):
    """`ψ(x)`, the derivative of `log Γ`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`ψ′`, the trigamma function."""
        return polygamma(1, self.args[0])


class polygamma(OwnFunction):
    """`ψ⁽ᵏ⁾(x)`, the k-th derivative of the digamma function, k a number ≥ 1."""

    def fdiff(self, argindex: int = 2) -> sympy.Expr:
        """`(ψ⁽ᵏ⁾)′ = ψ⁽ᵏ⁺¹⁾`."""
        order, x = by_argument(self, argindex)
        return polygamma(order + 1, x)


class ndtr(OwnFunction):
    """`Φ(x)`, the standard normal distribution function."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`Φ′(x) = exp(−x²/2)/√(2π)`."""
        return sympy.exp(-(self.args[0] ** 2) / 2) / sympy.sqrt(2 * sympy.pi)


def _log_gamma(x: float) -> float:
    return math.lgamma(x) if x > 0 else math.inf if x == 0 else math.nan


def _digamma(x: float) -> float:
    from scipy import special

    return float(special.digamma(x)) if x >= 0 else math.nan


def _polygamma(order: float, x: float) -> float:
    from scipy import special

    return float(special.polygamma(int(order), x))


def _polygamma_code(order: Any, x: Any) -> sympy.Expr:
    return digamma(x) if order == 0 else polygamma(order, x)


ENTRIES = [
    Elementwise("log_gamma", log_gamma, ("scipy.special.gammaln", "scipy.special.loggamma"), log_gamma,
                "special.gammaln({0})", _log_gamma, r"\log\Gamma({0})", "log Γ({0})", "(log Γ)′ = ψ",
                domain=POSITIVE, examples=_SAMPLES),
    Elementwise("digamma", digamma, ("scipy.special.digamma", "scipy.special.psi"), digamma,
                "special.digamma({0})", _digamma, r"\psi({0})", "ψ({0})", "ψ′ is the trigamma function",
                domain=POSITIVE, examples=_SAMPLES),
    Elementwise("polygamma", _polygamma_code, ("scipy.special.polygamma",), polygamma,
                "special.polygamma({0}, {1})", _polygamma, r"\psi^{{({0})}}({1})", "ψ⁽{0}⁾({1})",
                "the next polygamma function", domain=POSITIVE, arity=2, has_order=True, examples=_SAMPLES),
    Elementwise("erf", sympy.erf, ("scipy.special.erf",), sympy.erf, "special.erf({0})", math.erf,
                r"\operatorname{{erf}}({0})", "erf({0})", "erf′ = 2 exp(−x²)/√π",
                values=sympy.Interval.open(-1, 1)),
    Elementwise("erfc", sympy.erfc, ("scipy.special.erfc",), sympy.erfc, "special.erfc({0})", math.erfc,
                r"\operatorname{{erfc}}({0})", "erfc({0})", "erfc′ = −2 exp(−x²)/√π",
                values=sympy.Interval.open(0, 2)),
    Elementwise("ndtr", ndtr, ("scipy.special.ndtr",), ndtr, "special.ndtr({0})",
                lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), r"\Phi({0})", "Φ({0})", "Φ′ = φ", values=UNIT),
]  # fmt: skip
