"""The normal distribution between two numbers, as code computes it: nothing cancels, also far out in a tail.

Nobody writes these; `symderive.codegen.stable` puts them in place of `Φ(b) − Φ(a)` and of quotients by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy

from symderive.functions.record import Elementwise, OwnFunction


class normal_interval(OwnFunction):
    """`Φ(b) − Φ(a)`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`φ(b)` by b, `−φ(a)` by a."""
        slope = sympy.exp(-(self.args[argindex - 1] ** 2) / 2) / sympy.sqrt(2 * sympy.pi)
        return -slope if argindex == 1 else slope


class log_normal_interval(OwnFunction):
    """`log |Φ(b) − Φ(a)|`."""

    is_negative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`φ(b)/(Φ(b) − Φ(a))` by b, `−φ(a)/(Φ(b) − Φ(a))` by a."""
        a, b = self.args
        return -interval_slope(a, b) if argindex == 1 else interval_slope(-b, -a)


class interval_slope(OwnFunction):
    """`φ(a)/(Φ(b) − Φ(a))`; by symmetry `φ(b)/(Φ(b) − Φ(a))` is that of −b and −a."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`p′ = p (p − a)` by a, `−p φ(b)/(Φ(b) − Φ(a))` by b."""
        a, b = self.args
        return self * interval_excess(a, b) if argindex == 1 else -self * interval_slope(-b, -a)


class interval_excess(OwnFunction):
    """`φ(a)/(Φ(b) − Φ(a)) − a`, where the two nearly cancel."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`p (p − a) − 1` by a, `−p φ(b)/(Φ(b) − Φ(a))` by b."""
        a, b = self.args
        slope = interval_slope(a, b)
        return slope * self - 1 if argindex == 1 else -slope * interval_slope(-b, -a)


def _ordered(rule: Callable[[float, float], float]) -> Callable[[float, float], float]:
    """A rule for a below b, for all numbers, of a function that turns its sign with both arguments."""
    return lambda a, b: rule(a, b) if a < b else -rule(-a, -b)


def _tails(a: float, b: float) -> tuple[float, float, float]:
    """The nearer end, the farther end, both as far from 0 in the tail; `Φ(−far)/Φ(−near)` for a below b."""
    from scipy import special

    near, far = (a, b) if a + b > 0 else (-b, -a)
    return near, far, math.exp(special.log_ndtr(-far) - special.log_ndtr(-near))


def _interval(a: float, b: float) -> float:
    from scipy import special

    near, far, _ = _tails(a, b)
    return float(special.ndtr(-near) - special.ndtr(-far))


def _log_interval(a: float, b: float) -> float:
    from scipy import special

    near, _, ratio = _tails(min(a, b), max(a, b))
    return float(special.log_ndtr(-near)) + (math.log1p(-ratio) if ratio < 1 else -math.inf)


def _slope(a: float, b: float) -> float:
    return math.exp(-a * a / 2 - _log_interval(a, b)) / math.sqrt(2 * math.pi)


def _excess(a: float, b: float) -> float:
    return _slope(a, b) - a


def _slope_in_words(a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    return sympy.sqrt(2 / sympy.pi) * sympy.exp(-(a**2) / 2) / _erfs(a, b)


def _erfs(a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    return sympy.erf(b / sympy.sqrt(2)) - sympy.erf(a / sympy.sqrt(2))


_INTERVAL = (
    "np.where({0} + {1} > 0, special.ndtr(-({0})) - special.ndtr(-({1})), "
    "special.ndtr({1}) - special.ndtr({0}))"
)
_SLOPE = f"(np.exp(-({{0}}) ** 2 / 2) / np.sqrt(2 * np.pi) / {_INTERVAL})"
ENTRIES = [
    Elementwise("normal_interval", normal_interval, (), normal_interval, _INTERVAL, _ordered(_interval),
                r"(\Phi({1}) - \Phi({0}))", "(Φ({1}) - Φ({0}))", "Φ′ = φ", arity=2,
                words=lambda a, b: _erfs(a, b) / 2),
    Elementwise("log_normal_interval", log_normal_interval, (), log_normal_interval,
                f"np.log(np.abs({_INTERVAL}))", _log_interval, r"\log\lvert\Phi({1}) - \Phi({0})\rvert",
                "log |Φ({1}) - Φ({0})|", "Φ′ = φ", values=sympy.Interval.open(-sympy.oo, 0), arity=2,
                words=lambda a, b: sympy.log(sympy.Abs(_erfs(a, b)) / 2)),
    Elementwise("interval_slope", interval_slope, (), interval_slope, _SLOPE, _ordered(_slope),
                r"\frac{{\phi({0})}}{{\Phi({1}) - \Phi({0})}}", "φ({0})/(Φ({1}) - Φ({0}))",
                "p′ = p (p − a) a′ − p q b′", arity=2, words=_slope_in_words),
    Elementwise("interval_excess", interval_excess, (), interval_excess, f"({_SLOPE} - ({{0}}))",
                _ordered(_excess), r"(\frac{{\phi({0})}}{{\Phi({1}) - \Phi({0})}} - {0})",
                "(φ({0})/(Φ({1}) - Φ({0})) - {0})", "p − a, with p′ = p (p − a) a′ − p q b′", arity=2,
                words=lambda a, b: _slope_in_words(a, b) - a),
]  # fmt: skip
