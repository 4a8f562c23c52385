"""The normal distribution with known standard deviation 1."""

from __future__ import annotations

from typing import ClassVar

import sympy

from symderive.likelihoods.record import Distribution


class Normal(Distribution):
    """`f(y) = exp(−(y − μ)²/2) / √(2π)`: mean μ, variance 1."""

    name: ClassVar[str] = "normal"
    title: ClassVar[str] = "unit-variance normal"
    support: ClassVar[str] = "real"
    parameter: ClassVar[tuple[str, str]] = ("mu", "real")
    canonical_link: ClassVar[str] = "identity"
    discrete: ClassVar[bool] = False

    def density(self, y: sympy.Expr, parameter: sympy.Expr) -> sympy.Expr:
        """`exp(−(y − μ)²/2) / √(2π)`."""
        return sympy.exp(-((y - parameter) ** 2) / 2) / sympy.sqrt(2 * sympy.pi)


DISTRIBUTION = Normal
