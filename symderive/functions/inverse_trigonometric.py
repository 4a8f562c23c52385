"""Inverse circular and hyperbolic functions that are not defined everywhere."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import NONNEGATIVE, Elementwise

_CLOSED = sympy.Interval(-1, 1)
_OPEN = sympy.Interval.open(-1, 1)
_INSIDE = (-0.8, -0.3, 0.2, 0.6)


def _atanh(x: float) -> float:
    return math.copysign(math.inf, x) if abs(x) == 1 else math.atanh(x)


ENTRIES = [
    Elementwise("arcsin", sympy.asin, ("numpy.arcsin", "numpy.asin"), sympy.asin, "np.arcsin({0})", math.asin,
                r"\arcsin({0})", "arcsin({0})", "arcsin′ = 1/√(1 − x²)", domain=_CLOSED, slopes=_OPEN,
                values=sympy.Interval(-sympy.pi / 2, sympy.pi / 2), examples=_INSIDE),
    Elementwise("arccos", sympy.acos, ("numpy.arccos", "numpy.acos"), sympy.acos, "np.arccos({0})", math.acos,
                r"\arccos({0})", "arccos({0})", "arccos′ = −1/√(1 − x²)", domain=_CLOSED, slopes=_OPEN,
                values=sympy.Interval(0, sympy.pi), examples=_INSIDE),
    Elementwise("arccosh", sympy.acosh, ("numpy.arccosh", "numpy.acosh"), sympy.acosh, "np.arccosh({0})",
                math.acosh, r"\operatorname{{arcosh}}({0})", "arcosh({0})", "arcosh′ = 1/√(x² − 1)",
                domain=sympy.Interval(1, sympy.oo), slopes=sympy.Interval.open(1, sympy.oo),
                values=NONNEGATIVE, examples=(1.3, 2.1, 3.7)),
    Elementwise("arctanh", sympy.atanh, ("numpy.arctanh", "numpy.atanh"), sympy.atanh, "np.arctanh({0})",
                _atanh, r"\operatorname{{artanh}}({0})", "artanh({0})", "artanh′ = 1/(1 − x²)",
                domain=_OPEN, examples=_INSIDE),
]  # fmt: skip
