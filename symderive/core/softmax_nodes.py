"""Logarithms of sums of exponentials, and the shares of their terms: softmax and responsibilities.

Both keep the sum under one roof, so that code takes the largest exponent out before anything can overflow.
"""

from __future__ import annotations

from typing import Any

import sympy

from symderive.core.dims import same_size
from symderive.core.facts import Settled
from symderive.core.nodes import Binder, Index
from symderive.errors import SymderiveError


class IndexLogSum(Binder):
    r"""`log Σ_p body`, where the body is `w exp(f)`: log-sum-exp with weights.

    >>> from symderive.core.nodes import Tensor
    >>> p, z = Index("p", 3), Tensor("z", (3,))
    >>> IndexLogSum(sympy.exp(z[p]), p)
    LogSum[p](exp(z[p]))
    """

    _word = "LogSum"
    _symbol = r"\log \sum"

    @property
    def weight(self) -> sympy.Expr:
        """`w` of the body `w exp(f)`."""
        return split_exponential(self.body)[0]

    @property
    def exponent(self) -> sympy.Expr:
        """`f` of the body `w exp(f)`."""
        return split_exponential(self.body)[1]

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.body.is_extended_real else None

    def _eval_is_finite(self) -> bool | None:
        return True if self.weight.is_extended_positive and self.body.is_finite else None

    def _eval_is_extended_positive(self) -> bool | None:
        return None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return None

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        inner = self.body.diff(symbol)
        if inner == 0:
            return sympy.S.Zero
        raise SymderiveError(f"differentiating {self} by {symbol}: a size has no derivative.")


class SoftmaxEntry(Settled):
    r"""`w exp(f) / Σ_p w exp(f)` at positions: one entry of a softmax, or of responsibilities.

    The first argument is the logarithm of the sum, the others say at which positions the term above the line
    stands, one for each index of the sum.

    >>> from symderive.core.nodes import Tensor
    >>> i, p, z = Index("i", 3), Index("p", 3), Tensor("z", (3,))
    >>> SoftmaxEntry(IndexLogSum(sympy.exp(z[p]), p), i)
    Share[p=i](exp(z[p]))
    """

    is_commutative = True

    def __new__(cls, total: IndexLogSum, *positions: Any) -> SoftmaxEntry:
        """The share of the term at `positions` in the sum behind `total`.

        Raises:
            SymderiveError: the number of positions is not that of the summed indices.
        """
        if not isinstance(total, IndexLogSum) or len(positions) != len(total.indices):
            raise SymderiveError(
                "SoftmaxEntry: give an IndexLogSum and one position for each of its indices."
            )
        made: SoftmaxEntry = sympy.Expr.__new__(
            cls, total, *(sympy.sympify(position, strict=True) for position in positions)
        )
        return made

    @property
    def total(self) -> IndexLogSum:
        """The logarithm of the sum below the line."""
        total: IndexLogSum = self.args[0]
        return total

    @property
    def positions(self) -> tuple[sympy.Expr, ...]:
        """Where the term above the line stands."""
        positions: tuple[sympy.Expr, ...] = self.args[1:]
        return positions

    def at_positions(self, part: sympy.Expr) -> sympy.Expr:
        """A part of the summand, taken at the positions."""
        from symderive.core.identity import substitute

        return substitute(part, dict(zip(self.total.indices, self.positions, strict=True)))

    @property
    def runs_freely(self) -> bool:
        """Whether the positions are different indices over the same extents as those of the sum."""
        pairs = zip(self.positions, self.total.indices, strict=True)
        same = all(isinstance(at, Index) and same_size(at.dim, index.dim) for at, index in pairs)
        return same and len(set(self.positions)) == len(self.positions)

    @property
    def numerator(self) -> sympy.Expr:
        """The term above the line."""
        return self.at_positions(self.total.body)

    @property
    def as_exponential(self) -> sympy.Expr:
        """`w exp(f − log Σ w exp(f))`: the same without this node, as stable as with it."""
        weight, exponent = split_exponential(self.total.body)
        return self.at_positions(weight) * sympy.exp(self.at_positions(exponent) - self.total)

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.total.body.is_extended_real else None

    def _eval_is_finite(self) -> bool | None:
        return True if self.total.body.is_extended_real else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if self.total.weight.is_extended_nonnegative else None

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.total.weight.is_extended_positive else None

    def _sympystr(self, printer: Any) -> str:
        pairs = zip(self.total.indices, self.positions, strict=True)
        at = ", ".join(f"{index.name}={printer._print(position)}" for index, position in pairs)
        return f"Share[{at}]({printer._print(self.total.body)})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        names = ", ".join(printer._print(index) for index in self.total.indices)
        body = printer._print(self.total.body)
        text = rf"\frac{{{printer._print(self.numerator)}}}{{\sum_{{{names}}} {body}}}"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


def split_exponential(body: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Weight and exponent of `w exp(f)`; the exponent is 0 where no factor is an exponential.

    >>> x = sympy.Symbol("x")
    >>> split_exponential(3 * x * sympy.exp(2 * x))
    (3*x, 2*x)
    """
    if isinstance(body, sympy.exp):
        return sympy.S.One, body.args[0]
    weights: list[sympy.Expr] = []
    exponents: list[sympy.Expr] = []
    for factor in sympy.Mul.make_args(body):
        if isinstance(factor, sympy.exp):
            exponents.append(factor.args[0])
        else:
            weights.append(factor)
    return sympy.Mul(*weights), sympy.Add(*exponents)
