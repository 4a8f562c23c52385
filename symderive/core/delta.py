"""The Kronecker delta."""

from __future__ import annotations

from typing import Any

import sympy

from symderive.core.positions import bare


class Delta(sympy.Expr):
    """Kronecker's delta: 1 where the two positions are equal, otherwise 0.

    >>> from symderive.core.tensors import Index
    >>> i, j = Index("i", 3), Index("j", 3)
    >>> Delta(j, i) == Delta(i, j), Delta(i, i), Delta(0, 2)
    (True, 1, 0)
    """

    is_commutative = True
    is_integer = True
    is_nonnegative = True

    def __new__(cls, left: Any, right: Any) -> sympy.Expr:
        """`δ(left, right)`; equal positions give 1, different integers 0."""
        left, right = (bare(sympy.sympify(one, strict=True)) for one in (left, right))
        if left == right:
            return sympy.S.One
        if left.is_Integer and right.is_Integer:
            return sympy.S.Zero
        if left.is_zero and getattr(right, "dim", None) == 1:  # an index over one position
            return sympy.S.One
        pair = sorted((left, right), key=lambda position: position.sort_key())
        made: sympy.Expr = sympy.Expr.__new__(cls, *pair)
        return made

    def _eval_power(self, exponent: sympy.Expr) -> sympy.Expr | None:
        return self if exponent.is_positive else None

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return f"delta({', '.join(printer._print(arg) for arg in self.args)})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\delta_{{{' '.join(printer._print(arg) for arg in self.args)}}}"
        return text if exp is None else f"{text}^{{{exp}}}"
