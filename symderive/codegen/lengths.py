"""Which lengths of axes may come out negative for short arrays, such as `n − 4` for n = 3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import sympy

from symderive.core.positions import follows

_given: ContextVar[tuple[sympy.Expr, ...]] = ContextVar("expressions that are at least 0", default=())


@contextmanager
def where_at_least_0(given: Sequence[sympy.Expr]) -> Iterator[None]:
    """Code is written for sizes for which these expressions are at least 0."""
    token = _given.set(tuple(given))
    try:
        yield
    finally:
        _given.reset(token)


def is_length(size: sympy.Expr) -> bool:
    """Whether a size is at least 0 for all sizes that code is written for.

    >>> from symderive.core.dims import dims
    >>> n = dims("n")
    >>> is_length(n - 1), is_length(n - 4)
    (True, False)
    >>> with where_at_least_0([n - 5]):
    ...     is_length(n - 4)
    True
    """
    return all(follows(one, _given.get()) for one in sympy.Mul.make_args(size))
