"""Right-hand sides multiplied out."""

from __future__ import annotations

import sympy

from symderive.notation.labelled import NoMatrixNotationError
from symderive.notation.recover import multiplied_out


def expanded(expr: sympy.Expr) -> sympy.Expr:
    """Products and powers of sums as sums of products; the expression itself where that gives too many terms.

    >>> from symderive.core.nodes import Index, Tensor
    >>> i = Index("i", 3)
    >>> x, y, z = (Tensor(name, (3,))[i] for name in "xyz")
    >>> expanded(x * (y - z))
    x[i]*y[i] - x[i]*z[i]
    """
    try:
        return multiplied_out(expr, powers=True)
    except NoMatrixNotationError:
        return expr
