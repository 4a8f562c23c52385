"""Which expressions have a value where entries lie outside of their arrays and are 0."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.kinds import has_kind
from symderive.core.nodes import Entry, TensorNode
from symderive.core.positions import Inside
from symderive.functions import by_head
from symderive.functions.record import REALS


@lru_cache(maxsize=50_000)
def is_finite_outside(expr: sympy.Expr) -> bool:
    """Whether an expression has a value even where its entries lie outside their arrays and are 0."""
    if isinstance(expr, sympy.Pow) and not (expr.exp.is_number and expr.exp.is_positive):
        return not has_kind(expr, TensorNode) or not _reads_outside(expr)
    entry = by_head().get(type(expr))
    if entry is not None and entry.domain != REALS and _reads_outside(expr):
        return False
    if isinstance(expr, TensorNode) and not isinstance(expr, Entry):
        return False
    return all(is_finite_outside(arg) for arg in expr.args)


def _reads_outside(expr: sympy.Basic) -> bool:
    """Whether something in an expression may be 0 because of where it is read."""
    return any(
        isinstance(part, Inside) or (isinstance(part, TensorNode) and not part.is_inside)
        for part in sympy.preorder_traversal(expr)
    )
