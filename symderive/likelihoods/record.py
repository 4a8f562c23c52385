"""What a distribution states: its density, and the names and domains of what stands in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import sympy

from symderive.errors import SymderiveError
from symderive.functions.counting import factorial, log_factorial


@dataclass(frozen=True)
class Distribution(ABC):
    """Abstract: a distribution of one observation `y` with a parameter that a linear predictor determines.

    Attributes:
        name: how it is called in problem files.
        title: how it is called in text.
        support: the domain of `y`.
        parameter: name and domain of the parameter that the link acts on.
        canonical_link: the link under which the log-likelihood is linear in `y` and the predictor.
        discrete: whether the density is a probability mass function.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    support: ClassVar[str]
    parameter: ClassVar[tuple[str, str]]
    canonical_link: ClassVar[str]
    discrete: ClassVar[bool]

    @abstractmethod
    def density(self, y: sympy.Expr, parameter: sympy.Expr) -> sympy.Expr:
        """The density (or probability) of `y`."""

    def log_density(self, y: sympy.Expr, parameter: sympy.Expr) -> sympy.Expr:
        """The logarithm of the density, expanded into a sum."""
        return expanded_log(self.density(y, parameter))

    def moment(self, order: int, parameter: sympy.Expr) -> sympy.Expr:
        """`E[y^order]` for order 1 or 2, from Bartlett's identities.

        `E[s] = 0` and `E[s²] + E[s′] = 0` for the score `s = ∂ log f/∂parameter`; the density must be regular
        and
        the score linear in y.

        Raises:
            SymderiveError: the score is not linear in y, or another order.
        """
        y, at = sympy.Symbol("y", real=True), sympy.Symbol("a", positive=True)
        score = sympy.diff(self.log_density(y, at), at)
        linear = sympy.Poly(sympy.expand(score), y) if sympy.expand(score).is_polynomial(y) else None
        if linear is None or linear.degree() != 1 or order not in (1, 2):
            raise SymderiveError(
                f"moment {order} of the {self.title} distribution: its score is not linear in y."
            )
        slope, constant = linear.all_coeffs()
        mean = sympy.simplify(-constant / slope)
        if order == 1:
            return mean.subs(at, parameter)
        curvature = sympy.diff(score, at).subs(y, mean)
        variance = sympy.simplify(-curvature / slope**2)
        return (variance + mean**2).subs(at, parameter)


def expanded_log(density: sympy.Expr) -> sympy.Expr:
    """`log` of a product as a sum: `log(a b) = log a + log b`, `log a^b = b log a`, `log e^a = a`."""
    terms = []
    for factor in sympy.Mul.make_args(density):
        base, exponent = factor.args if isinstance(factor, sympy.Pow) else (factor, sympy.S.One)
        if isinstance(base, sympy.exp):
            terms.append(exponent * base.args[0])
        elif isinstance(base, factorial):
            terms.append(exponent * log_factorial(base.args[0]))
        elif base == sympy.E:
            terms.append(exponent)
        else:
            terms.append(exponent * sympy.log(base))
    return sympy.Add(*terms)
