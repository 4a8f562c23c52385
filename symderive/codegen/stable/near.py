"""Expressions in one variable as power series, and what goes wrong where they are computed as they stand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from symderive.codegen.stable.series import LENGTH, NotAnalytic, Series
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.functions.stable_forms import (
    exp_minus_one,
    log_add_exp,
    log_cosh,
    log_one_minus_exp,
    log_one_plus,
    secant,
)

_ONE, _HALF = Series.constant(1), Series.constant(Fraction(1, 2))


class Near:
    """An expression in the symbol `at` as a series; final.

    Args:
        at: the symbol.
        is_exponent: whether the series is one in `exp(at)`, for very negative numbers, and not in `at`.

    Attributes:
        lost: how many powers of the variable cancel in sums, where terms are large.
        is_singular: whether the code as it stands divides by what vanishes, or takes its logarithm.
    """

    def __init__(self, at: sympy.Symbol, is_exponent: bool) -> None:
        self.at, self.is_exponent = at, is_exponent
        self.lost, self.is_singular = 0, False

    def of(self, expr: sympy.Expr) -> Series:
        """The series.

        Raises:
            NotAnalytic: there is none with rational coefficients.
        """
        if expr.is_Rational:
            return Series.constant(Fraction(int(expr.p), int(expr.q)))
        if expr == self.at:
            return Series(Fraction(LENGTH), (), Fraction(1)) if self.is_exponent else Series.variable()
        if isinstance(expr, sympy.Add):
            return self._sum([self.of(arg) for arg in expr.args])
        if isinstance(expr, sympy.Mul):
            return self._product([self.of(arg) for arg in expr.args])
        if isinstance(expr, sympy.exp):
            return self._exp(expr.args[0])
        if isinstance(expr, sympy.Pow) and expr.exp.is_Rational:
            return self._power(self.of(expr.base), Fraction(int(expr.exp.p), int(expr.exp.q)))
        rule = _RULES.get(type(expr))
        if rule is None:
            raise NotAnalytic
        return rule(self, *expr.args)

    def _sum(self, terms: list[Series]) -> Series:
        made = sum(terms[1:], terms[0])
        low = min(one.low for one in terms)
        if made.low > low:
            self.lost = max(self.lost, int(made.low - low))
        return made

    def _product(self, factors: list[Series]) -> Series:
        made = _ONE
        for one in factors:
            made = made * one
        low = [one.low for one in factors if one.is_plain]
        if min(low, default=0) < 0 < max(low, default=0):
            self.is_singular = True
        return made

    def _power(self, base: Series, exponent: Fraction) -> Series:
        if base.low > 0 and (exponent.denominator != 1 if self.is_exponent else exponent < 0):
            self.is_singular = True
        return base.power(exponent)

    def _exp(self, exponent: sympy.Expr) -> Series:
        if not self.is_exponent:
            return self.of(exponent).exp()
        terms = _terms(exponent)
        power = terms.pop(self.at, sympy.S.Zero)
        rest = sympy.Add(*(number * term for term, number in terms.items()))
        if not power.is_Rational:
            raise NotAnalytic
        raised = Series.variable(Fraction(int(power.p), int(power.q)))
        return raised * self.of(rest).exp() if rest != 0 else raised

    def log(self, inside: Series) -> Series:
        """Its logarithm."""
        if inside.low != 0:
            self.is_singular = True
        return inside.log()

    def raised(self, argument: sympy.Expr) -> Series:
        """`exp` of an argument."""
        return self._exp(argument)


def _terms(exponent: sympy.Expr) -> dict[sympy.Expr, sympy.Expr]:
    found: dict[sympy.Expr, sympy.Expr] = {}
    for term in sympy.Add.make_args(sympy.expand_mul(exponent)):
        number, rest = term.as_coeff_Mul()
        found[rest] = found.get(rest, sympy.S.Zero) + number
    return found


def _share(near: Near, x: sympy.Expr) -> Series:
    return (_ONE + near.raised(-x)).power(Fraction(-1))


_RULES: dict[Any, Callable[..., Series]] = {
    sigmoid: _share,
    softplus: lambda near, x: (_ONE + near.raised(x)).log(),
    exp_minus_one: lambda near, x: near.raised(x) + -_ONE,
    sympy.tanh: lambda near, x: _ONE + -(_share(near, -2 * x) + _share(near, -2 * x)),
    sympy.cosh: lambda near, x: _HALF * (near.raised(x) + near.raised(-x)),
    sympy.sinh: lambda near, x: _HALF * (near.raised(x) + -near.raised(-x)),
    secant: lambda near, x: (_HALF * (near.raised(x) + near.raised(-x))).power(Fraction(-1)),
    sympy.log: lambda near, x: near.log(near.of(x)),
    log_one_plus: lambda near, x: (_ONE + near.of(x)).log(),
    log_one_minus_exp: lambda near, x: near.log(_ONE + -near.raised(x)),
    log_cosh: lambda near, x: (_HALF * (near.raised(x) + near.raised(-x))).log(),
    log_add_exp: lambda near, x, y: (near.raised(x) + near.raised(y)).log(),
}
