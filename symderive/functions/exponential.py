"""exp, log and what NumPy offers around them."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import POSITIVE, Elementwise


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    return math.log(x) if x else -math.inf


ENTRIES = [
    Elementwise(
        "exp", sympy.exp, ("numpy.exp",), sympy.exp, "np.exp({0})", _exp,
        r"\exp({0})", "exp({0})", "exp′ = exp", lambda x, y: y, values=POSITIVE,
    ),
    Elementwise(
        "log", sympy.log, ("numpy.log",), sympy.log, "np.log({0})", _log,
        r"\log({0})", "log({0})", "log′ = 1/x", domain=POSITIVE, examples=(0.3, 1.4, 2.6),
    ),
    Elementwise("exp2", lambda x: sympy.Integer(2) ** x, ("numpy.exp2", "scipy.special.exp2"),
                values=POSITIVE),
    Elementwise("expm1", lambda x: sympy.exp(x) - 1, ("numpy.expm1", "scipy.special.expm1")),
    Elementwise(
        "log1p", lambda x: sympy.log(1 + x), ("numpy.log1p", "scipy.special.log1p"),
        domain=sympy.Interval.open(-1, sympy.oo), examples=(-0.4, 0.7),
    ),
    Elementwise(
        "log2", lambda x: sympy.log(x) / sympy.log(2), ("numpy.log2",), domain=POSITIVE, examples=(0.3, 1.4)
    ),
    Elementwise(
        "log10", lambda x: sympy.log(x) / sympy.log(10), ("numpy.log10",), domain=POSITIVE,
        examples=(0.3, 1.4),
    ),
]  # fmt: skip
