"""The angle of a point in the plane."""

from __future__ import annotations

import math

import sympy

from symderive.functions.kinked import absolute
from symderive.functions.record import POSITIVE, Elementwise, OwnFunction


class arctan2(OwnFunction):
    """`arctan2(y, x)`: the angle of the point (x, y), between −π and π."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`x/(x² + y²)` by y and `−y/(x² + y²)` by x."""
        y, x = self.args
        return (x if argindex == 1 else -y) / (x**2 + y**2)


def _off_the_cut(y: sympy.Expr, x: sympy.Expr) -> tuple[sympy.Expr, sympy.Set]:
    """What is 0 at the origin and on the half-line y = 0, x < 0, where the angle jumps from −π to π."""
    radius = sympy.sqrt(x**2 + y**2)
    return x + radius.replace(sympy.Abs, absolute), POSITIVE


ENTRIES = [
    Elementwise(
        "arctan2", arctan2, ("numpy.arctan2", "numpy.atan2"), arctan2, "np.arctan2({0}, {1})", math.atan2,
        r"\operatorname{{arctan2}}({0}, {1})", "arctan2({0}, {1})",
        "∂arctan2(y, x)/∂y = x/(x² + y²), ∂arctan2(y, x)/∂x = −y/(x² + y²)",
        joint=_off_the_cut,
        values=sympy.Interval(-sympy.pi, sympy.pi), arity=2, words=sympy.atan2,
    ),
]  # fmt: skip
