"""Variance and third derivative of a normal tail, as code computes them: nothing cancels far out.

With `h = φ(x)/Φ(x)` and `e = x + h` these are the slopes of e and, but for a factor, of the variance. Nobody
writes them; `symderive.codegen.stable` puts them in place of polynomials in h and x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symderive.functions.record import POSITIVE, UNIT, Elementwise, OwnFunction
from symderive.functions.stable_forms import normal_excess, normal_slope, normal_slope_of, slope_in_words

SPREAD_FROM, SKEW_FROM = -20, -8  # below them continued fractions are exact
SPREAD_DEPTH, SKEW_DEPTH = 7, 13


class normal_spread(OwnFunction):
    """`1 − h (x + h)`, the variance of a standard normal number above −x."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`v′ = h ((x + h)(x + 2 h) − 1)`."""
        return normal_slope(self.args[0]) * normal_skew(self.args[0])


class normal_skew(OwnFunction):
    """`(x + h)(x + 2 h) − 1 = e² − v`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`s′ = 2 e v − h s`."""
        x = self.args[0]
        return 2 * normal_excess(x) * normal_spread(x) - normal_slope(x) * self


def fraction(far: Any, first: int, last: int) -> Any:
    """`r_k = 1/(t + (k + 1) r_{k+1})` for `t = −far`, where the last one is `1/t`.

    These are the quotients of repeated integrals of the tail; r_1 is `h − t`. `far` is a float or a formula.
    """
    below = far
    for place in range(last, first, -1):
        below = far + place / below
    return -1 / below


def spread_far(far: Any, named: Callable[[Any], Any] = lambda one: one) -> Any:
    """`v = r_1 (2 r_2 − r_1)`; `named` may give a name to what is used twice."""
    second = named(fraction(far, 2, SPREAD_DEPTH))
    first = named(1 / (2 * second - far))
    return first * (2 * second - first)


def skew_far(far: Any, named: Callable[[Any], Any] = lambda one: one) -> Any:
    """`s = 2 r_1² r_2 (3 r_3 − 2 r_2)`."""
    third = named(fraction(far, 3, SKEW_DEPTH))
    second = named(1 / (3 * third - far))
    first = 1 / (2 * second - far)
    return 2 * first**2 * second * (3 * third - 2 * second)


def spread_near(x: Any, slope: Any) -> Any:
    """`v` where nothing cancels."""
    return 1 - slope * (x + slope)


def skew_near(x: Any, slope: Any) -> Any:
    """`s` where nothing cancels."""
    return (x + slope) * (x + 2 * slope) - 1


def _by_floats(near: Callable[..., Any], far: Callable[..., Any], border: int) -> Callable[[float], float]:
    return lambda x: float(far(x) if x < border else near(x, normal_slope_of(x)))


def _template(near: Callable[..., Any], far: Callable[..., Any], border: int) -> str:
    x, slope = sympy.symbols("x h")
    out = str(far(x)).replace("x", f"np.minimum({{0}}, {border})")
    hazard = "(np.sqrt(2 / np.pi) / special.erfcx(-({0}) / np.sqrt(2)))"
    close = str(near(x, slope)).replace("x", "({0})").replace("h", hazard)
    return f"np.where({{0}} < {border}, {out}, {close})"


ENTRIES = [
    Elementwise("normal_spread", normal_spread, (), normal_spread,
                _template(spread_near, spread_far, SPREAD_FROM),
                _by_floats(spread_near, spread_far, SPREAD_FROM),
                r"\left(1 - \frac{{\phi({0})}}{{\Phi({0})}}({0} + \frac{{\phi({0})}}{{\Phi({0})}})\right)",
                "(1 - φ({0})/Φ({0}) ({0} + φ({0})/Φ({0})))", "v′ = h ((x + h)(x + 2 h) − 1) with h = φ/Φ",
                values=UNIT, words=lambda x: spread_near(x, slope_in_words(x))),
    Elementwise("normal_skew", normal_skew, (), normal_skew,
                _template(skew_near, skew_far, SKEW_FROM), _by_floats(skew_near, skew_far, SKEW_FROM),
                r"\left(({0} + \frac{{\phi({0})}}{{\Phi({0})}})"
                r"({0} + 2\frac{{\phi({0})}}{{\Phi({0})}}) - 1\right)",
                "(({0} + φ({0})/Φ({0})) ({0} + 2 φ({0})/Φ({0})) - 1)",
                "s′ = 2 e v − h s with e = x + h and h = φ/Φ",
                values=POSITIVE, words=lambda x: skew_near(x, slope_in_words(x))),
]  # fmt: skip
