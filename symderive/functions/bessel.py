"""Modified Bessel functions of the first kind, as in the density of directions (von Mises)."""

from __future__ import annotations

from collections.abc import Callable

import sympy

from symderive.functions.kinked import signum
from symderive.functions.record import POSITIVE, Elementwise, OwnFunction, by_argument


class bessel_i0(OwnFunction):
    """`I₀(x)`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`I₀′ = I₁`."""
        return bessel_i1(self.args[0])


class bessel_i1(OwnFunction):
    """`I₁(x)`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`I₁′ = (I₀ + I₂)/2`."""
        return (bessel_i0(self.args[0]) + bessel_i(2, self.args[0])) / 2


class bessel_i(OwnFunction):
    """`I_k(x)` of order k, a number ≥ 1."""

    def fdiff(self, argindex: int = 2) -> sympy.Expr:
        """`I_k′ = (I_{k−1} + I_{k+1})/2`."""
        order, x = by_argument(self, argindex)
        return (_order(order - 1, x) + _order(order + 1, x)) / 2


class scaled_bessel_i0(OwnFunction):
    """`exp(−|x|) I₀(x)`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`exp(−|x|) (I₁(x) − sign(x) I₀(x))`, taking 0 from the subdifferential at the kink."""
        x = self.args[0]
        return scaled_bessel_i1(x) - signum(x) * self


class scaled_bessel_i1(OwnFunction):
    """`exp(−|x|) I₁(x)`."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`exp(−|x|) ((I₀(x) + I₂(x))/2 − sign(x) I₁(x))`."""
        x = self.args[0]
        return (scaled_bessel_i0(x) + scaled_bessel_i(2, x)) / 2 - signum(x) * self


class scaled_bessel_i(OwnFunction):
    """`exp(−|x|) I_k(x)` of order k, a number ≥ 2."""

    def fdiff(self, argindex: int = 2) -> sympy.Expr:
        """`exp(−|x|) ((I_{k−1} + I_{k+1})/2 − sign(x) I_k)`."""
        order, x = by_argument(self, argindex)
        below = scaled_bessel_i1(x) if order == 2 else scaled_bessel_i(order - 1, x)
        return (below + scaled_bessel_i(order + 1, x)) / 2 - signum(x) * self


def _order(order: sympy.Expr, x: sympy.Expr) -> sympy.Expr:
    return bessel_i0(x) if order == 0 else bessel_i1(x) if order == 1 else bessel_i(order, x)


def _value(name: str) -> Callable[..., float]:
    def value(*args: float) -> float:
        from scipy import special

        return float(getattr(special, name)(*args))

    return value


_WORDS = sympy.besseli
_SCALED = "the derivative of exp(−|x|) Iₖ(x)"

ENTRIES = [
    Elementwise("bessel_i0", bessel_i0, ("scipy.special.i0", "numpy.i0"), bessel_i0, "special.i0({0})",
                _value("i0"), r"I_{{0}}({0})", "I₀({0})", "I₀′ = I₁", values=sympy.Interval(1, sympy.oo),
                words=lambda x: _WORDS(0, x)),
    Elementwise("bessel_i1", bessel_i1, ("scipy.special.i1",), bessel_i1, "special.i1({0})", _value("i1"),
                r"I_{{1}}({0})", "I₁({0})", "I₁′ = (I₀ + I₂)/2", words=lambda x: _WORDS(1, x)),
    Elementwise("bessel_i", _order, ("scipy.special.iv",), bessel_i, "special.iv({0}, {1})", _value("iv"),
                r"I_{{{0}}}({1})", "I[{0}]({1})", "Iₖ′ = (Iₖ₋₁ + Iₖ₊₁)/2", arity=2, has_order=True,
                examples=(0.3, 1.4, 2.6), words=_WORDS),
    Elementwise("scaled_bessel_i0", scaled_bessel_i0, ("scipy.special.i0e",), scaled_bessel_i0,
                "special.i0e({0})", _value("i0e"), r"\operatorname{{i0e}}({0})", "i0e({0})",
                f"{_SCALED}, with 0 for sign(0)", values=POSITIVE, kinks=(0,),
                words=lambda x: sympy.exp(-sympy.Abs(x)) * _WORDS(0, x)),
    Elementwise("scaled_bessel_i1", scaled_bessel_i1, ("scipy.special.i1e",), scaled_bessel_i1,
                "special.i1e({0})", _value("i1e"), r"\operatorname{{i1e}}({0})", "i1e({0})", _SCALED,
                words=lambda x: sympy.exp(-sympy.Abs(x)) * _WORDS(1, x)),
    Elementwise("scaled_bessel_i", scaled_bessel_i, (), scaled_bessel_i, "special.ive({0}, {1})",
                _value("ive"),
                r"\operatorname{{ive}}({0}, {1})", "ive({0}, {1})", _SCALED, arity=2, has_order=True,
                examples=(0.3, 1.4, 2.6), words=lambda k, x: sympy.exp(-sympy.Abs(x)) * _WORDS(k, x)),
]  # fmt: skip
