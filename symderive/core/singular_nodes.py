"""Nodes that read singular values and singular vectors of a whole matrix, of any number of rows and columns.

With the thin decomposition `A = U Σ Vᵀ`: the sum of the singular values, the largest and the smallest, and
the entries of their derivatives `U Vᵀ` and `u vᵀ`. Like an inverse they refer to a tensor, so that no rule
ever looks inside.
"""

from __future__ import annotations

from typing import Any

import sympy

from symderive.core.dims import shape_text
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Tensor
from symderive.errors import ShapeError


class SingularNode(MatrixNode):
    """Abstract: a number that is read off the singular value decomposition of one matrix."""

    is_algebraic = False
    _what = "the singular value decomposition"

    def __new__(cls, tensor: Tensor, *axes: Any) -> SingularNode:
        """Read the number off `tensor`.

        Raises:
            ShapeError: not a matrix, or another number of positions.
        """
        if tensor.rank != 2:
            raise ShapeError(f"{cls._what}: takes a matrix, not {shape_text(tensor.shape)}.")
        if len(axes) != cls._count:
            raise ShapeError(f"{cls._what}: {len(axes)} positions given, not {cls._count}.")
        positions = (sympy.sympify(axis, strict=True) for axis in axes)
        made: SingularNode = sympy.Expr.__new__(cls, tensor, *positions)
        return made


class SingularNumber(SingularNode):
    """Abstract: a sum of singular values, or one of them."""

    is_nonnegative = True


class NuclearNorm(SingularNumber):
    """`‖A‖_*`, the sum of the singular values.

    >>> NuclearNorm(Tensor("A", (5, 3)))
    NuclearNorm(A)
    """


class LargestSingularValue(SingularNumber):
    """`‖A‖₂`, the largest singular value."""


class SmallestSingularValue(SingularNumber):
    """`σ_min(A)`, the smallest of the min(n, d) singular values."""


class SingularEntry(SingularNode):
    """Abstract: an entry of the derivative of a singular number by its matrix."""

    _count = 2


class PolarEntry(SingularEntry):
    """`(U Vᵀ)_ij`, an entry of the derivative of the nuclear norm of a matrix of full rank.

    >>> from symderive.core.nodes import Index
    >>> PolarEntry(Tensor("A", (5, 3)), Index("i", 5), Index("j", 3))
    PolarEntry(A, i, j)
    """


class LargestPairEntry(SingularEntry):
    """`u_i v_j` for the singular vectors u, v of the largest singular value."""


class SmallestPairEntry(SingularEntry):
    """`u_i v_j` for the singular vectors u, v of the smallest singular value."""


SLOPES: dict[type[SingularNode], type[SingularEntry]] = {
    NuclearNorm: PolarEntry,
    LargestSingularValue: LargestPairEntry,
    SmallestSingularValue: SmallestPairEntry,
}
