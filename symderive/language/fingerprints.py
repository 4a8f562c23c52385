"""Short texts that are the same for equal equations, in every process."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import sympy

from symderive.core.dims import size_text
from symderive.core.nodes import Index, Tensor


def fingerprint(*parts: Any) -> str:
    """A short text that differs when the parts do."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=50_000)
def structure(expr: sympy.Basic) -> str:
    """What an expression is made of, as text: names, extents and operations, not as a person would write it.

    >>> from symderive.core.nodes import IndexSum
    >>> x, p = Tensor("x", (3,)), Index("p", 3)
    >>> structure(IndexSum(x[p] ** 2, p))
    'IndexSum(Pow(Entry(x,p:3),2),p:3)'
    """
    if isinstance(expr, Index):
        return f"{expr.name}:{size_text(expr.dim)}"
    if isinstance(expr, (sympy.Symbol, Tensor)):
        return str(expr.name)
    if not expr.args:
        return str(expr.p if isinstance(expr, sympy.Integer) else expr)
    return f"{type(expr).__name__}({','.join(map(structure, expr.args))})"
