"""Nodes that bind indices: sums, maxima, minima and products over them."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.precedence import PRECEDENCE

from symderive.core.facts import Settled
from symderive.core.tensors import Index
from symderive.errors import SymderiveError


class Binder(Settled):
    """A node that binds indices in its body: abstract, see `IndexSum` and `IndexMax`."""

    is_commutative = True
    _word = "?"
    _symbol = "?"

    def __new__(cls, body: Any, *indices: Index) -> Binder:
        """Bind `indices` in `body`.

        Raises:
            SymderiveError: nothing to bind, or an index twice.
        """
        if {type(index) for index in indices} != {Index}:
            raise SymderiveError(f"{cls.__name__}: give at least one Index to bind.")
        if len(set(indices)) != len(indices):
            raise SymderiveError(f"{cls.__name__}: an index is bound twice.")
        if not isinstance(body, sympy.Basic):
            body = sympy.sympify(body, strict=True)
        made: Binder = sympy.Expr.__new__(cls, body, *indices)
        return made

    @property
    def body(self) -> sympy.Expr:
        """What is summed or maximised."""
        return self.args[0]

    @property
    def indices(self) -> tuple[Index, ...]:
        """The bound indices."""
        indices: tuple[Index, ...] = self.args[1:]
        return indices

    @property
    def free_symbols(self) -> set[sympy.Basic]:
        """The free symbols of the body less the bound indices."""
        return set(self.body.free_symbols) - set(self.indices)

    def _eval_subs(self, old: sympy.Basic, new: sympy.Basic) -> sympy.Expr | None:
        """Substitution that respects binding; None lets SymPy go on into the arguments."""
        from symderive.core.identity import free_indices, rename_bound

        if free_indices(old).intersection(self.indices):
            return self
        taken = {index.name for index in free_indices(new)}
        return rename_bound(self, taken)._subs(old, new) if taken & {i.name for i in self.indices} else None

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.body.is_extended_real else None

    def _eval_is_finite(self) -> bool | None:
        return True if self.body.is_finite else None

    def _eval_is_extended_positive(self) -> bool | None:
        some = all(index.dim.is_positive for index in self.indices)
        return True if some and self.body.is_extended_positive else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if self.body.is_extended_nonnegative else None

    def _sympystr(self, printer: Any) -> str:
        return f"{self._word}[{', '.join(i.name for i in self.indices)}]({printer._print(self.body)})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        names = ", ".join(printer._print(index) for index in self.indices)
        text = f"{self._symbol}_{{{names}}} {printer.parenthesize(self.body, PRECEDENCE['Mul'], strict=True)}"
        # SymPy's printer brackets only its own sums; inside a larger formula the brackets come from here.
        if printer._print_level > 1 or exp is not None:
            text = rf"\left({text}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"


class IndexSum(Binder):
    """`Σ_p body`.

    >>> from symderive.core.tensors import Tensor
    >>> p, x = Index("p", 3), Tensor("x", (3,))
    >>> IndexSum(x[p] ** 2, p)
    Sum[p](x[p]**2)
    """

    _word = "Sum"
    _symbol = r"\sum"

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        inner = self.body.diff(symbol)
        return sympy.S.Zero if inner == 0 else IndexSum(inner, *self.indices)


class Fold(Binder):
    """Abstract: one number made of all values of the body, other than their sum."""


class IndexMax(Fold):
    """`max_p body`.

    >>> from symderive.core.tensors import Tensor
    >>> p, x = Index("p", 3), Tensor("x", (3,))
    >>> IndexMax(x[p], p)
    Max[p](x[p])
    """

    _word = "Max"
    _symbol = r"\max"


class IndexMin(Fold):
    """`min_p body`.

    >>> from symderive.core.tensors import Tensor
    >>> p, x = Index("p", 3), Tensor("x", (3,))
    >>> IndexMin(x[p], p)
    Min[p](x[p])
    """

    _word = "Min"
    _symbol = r"\min"


class IndexProduct(Fold):
    """`Π_p body`.

    >>> from symderive.core.tensors import Tensor
    >>> p, x = Index("p", 3), Tensor("x", (3,))
    >>> IndexProduct(x[p], p)
    Prod[p](x[p])
    """

    _word = "Prod"
    _symbol = r"\prod"
