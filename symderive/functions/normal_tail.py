"""The logarithm of the normal distribution function, exact far out in the tail too."""

from __future__ import annotations

import sympy

from symderive.functions.record import Elementwise, OwnFunction


class log_ndtr(OwnFunction):
    """`log Φ(x)`, Φ the standard normal distribution function."""

    is_negative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`(log Φ)′(x) = φ(x)/Φ(x)`, as one exponential, so that it holds where Φ underflows."""
        return _slope(self.args[0], self)


def _slope(x: sympy.Expr, value: sympy.Expr) -> sympy.Expr:
    return sympy.exp(-(x**2) / 2 - value) / sympy.sqrt(2 * sympy.pi)


def _log_ndtr(x: float) -> float:
    from scipy import special

    return float(special.log_ndtr(x))


ENTRIES = [
    Elementwise("log_ndtr", log_ndtr, ("scipy.special.log_ndtr",), log_ndtr, "special.log_ndtr({0})",
                _log_ndtr, r"\log\Phi({0})", "log Φ({0})", "(log Φ)′ = φ/Φ", _slope,
                values=sympy.Interval.open(-sympy.oo, 0)),
]  # fmt: skip
