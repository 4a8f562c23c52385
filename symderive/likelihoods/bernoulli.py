"""The Bernoulli distribution of a yes-or-no outcome."""

from __future__ import annotations

from typing import ClassVar

import sympy

from symderive.likelihoods.record import Distribution


class Bernoulli(Distribution):
    """`P(y) = p^y (1 − p)^(1−y)` for y = 0, 1, with 0 < p < 1."""

    name: ClassVar[str] = "bernoulli"
    title: ClassVar[str] = "Bernoulli"
    support: ClassVar[str] = "binary"
    parameter: ClassVar[tuple[str, str]] = ("p", "unit")
    canonical_link: ClassVar[str] = "logit"
    discrete: ClassVar[bool] = True

    def density(self, y: sympy.Expr, parameter: sympy.Expr) -> sympy.Expr:
        """`p^y (1 − p)^(1−y)`."""
        return parameter**y * (1 - parameter) ** (1 - y)


DISTRIBUTION = Bernoulli
