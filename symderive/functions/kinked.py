"""Functions with a kink: relu, the step, absolute value and sign, maximum and minimum of two."""

from __future__ import annotations

import sympy

from symderive.functions.choice import where
from symderive.functions.comparisons import equal, greater, greater_equal, less_equal
from symderive.functions.record import NONNEGATIVE, Elementwise, Indicator, OwnFunction


class step(Indicator):
    """`1[x > 0]`: 1 for positive arguments, otherwise 0."""


class relu(OwnFunction):
    """`relu(x) = max(x, 0)`."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`1[x > 0]`, taking 0 from the subdifferential [0, 1] at the kink."""
        return step(self.args[0])


class absolute(OwnFunction):
    """`|x|`."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`sign(x)`, taking 0 from the subdifferential [-1, 1] at the kink."""
        return signum(self.args[0])


class signum(OwnFunction):
    """`sign(x)`: −1, 0 or 1."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """0, except at the jump, where there is no derivative."""
        return sympy.S.Zero


class larger(OwnFunction):
    """`max(x, y)`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`1[x > y]` by x and `1[x ≤ y]` by y: where both are equal, the slope of y is taken."""
        return (greater if argindex == 1 else less_equal)(*self.args)


class smaller(OwnFunction):
    """`min(x, y)`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`1[x ≤ y]` by x and `1[x > y]` by y: where both are equal, the slope of x is taken."""
        return (less_equal if argindex == 1 else greater)(*self.args)


def maximum(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    """`max(x, y)`; `relu` where one of the two is 0."""
    return relu(y) if x == 0 else relu(x) if y == 0 else larger(x, y)


def heaviside(x: sympy.Expr, at_zero: sympy.Expr) -> sympy.Expr:
    """`1[x > 0]`, with the given value at 0."""
    if at_zero == 0:
        return step(x)
    return greater_equal(x, sympy.S.Zero) if at_zero == 1 else where(equal(x, sympy.S.Zero), at_zero, step(x))


ENTRIES = [
    Elementwise(
        "relu", relu, (), relu, "np.maximum({0}, 0)", lambda x: max(x, 0.0),
        r"\operatorname{{relu}}({0})", "relu({0})", "relu′ = 1[x > 0], with 0 at the kink x = 0",
        values=NONNEGATIVE, kinks=(0,),
    ),
    Elementwise(
        "step", step, (), step, "np.heaviside({0}, 0)", lambda x: float(x > 0),
        r"\mathbf{{1}}[{0} > 0]", "1[{0} > 0]", "1[x > 0]′ = 0 away from the jump x = 0",
        values=sympy.Interval(0, 1), kinks=(0,),
    ),
    Elementwise(
        "absolute", absolute, ("numpy.absolute", "numpy.fabs"), absolute, "np.abs({0})", abs,
        r"|{0}|", "|{0}|", "|x|′ = sign(x), with 0 at the kink x = 0", values=NONNEGATIVE, kinks=(0,),
    ),
    Elementwise(
        "sign", signum, ("numpy.sign",), signum, "np.sign({0})", lambda x: float((x > 0) - (x < 0)),
        r"\operatorname{{sign}}({0})", "sign({0})", "sign′ = 0 away from the jump x = 0",
        values=sympy.Interval(-1, 1), kinks=(0,),
    ),
    Elementwise(
        "larger", larger, (), larger, "np.maximum({0}, {1})", max, r"\max({0}, {1})", "max({0}, {1})",
        "max(x, y)′ = 1[x > y] x′ + 1[x ≤ y] y′", kinks=(0,), border=lambda x, y: x - y, arity=2,
    ),
    Elementwise(
        "smaller", smaller, (), smaller, "np.minimum({0}, {1})", min, r"\min({0}, {1})", "min({0}, {1})",
        "min(x, y)′ = 1[x ≤ y] x′ + 1[x > y] y′", kinks=(0,), border=lambda x, y: x - y, arity=2,
    ),
    Elementwise("maximum", maximum, ("numpy.maximum", "numpy.fmax"), arity=2),
    Elementwise("minimum", smaller, ("numpy.minimum", "numpy.fmin"), arity=2),
    Elementwise("heaviside", heaviside, ("numpy.heaviside",), arity=2),
]  # fmt: skip
