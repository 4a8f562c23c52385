"""The real cube root."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import NONZERO, Elementwise, OwnFunction


class cube_root(OwnFunction):
    """`∛x`, also for negative x."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`(∛x)′ = 1/(3 ∛x²)`."""
        return _slope(self.args[0], self)


def _slope(x: sympy.Expr, value: sympy.Expr) -> sympy.Expr:
    return 1 / (3 * value**2)


def _cbrt(x: float) -> float:
    return math.copysign(abs(x) ** (1 / 3), x)


ENTRIES = [
    Elementwise("cube_root", cube_root, ("numpy.cbrt", "scipy.special.cbrt"), cube_root, "np.cbrt({0})",
                math.cbrt if hasattr(math, "cbrt") else _cbrt, r"\sqrt[3]{{{0}}}", "∛({0})",
                "(∛x)′ = 1/(3 ∛x²)",
                _slope, slopes=NONZERO,
                words=lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3)),
]  # fmt: skip
