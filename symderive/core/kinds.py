"""Which classes occur in an expression: found once, so that nobody walks in search of what is not there."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import sympy


@lru_cache(maxsize=200_000)
def kinds_in(expr: sympy.Basic) -> frozenset[type]:
    """The classes of everything in `expr`, with the classes that these are derived from.

    >>> x = sympy.Symbol("x")
    >>> sympy.Pow in kinds_in(1 + x**2), sympy.exp in kinds_in(1 + x**2), sympy.Expr in kinds_in(x)
    (True, False, True)
    """
    kind: Any = type(expr)
    return _with_bases(kind).union(*map(kinds_in, expr.args))


@cache
def _with_bases(kind: Any) -> frozenset[type]:
    return frozenset(kind.__mro__)


def has_kind(expr: sympy.Basic, kind: type | tuple[type, ...]) -> bool:
    """Whether an object of a class, or of one of several, occurs in `expr`."""
    found = kinds_in(expr)
    return not found.isdisjoint(kind) if isinstance(kind, tuple) else kind in found
