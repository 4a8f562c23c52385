"""Inverse and scaled error functions and the quantiles of the normal distribution."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import POSITIVE, UNIT, Elementwise, OwnFunction


class ndtri(OwnFunction):
    """`Φ⁻¹(x)`, the quantile of the standard normal distribution."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`(Φ⁻¹)′(x) = √(2π) exp(z²/2)` for z = Φ⁻¹(x)."""
        return _slope_of_quantile(self.args[0], self)


class erfcx(OwnFunction):
    """`exp(x²) erfc(x)`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`erfcx′(x) = 2 x erfcx(x) − 2/√π`."""
        return 2 * self.args[0] * self - 2 / sympy.sqrt(sympy.pi)


def _slope_of_quantile(x: sympy.Expr, value: sympy.Expr) -> sympy.Expr:
    return sympy.sqrt(2 * sympy.pi) * sympy.exp(value**2 / 2)


def _value(name: str, x: float) -> float:
    from scipy import special

    return float(getattr(special, name)(x))


def _erfinv(x: float) -> float:
    return _value("erfinv", x) if abs(x) <= 1 else math.nan


_BETWEEN = sympy.Interval.open(-1, 1)

ENTRIES = [
    Elementwise("ndtri", ndtri, ("scipy.special.ndtri",), ndtri, "special.ndtri({0})",
                lambda x: _value("ndtri", x), r"\Phi^{{-1}}({0})", "Φ⁻¹({0})",
                "(Φ⁻¹)′ = √(2π) exp(z²/2), z = Φ⁻¹",
                _slope_of_quantile, domain=UNIT, examples=(0.2, 0.4, 0.85),
                words=lambda x: sympy.sqrt(2) * sympy.erfinv(2 * x - 1)),
    Elementwise("erfinv", sympy.erfinv, ("scipy.special.erfinv",), sympy.erfinv,
                "special.erfinv({0})", _erfinv,
                r"\operatorname{{erf}}^{{-1}}({0})", "erf⁻¹({0})", "(erf⁻¹)′ = √π/2 exp(z²), z = erf⁻¹",
                lambda x, y: sympy.sqrt(sympy.pi) / 2 * sympy.exp(y**2), domain=_BETWEEN,
                examples=(-0.7, -0.2, 0.4)),
    Elementwise("erfcx", erfcx, ("scipy.special.erfcx",), erfcx, "special.erfcx({0})",
                lambda x: _value("erfcx", x), r"\operatorname{{erfcx}}({0})", "erfcx({0})",
                "erfcx′ = 2 x erfcx − 2/√π", lambda x, y: 2 * x * y - 2 / sympy.sqrt(sympy.pi),
                values=POSITIVE,
                words=lambda x: sympy.exp(x**2) * sympy.erfc(x)),
]  # fmt: skip
