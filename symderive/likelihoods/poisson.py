"""The Poisson distribution of a count."""

from __future__ import annotations

from typing import ClassVar

import sympy

from symderive.functions.counting import factorial
from symderive.likelihoods.record import Distribution


class Poisson(Distribution):
    """`P(y) = e^(−λ) λ^y / y!` for y = 0, 1, 2, …, with rate λ > 0."""

    name: ClassVar[str] = "poisson"
    title: ClassVar[str] = "Poisson"
    support: ClassVar[str] = "count"
    parameter: ClassVar[tuple[str, str]] = ("lambda", "positive")
    canonical_link: ClassVar[str] = "log"
    discrete: ClassVar[bool] = True

    def density(self, y: sympy.Expr, parameter: sympy.Expr) -> sympy.Expr:
        """`e^(−λ) λ^y / y!`."""
        return sympy.exp(-parameter) * parameter**y / factorial(y)


DISTRIBUTION = Poisson
