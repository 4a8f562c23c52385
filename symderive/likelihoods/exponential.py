"""The exponential distribution of a waiting time, by its rate."""

from __future__ import annotations

from typing import ClassVar

import sympy

from symderive.likelihoods.record import Distribution


class Exponential(Distribution):
    """`f(y) = λ e^(−λ y)` for y ≥ 0, with rate λ > 0."""

    name: ClassVar[str] = "exponential"
    title: ClassVar[str] = "exponential"
    support: ClassVar[str] = "nonnegative"
    parameter: ClassVar[tuple[str, str]] = ("lambda", "positive")
    canonical_link: ClassVar[str] = "identity"
    discrete: ClassVar[bool] = False

    def density(self, y: sympy.Expr, parameter: sympy.Expr) -> sympy.Expr:
        """`λ e^(−λ y)`."""
        return parameter * sympy.exp(-parameter * y)


DISTRIBUTION = Exponential
