"""Functions with a kink: relu, the step, absolute value and sign, maximum and minimum of two."""

from __future__ import annotations

import sympy

from symderive.functions.record import NONNEGATIVE, Elementwise, OwnFunction


class step(OwnFunction):
    """`1[x > 0]`: 1 for positive arguments, otherwise 0."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """0, except at the jump, where there is no derivative."""
        return sympy.S.Zero


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


def maximum(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    """`max(x, y) = y + relu(x − y)`."""
    return x + relu(y - x) if x == 0 else y + relu(x - y)


def minimum(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    """`min(x, y) = x − relu(x − y)`."""
    return x - relu(x - y)


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
    Elementwise("maximum", maximum, ("numpy.maximum", "numpy.fmax"), arity=2),
    Elementwise("minimum", minimum, ("numpy.minimum", "numpy.fmin"), arity=2),
]  # fmt: skip
