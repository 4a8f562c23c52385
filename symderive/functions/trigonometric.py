"""Circular and hyperbolic functions."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import NONZERO, Elementwise

_INSIDE = sympy.Interval.open(-1, 1)


def _sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def _cosh(x: float) -> float:
    try:
        return math.cosh(x)
    except OverflowError:
        return math.inf


ENTRIES = [
    Elementwise("sin", sympy.sin, ("numpy.sin",), sympy.sin, "np.sin({0})", math.sin,
                r"\sin({0})", "sin({0})", "sin′ = cos", values=sympy.Interval(-1, 1)),
    Elementwise("cos", sympy.cos, ("numpy.cos",), sympy.cos, "np.cos({0})", math.cos,
                r"\cos({0})", "cos({0})", "cos′ = −sin", values=sympy.Interval(-1, 1)),
    Elementwise("tan", sympy.tan, ("numpy.tan",), sympy.tan, "np.tan({0})", math.tan,
                r"\tan({0})", "tan({0})", "tan′ = 1 + tan²", lambda x, y: 1 + y**2,
                joint=lambda x: (sympy.cos(x), NONZERO)),
    Elementwise("sinh", sympy.sinh, ("numpy.sinh",), sympy.sinh, "np.sinh({0})", _sinh,
                r"\sinh({0})", "sinh({0})", "sinh′ = cosh"),
    Elementwise("cosh", sympy.cosh, ("numpy.cosh",), sympy.cosh, "np.cosh({0})", _cosh,
                r"\cosh({0})", "cosh({0})", "cosh′ = sinh", values=sympy.Interval(1, sympy.oo)),
    Elementwise("tanh", sympy.tanh, ("numpy.tanh",), sympy.tanh, "np.tanh({0})", math.tanh,
                r"\tanh({0})", "tanh({0})", "tanh′ = 1 − tanh²", lambda x, y: 1 - y**2, values=_INSIDE),
    Elementwise("arctan", sympy.atan, ("numpy.arctan", "numpy.atan"), sympy.atan, "np.arctan({0})", math.atan,
                r"\arctan({0})", "arctan({0})", "arctan′ = 1/(1 + x²)",
                values=sympy.Interval.open(-sympy.pi / 2, sympy.pi / 2)),
    Elementwise("arcsinh", sympy.asinh, ("numpy.arcsinh", "numpy.asinh"), sympy.asinh, "np.arcsinh({0})",
                math.asinh,
                r"\operatorname{{arsinh}}({0})", "arsinh({0})", "arsinh′ = 1/√(1 + x²)"),
]  # fmt: skip
