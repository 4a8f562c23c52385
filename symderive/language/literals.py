"""Arrays of numbers in a formula: `np.eye(3)`, `np.array([1, 2, 3])`."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from symderive.core.nodes import Delta, Index
from symderive.errors import SymderiveError

_MOST = 64  # entries other than 0 of an array that is written out


def literal_body(values: np.ndarray[Any, Any], indices: tuple[Index, ...], what: str) -> sympy.Expr:
    """The equation of an array of numbers: a constant, a multiple of the identity, or entry by entry.

    Args:
        values: the numbers.
        indices: one index for each axis.
        what: what is being done, for messages.

    Raises:
        SymderiveError: something else than finite real numbers, or too many of them.

    >>> i, j = Index("i", 2), Index("j", 2)
    >>> literal_body(3 * np.eye(2), (i, j), "a product"), literal_body(np.ones((2, 2)), (i, j), "a sum")
    (3*delta(i, j), 1)
    """
    from symderive.language.numbers import number

    if values.dtype.kind not in "biuf" or not np.all(np.isfinite(values)):
        raise SymderiveError(f"{what}: an array in a formula holds finite real numbers only.")
    first = values.flat[0] if values.size else 0
    if np.all(values == first):
        return _exact(first, number)
    if (
        values.ndim == 2
        and values.shape[0] == values.shape[1]
        and np.all(values == first * np.eye(len(values)))
    ):
        return _exact(first, number) * Delta(*indices)
    places = np.argwhere(values)
    if len(places) > _MOST:
        raise SymderiveError(
            f"{what}: an array of numbers with {len(places)} entries that are not 0 is too long to stand in "
            "a formula; declare it with symderive.array and give the numbers when computing."
        )
    return sympy.Add(
        *(
            _exact(values[tuple(place)], number)
            * sympy.Mul(*(Delta(i, int(at)) for i, at in zip(indices, place, strict=True)))
            for place in places
        )
    )


def _exact(value: Any, number: Any) -> sympy.Expr:
    made: sympy.Expr = number(int(value) if isinstance(value, (bool, np.bool_)) else value)
    return made
