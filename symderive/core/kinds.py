"""Which classes occur in an expression: found once, so that nobody walks in search of what is not there."""

from __future__ import annotations

from functools import lru_cache

import sympy


@lru_cache(maxsize=200_000)
def kinds_in(expr: sympy.Basic) -> frozenset[type]:
    """The classes of everything in `expr`.

    >>> x = sympy.Symbol("x")
    >>> sympy.Pow in kinds_in(1 + x**2), sympy.exp in kinds_in(1 + x**2)
    (True, False)
    """
    return frozenset((type(expr),)).union(*map(kinds_in, expr.args))


def has_kind(expr: sympy.Basic, kind: type | tuple[type, ...]) -> bool:
    """Whether an object of a class, or of one of several, occurs in `expr`."""
    return _is_among(kind, kinds_in(expr))


@lru_cache(maxsize=20_000)  # most expressions are made of a few combinations of classes
def _is_among(kind: type | tuple[type, ...], found: frozenset[type]) -> bool:
    return any(issubclass(one, kind) for one in found)
