"""What NumPy and SciPy offer by name and people write with other functions: angles, Huber's losses."""

from __future__ import annotations

import sympy

from symderive.functions.choice import where
from symderive.functions.comparisons import greater_equal, less_equal
from symderive.functions.kinked import absolute
from symderive.functions.record import Elementwise
from symderive.functions.sigmoid import softplus

_TWO = sympy.log(2)


def _huber(delta: sympy.Expr, r: sympy.Expr) -> sympy.Expr:
    """`r²/2` for `|r| ≤ δ`, beyond it the tangent."""
    return where(less_equal(absolute(r), delta), r**2 / 2, delta * (absolute(r) - delta / 2))


def _pseudo_huber(delta: sympy.Expr, r: sympy.Expr) -> sympy.Expr:
    """`δ² (√(1 + (r/δ)²) − 1)`."""
    return delta**2 * (sympy.sqrt(1 + (r / delta) ** 2) - 1)


def _hypot(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    """`√(x² + y²)`; SymPy makes √2 |x| of two equal sides."""
    return sympy.sqrt(x**2 + y**2).replace(sympy.Abs, absolute)


def _copysign(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    """`|x|` with the sign of y, where 0 counts as positive."""
    return absolute(x) * (2 * greater_equal(y, sympy.S.Zero) - 1)


ENTRIES = [
    Elementwise("deg2rad", lambda x: x * sympy.pi / 180, ("numpy.deg2rad", "numpy.radians")),
    Elementwise("rad2deg", lambda x: x * 180 / sympy.pi, ("numpy.rad2deg", "numpy.degrees")),
    Elementwise("hypot", _hypot, ("numpy.hypot",), arity=2),
    Elementwise("logaddexp2", lambda x, y: x + softplus((y - x) * _TWO) / _TWO, ("numpy.logaddexp2",),
                arity=2),
    Elementwise("copysign", _copysign, ("numpy.copysign",), arity=2),
    Elementwise("huber", _huber, ("scipy.special.huber",), arity=2, examples=(0.5, 1.2, 2.6)),
    Elementwise("pseudo_huber", _pseudo_huber, ("scipy.special.pseudo_huber",), arity=2,
                examples=(0.5, 1.2, 2.6)),
]  # fmt: skip
