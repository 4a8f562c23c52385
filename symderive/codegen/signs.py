"""Whether a weight cannot be negative, in the numbers of a computer too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from symderive.core.nodes import Delta, Entry, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.functions import by_head
from symderive.functions.record import NONNEGATIVE

_NONNEGATIVE = frozenset({"positive", "nonnegative", "unit", "binary", "count", "onehot", "simplex"})
_SHARES = frozenset({"unit", "binary", "onehot", "simplex"})
_BOUNDED = {
    "sigmoid": (0, 1),
    "ndtr": (0, 1),
    "tanh": (-1, 1),
    "sin": (-1, 1),
    "cos": (-1, 1),
    "erf": (-1, 1),
}


@dataclass(frozen=True)
class Signs:
    """What is known of the signs of values, from declared domains and the equations.

    Attributes:
        equations: those of the arrays that are computed.
    """

    equations: Mapping[Tensor, Definition]

    def is_nonnegative(self, expr: sympy.Expr) -> bool:
        """Whether every value of an expression is at least 0, as computed with rounding."""
        if expr.is_number or not expr.has(Entry):
            return bool(expr.is_nonnegative)
        if isinstance(expr, Entry):
            made = self.equations.get(expr.tensor)
            return expr.tensor.domain in _NONNEGATIVE if made is None else self.is_nonnegative(made.body)
        if isinstance(expr, (Delta, SoftmaxEntry)):
            return self.is_share(expr)
        if isinstance(expr, sympy.Pow):
            even = bool(expr.exp.is_Integer and expr.exp % 2 == 0)
            return even or (bool(expr.exp.is_number) and self.is_nonnegative(expr.base))
        if isinstance(expr, sympy.Mul):
            return all(map(self.is_nonnegative, expr.args))
        if isinstance(expr, sympy.Add):
            return all(map(self.is_nonnegative, expr.args)) or self._is_complement(expr)
        if isinstance(expr, IndexSum):
            return self.is_nonnegative(expr.body)
        entry = by_head().get(type(expr))
        return entry is not None and bool(entry.values.is_subset(NONNEGATIVE))

    def _is_complement(self, expr: sympy.Add) -> bool:
        """`1 − s` for a share s."""
        return len(expr.args) == 2 and expr.args[0] == 1 and self.is_share(-expr.args[1])

    def is_share(self, expr: sympy.Expr) -> bool:
        """Whether every value lies between 0 and 1, as computed with rounding."""
        if isinstance(expr, Entry):
            made = self.equations.get(expr.tensor)
            return expr.tensor.domain in _SHARES if made is None else self.is_share(made.body)
        if isinstance(expr, Delta):
            return True
        if isinstance(expr, SoftmaxEntry):
            return expr.total.weight == 1
        if isinstance(expr, sympy.Pow):
            positive = bool(expr.exp.is_Integer and expr.exp > 0)
            even = bool(expr.exp.is_Integer and expr.exp % 2 == 0)
            return positive and (self.is_share(expr.base) or (even and self._is_signed_share(expr.base)))
        if isinstance(expr, sympy.Mul):
            return all(map(self.is_share, expr.args))
        return _bounds(expr) == (0, 1)

    def _is_signed_share(self, expr: sympy.Expr) -> bool:
        """Whether every value lies between −1 and 1."""
        if isinstance(expr, Entry):
            made = self.equations.get(expr.tensor)
            return expr.tensor.domain == "sign" if made is None else self._is_signed_share(made.body)
        return _bounds(expr) is not None


def _bounds(expr: sympy.Expr) -> tuple[int, int] | None:
    """The bounds of a function that its floating-point values keep to."""
    entry = by_head().get(type(expr))
    return None if entry is None else _BOUNDED.get(entry.name)
