"""Functions that only code has: the same value as what is printed, without cancellation and without overflow.

Nobody writes them; `symderive.codegen.stable` puts them in place of what was written before code is made.
"""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import NONNEGATIVE, POSITIVE, UNIT, Elementwise, OwnFunction
from symderive.functions.sigmoid import sigmoid

_BELOW_ZERO = sympy.Interval.open(-sympy.oo, 0)


class log_one_plus(OwnFunction):
    """`log(1 + x)`, exact for small x."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`1/(1 + x)`."""
        return 1 / (1 + self.args[0])


class exp_minus_one(OwnFunction):
    """`exp(x) − 1`, exact for small x."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`exp(x)`."""
        return sympy.exp(self.args[0])


class log_one_minus_exp(OwnFunction):
    """`log(1 − exp(x))` for negative x, exact for small and for large −x."""

    is_negative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`exp(x)/(exp(x) − 1)`."""
        x = self.args[0]
        return sympy.exp(x) / exp_minus_one(x)


class log_add_exp(OwnFunction):
    """`log(exp(x) + exp(y))`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`σ(x − y)` by x and `σ(y − x)` by y."""
        x, y = self.args
        return sigmoid(x - y if argindex == 1 else y - x)


class log_cosh(OwnFunction):
    """`log cosh(x)`, exact for small x and without overflow."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`tanh(x)`."""
        return sympy.tanh(self.args[0])


class secant(OwnFunction):
    """`1/cosh(x)`, without overflow."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`−tanh(x)/cosh(x)`."""
        return -sympy.tanh(self.args[0]) * self


class hypotenuse(OwnFunction):
    """`√(x² + y²)`, where the squares may overflow or underflow."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`x/√(x² + y²)` by x, the same with y by y."""
        return self.args[argindex - 1] / self


class scaled_erfc(OwnFunction):
    """`erfcx(x) = exp(x²) erfc(x)`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`2 x erfcx(x) − 2/√π`."""
        return 2 * self.args[0] * self - 2 / sympy.sqrt(sympy.pi)


class normal_slope(OwnFunction):
    """`φ(x)/Φ(x)`, the slope of `log Φ`, where both underflow."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`h′ = −h (x + h)`."""
        return -self * normal_excess(self.args[0])


class normal_excess(OwnFunction):
    """`x + φ(x)/Φ(x)`, where x and the quotient nearly cancel."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`1 − h (x + h)`."""
        return 1 - normal_slope(self.args[0]) * self


def _log1mexp(x: float) -> float:
    if x >= 0:
        return -math.inf if x == 0 else math.nan
    return math.log1p(-math.exp(x)) if x < -1 else math.log(-math.expm1(x))


def _expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return math.inf


def _log_add_exp(x: float, y: float) -> float:
    return max(x, y) + math.log1p(math.exp(-abs(x - y)))


def _log_cosh(x: float) -> float:
    size = abs(x)
    if size < 1:
        return math.log1p(2 * math.sinh(size / 2) ** 2)
    return size - math.log(2) + math.log1p(math.exp(-2 * size))


def _secant(x: float) -> float:
    return 2 * math.exp(-abs(x)) / (1 + math.exp(-2 * abs(x)))


def _scaled_erfc(x: float) -> float:
    from scipy import special

    return float(special.erfcx(x))


def normal_slope_of(x: float) -> float:
    """`φ(x)/Φ(x)` of a float."""
    from scipy import special

    return float(math.sqrt(2 / math.pi) / special.erfcx(-x / math.sqrt(2)))


def _normal_excess(x: float) -> float:
    return x + normal_slope_of(x) if x >= -200 else -1 / (x + 2 / (x + 3 / x))


def slope_in_words(x: sympy.Expr) -> sympy.Expr:
    """`φ(x)/Φ(x)` as SymPy says it."""
    return sympy.sqrt(2 / sympy.pi) * sympy.exp(-(x**2) / 2) / sympy.erfc(-x / sympy.sqrt(2))


ENTRIES = [
    Elementwise("log_one_plus", log_one_plus, (), log_one_plus, "np.log1p({0})",
                lambda x: math.log1p(x) if x != -1 else -math.inf, r"\log(1 + {0})", "log(1 + {0})",
                "log(1 + x)′ = 1/(1 + x)", domain=sympy.Interval.open(-1, sympy.oo), examples=(-0.4, 0.7),
                words=lambda x: sympy.log(1 + x)),
    Elementwise("exp_minus_one", exp_minus_one, (), exp_minus_one, "np.expm1({0})", _expm1,
                r"(\exp({0}) - 1)", "(exp({0}) - 1)", "(exp(x) − 1)′ = exp(x)",
                values=sympy.Interval.open(-1, sympy.oo), words=lambda x: sympy.exp(x) - 1),
    Elementwise("log_one_minus_exp", log_one_minus_exp, (), log_one_minus_exp,
                "np.where({0} < -1, np.log1p(-np.exp(np.minimum({0}, -1))), np.log(-np.expm1({0})))",
                _log1mexp, r"\log(1 - \exp({0}))", "log(1 - exp({0}))",
                "log(1 − exp(x))′ = exp(x)/(exp(x) − 1)", domain=_BELOW_ZERO, values=_BELOW_ZERO,
                examples=(-0.2, -1.3, -3.0), words=lambda x: sympy.log(1 - sympy.exp(x))),
    Elementwise("log_add_exp", log_add_exp, (), log_add_exp, "np.logaddexp({0}, {1})", _log_add_exp,
                r"\log(\exp({0}) + \exp({1}))", "log(exp({0}) + exp({1}))",
                "log(exp x + exp y)′ = σ(x − y) x′ + σ(y − x) y′", arity=2,
                words=lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y))),
    Elementwise("log_cosh", log_cosh, (), log_cosh,
                "np.where(np.abs({0}) < 1, np.log1p(2 * np.sinh(np.clip({0}, -1, 1) / 2) ** 2), "
                "np.logaddexp({0}, -({0})) - np.log(2))", _log_cosh, r"\log(\cosh({0}))", "log(cosh({0}))",
                "(log cosh)′ = tanh", values=NONNEGATIVE, words=lambda x: sympy.log(sympy.cosh(x))),
    Elementwise("secant", secant, (), secant,
                "(2 * np.exp(-np.abs({0})) * special.expit(2 * np.abs({0})))", _secant,
                r"\operatorname{{sech}}({0})", "sech({0})", "sech′ = −tanh sech", values=UNIT,
                words=lambda x: 1 / sympy.cosh(x)),
    Elementwise("hypotenuse", hypotenuse, (), hypotenuse, "np.hypot({0}, {1})", math.hypot,
                r"\sqrt{{({0})^2 + ({1})^2}}", "√(({0})² + ({1})²)",
                "√(x² + y²)′ = (x x′ + y y′)/√(x² + y²)", values=NONNEGATIVE, arity=2,
                words=lambda x, y: sympy.sqrt(x**2 + y**2)),
    Elementwise("scaled_erfc", scaled_erfc, (), scaled_erfc, "special.erfcx({0})", _scaled_erfc,
                r"\operatorname{{erfcx}}({0})", "erfcx({0})", "erfcx′ = 2x erfcx − 2/√π", values=POSITIVE,
                words=lambda x: sympy.exp(x**2) * sympy.erfc(x)),
    Elementwise("normal_slope", normal_slope, (), normal_slope,
                "(np.sqrt(2 / np.pi) / special.erfcx(-({0}) / np.sqrt(2)))", normal_slope_of,
                r"\frac{{\phi({0})}}{{\Phi({0})}}", "φ({0})/Φ({0})", "(φ/Φ)′ = −(φ/Φ)(x + φ/Φ)",
                values=POSITIVE, words=slope_in_words),
    Elementwise("normal_excess", normal_excess, (), normal_excess,
                "np.where({0} < -200, "
                "-1 / (np.minimum({0}, -1) + 2 / (np.minimum({0}, -1) + 3 / np.minimum({0}, -1))), "
                "{0} + np.sqrt(2 / np.pi) / special.erfcx(-({0}) / np.sqrt(2)))", _normal_excess,
                r"({0} + \frac{{\phi({0})}}{{\Phi({0})}})", "({0} + φ({0})/Φ({0}))",
                "(x + φ/Φ)′ = 1 − (φ/Φ)(x + φ/Φ)", values=POSITIVE,
                words=lambda x: x + slope_in_words(x)),
]  # fmt: skip
