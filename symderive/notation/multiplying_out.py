"""Products of sums as sums of products, each under one sign Σ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy

from symderive.core.identity import BOUND_LETTERS, free_indices, fresh, index_names, substitute
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import CholeskyInverseEntry
from symderive.core.nodes import IndexSum
from symderive.notation.labelled import Labels, NoMatrixNotationError

_MOST_TERMS = 12
_MOST_OF_TRIANGLES = 40  # a gradient through a Cholesky factor has three terms for each of the loss
Terms = list[tuple[sympy.Expr, Labels]]


def multiplied_out(
    expr: sympy.Expr, powers: bool = False, whole: Callable[[sympy.Expr], bool] = lambda expr: False
) -> sympy.Expr:
    """Products of sums as sums of products, each under one sign Σ: `Σ_p a_p Σ_q (b_pq + c_pq)`.

    Args:
        expr: a right-hand side.
        powers: whether the squares and cubes of sums are multiplied out too.
        whole: says of a sum whether it stays as it is.

    Raises:
        NoMatrixNotationError: there are many terms.
    """
    terms = []
    most = _MOST_OF_TRIANGLES if has_kind(expr, CholeskyInverseEntry) else _MOST_TERMS
    opener = _Opener(powers, whole, most, set(index_names(expr)))
    for product, indices in opener.terms_of(expr):
        used = tuple(index for index in indices if index in free_indices(product))
        extent = sympy.Mul(*(index.dim for index in indices if index not in used))
        terms.append(extent * (IndexSum(product, *used) if used else product))
    return sympy.Add(*terms)


@dataclass(frozen=True)
class _Opener:
    """How to multiply out.

    Attributes:
        powers: whether squares and cubes too.
        whole: which sums stay as they are.
        most: terms.
        taken: names of indices in use.
    """

    powers: bool
    whole: Callable[[sympy.Expr], bool]
    most: int
    taken: set[str] = field(default_factory=set)

    def terms_of(self, expr: sympy.Expr) -> Terms:
        """The terms of an expression with the indices that each is summed over, every letter used once."""
        if isinstance(expr, sympy.Add) and not self.whole(expr):
            found = [term for arg in expr.args for term in self.terms_of(arg)]
        elif isinstance(expr, sympy.Mul):
            found = self._products(expr.args)
        elif isinstance(expr, IndexSum):
            new = fresh((index.dim for index in expr.indices), frozenset(self.taken), BOUND_LETTERS)
            self.taken.update(index.name for index in new)
            body = substitute(expr.body, dict(zip(expr.indices, new, strict=True)))
            found = [(term, (*new, *bound)) for term, bound in self.terms_of(body)]
        elif self.powers and isinstance(expr, sympy.Pow) and expr.exp in (2, 3) and _is_sum(expr.base):
            found = self._products((expr.base,) * int(expr.exp))
        else:
            found = [(expr, ())]
        if len(found) > self.most:
            raise NoMatrixNotationError
        return found

    def _products(self, factors: tuple[sympy.Expr, ...]) -> Terms:
        """The terms of a product: one of each factor."""
        found: Terms = [(sympy.S.One, ())]
        for factor in factors:
            inner = self.terms_of(factor)
            found = [(left * right, (*bound, *more)) for left, bound in found for right, more in inner]
            if len(found) > self.most:
                raise NoMatrixNotationError
        return found


def _is_sum(expr: sympy.Expr) -> bool:
    return isinstance(expr.body if isinstance(expr, IndexSum) else expr, sympy.Add)
