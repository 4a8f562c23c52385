"""Square, square root, reciprocal: written as powers."""

from __future__ import annotations

import sympy

from symderive.functions.record import NONNEGATIVE, REALS, Elementwise

ENTRIES = [
    Elementwise(
        "sqrt", sympy.sqrt, ("numpy.sqrt",), domain=NONNEGATIVE, values=NONNEGATIVE, examples=(0.3, 1.4, 2.6)
    ),
    Elementwise("square", lambda x: x**2, ("numpy.square",), values=NONNEGATIVE),
    Elementwise("reciprocal", lambda x: 1 / x, ("numpy.reciprocal",), domain=sympy.Complement(REALS, {0})),
    Elementwise("negative", lambda x: -x, ("numpy.negative",)),
    Elementwise("positive", lambda x: x, ("numpy.positive",)),
]
