"""NumPy's `sinc`, and the spherical Bessel functions that its derivatives are made of."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import Elementwise, OwnFunction, by_argument


class sinc(OwnFunction):
    """`sinc(x) = sin(πx)/(πx)`, with 1 at x = 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`sinc′(x) = −π j₁(πx)`, which has no division by x."""
        return -sympy.pi * spherical_bessel(1, sympy.pi * self.args[0])


class spherical_bessel(OwnFunction):
    """`j_k(x)` of order k, a number ≥ 0."""

    def fdiff(self, argindex: int = 2) -> sympy.Expr:
        """`j_k′ = (k j_{k−1} − (k + 1) j_{k+1})/(2k + 1)`."""
        order, x = by_argument(self, argindex)
        below = sympy.S.Zero if order == 0 else order * spherical_bessel(order - 1, x)
        return (below - (order + 1) * spherical_bessel(order + 1, x)) / (2 * order + 1)


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _spherical(order: float, x: float) -> float:
    from scipy import special

    return float(special.spherical_jn(int(order), x))


ENTRIES = [
    Elementwise("sinc", sinc, ("numpy.sinc",), sinc, "np.sinc({0})", _sinc,
                r"\operatorname{{sinc}}({0})", "sinc({0})", "sinc′(x) = (cos πx − sinc x)/x = −π j₁(πx)",
                values=sympy.Interval(-1, 1), words=lambda x: sympy.sinc(sympy.pi * x)),
    Elementwise("spherical_bessel", spherical_bessel, ("scipy.special.spherical_jn",), spherical_bessel,
                "special.spherical_jn({0}, {1})", _spherical, r"j_{{{0}}}({1})", "j[{0}]({1})",
                "jₖ′ = (k jₖ₋₁ − (k + 1) jₖ₊₁)/(2k + 1)", arity=2, has_order=True,
                values=sympy.Interval(-1, 1), words=sympy.jn),
]  # fmt: skip
