"""The logistic sigmoid and the softplus, each other's derivative and integral."""

from __future__ import annotations

import math
from typing import Any

import sympy

from symderive.functions.record import POSITIVE, UNIT, Elementwise, OwnFunction


class sigmoid(OwnFunction):
    """`σ(x) = 1 / (1 + exp(−x))`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`σ′(x) = σ(x) σ(−x)`."""
        return sigmoid(self.args[0]) * sigmoid(-self.args[0])

    def _eval_rewrite_as_exp(self, x: sympy.Expr, **_: Any) -> sympy.Expr:
        return 1 / (1 + sympy.exp(-x))


class softplus(OwnFunction):
    """`softplus(x) = log(1 + exp(x))`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`softplus′(x) = σ(x)`."""
        return sigmoid(self.args[0])

    def _eval_rewrite_as_log(self, x: sympy.Expr, **_: Any) -> sympy.Expr:
        return sympy.log(1 + sympy.exp(x))


def logaddexp(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    """`log(exp(x) + exp(y)) = x + softplus(y − x)`."""
    return y + softplus(x - y) if y == 0 else x + softplus(y - x)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


ENTRIES = [
    Elementwise(
        "sigmoid", sigmoid, ("scipy.special.expit",), sigmoid, "special.expit({0})", _sigmoid,
        r"\sigma({0})", "σ({0})", "σ′ = σ(1 − σ)", lambda x, y: y * (1 - y), values=UNIT,
    ),
    Elementwise(
        "softplus", softplus, (), softplus, "np.logaddexp(0, {0})", _softplus,
        r"\log(1 + \exp({0}))", "log(1 + exp({0}))", "softplus′ = σ", values=POSITIVE,
    ),
    Elementwise("logaddexp", logaddexp, ("numpy.logaddexp",), arity=2),
    Elementwise("log_expit", lambda x: -softplus(-x), ("scipy.special.log_expit",),
                values=sympy.Interval.open(-sympy.oo, 0)),
    Elementwise("logit", lambda x: sympy.log(x) - sympy.log(1 - x), ("scipy.special.logit",),
                domain=UNIT, examples=(0.2, 0.7)),
]  # fmt: skip
