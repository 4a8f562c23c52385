"""Brackets beside a matrix: `[j ≤ i] A_ij` is an entry of tril(A)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Index
from symderive.core.positions import Inside, bounds, is_surely_nonnegative
from symderive.notation.contraction import multiplied
from symderive.notation.forms import Triangle
from symderive.notation.labelled import Labelled, NoMatrixNotationError


def recovered(factors: Sequence[sympy.Expr], recover: Callable[[sympy.Expr], Labelled]) -> list[Labelled]:
    """The labelled forms of factors, each bracket over two indices joined with the matrix that has both.

    Args:
        factors: the factors of a product.
        recover: gives the labelled form of one.

    Raises:
        NoMatrixNotationError: a bracket beside no matrix, or of another kind.
    """
    brackets = [factor for factor in factors if isinstance(factor, Inside)]
    rest = [factor for factor in factors if not isinstance(factor, Inside)]
    made: list[Labelled] = []
    for bracket in brackets:
        i, j, offset = _below(bracket)
        inside = [factor for factor in rest if free_indices(factor) == {i, j}]
        if not inside:  # a triangle of ones
            made.append(recover(bracket))
            continue
        rest = [factor for factor in rest if factor not in inside]
        matrix = multiplied([recover(factor) for factor in inside], (i, j))
        lower = matrix.labels == (i, j)
        made.append(Labelled(Triangle(matrix.form, lower, offset if lower else -offset), matrix.labels))
    return [*(recover(factor) for factor in rest), *made]


def _below(bracket: Inside) -> tuple[Index, Index, sympy.Expr]:
    """`[j ≤ i + offset]` as i, j and the offset."""
    ends = bounds(bracket.position)
    found = sorted(free_indices(bracket.position), key=lambda index: (index.name, str(index.dim)))
    if len(found) == 2 and ends is not None:
        for i, j in (found, found[::-1]):
            offset = sympy.expand(bracket.position - i + j)
            upper = is_surely_nonnegative(sympy.expand(bracket.size - 1 - ends[1]))
            if not free_indices(offset) and upper:
                return i, j, offset
    raise NoMatrixNotationError
