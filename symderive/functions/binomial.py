"""The binomial coefficient of real arguments."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import POSITIVE, Elementwise, OwnFunction
from symderive.functions.special import digamma

_DOMAIN = sympy.Interval.open(-1, sympy.oo)


class binom(OwnFunction):
    """`binom(n, k) = Γ(n + 1)/(Γ(k + 1) Γ(n − k + 1))`."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """By n: `binom (ψ(n + 1) − ψ(n − k + 1))`; by k: `binom (ψ(n − k + 1) − ψ(k + 1))`."""
        n, k = self.args
        rest = digamma(n - k + 1)
        return self * (digamma(n + 1) - rest if argindex == 1 else rest - digamma(k + 1))


def _binom(n: float, k: float) -> float:
    from scipy import special

    return float(special.binom(n, k)) if min(n, k, n - k) > -1 else math.nan


ENTRIES = [
    Elementwise(
        "binom", binom, ("scipy.special.binom",), binom, "special.binom({0}, {1})", _binom,
        r"\binom{{{0}}}{{{1}}}", "binom({0}, {1})",
        "∂binom(n, k)/∂n = binom(n, k) (ψ(n + 1) − ψ(n − k + 1))",
        domain=_DOMAIN, domains=(_DOMAIN, _DOMAIN), joint=lambda n, k: (n - k, _DOMAIN), values=POSITIVE,
        arity=2, examples=(0.4, 0.8, 1.2), words=sympy.binomial,
    ),
]  # fmt: skip
