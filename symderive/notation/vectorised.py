"""Forms of matrices whose rows and columns are pairs of positions: `A ⊗ B`, `vec(A)`, `K_{m,n}`.

`vec` stacks the columns of a matrix, as in Magnus and Neudecker, so that `vec(AXB) = (Bᵀ ⊗ A) vec(X)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from symderive.core.dims import Size
from symderive.notation.forms import Form, OfTwo, Unary


@dataclass(frozen=True)
class KroneckerProduct(OfTwo):
    """`A ⊗ B`, the matrix of the blocks `A_ij B`."""


@dataclass(frozen=True)
class Vec(Unary):
    """`vec(A)`, the columns of A below one another."""

    @property
    def rank(self) -> int:
        """1."""
        return 1


@dataclass(frozen=True)
class Commutation(Form):
    """`K_{m,n}`, the permutation with `K_{m,n} vec(A) = vec(Aᵀ)` for every m×n matrix A.

    Attributes:
        rows: m.
        columns: n.
        is_script: whether it is written 𝒦, because an array is called K.
    """

    rows: Size
    columns: Size
    is_script: bool = False

    @property
    def rank(self) -> int:
        """2."""
        return 2
