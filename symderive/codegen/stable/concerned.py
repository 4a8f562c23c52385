"""What the rules are for: functions that overflow, underflow or cancel, and roots."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.identity import tensors_of
from symderive.core.nodes import TensorNode
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.functions.bessel import bessel_i0
from symderive.functions.normal_tail import log_ndtr
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.functions.special import ndtr

HEADS = (
    sympy.exp, sympy.log, sympy.tanh, sympy.cosh, sympy.sinh, sympy.erf, sympy.erfc, sigmoid, softplus, ndtr,
    log_ndtr, bessel_i0,
)  # fmt: skip


@lru_cache(maxsize=50_000)
def concerns(expr: sympy.Basic) -> bool:
    """Whether a function or a root of arrays occurs, for which there may be a rule."""
    if isinstance(expr, TensorNode) or not expr.args:
        return False
    if isinstance(expr, (IndexLogSum, SoftmaxEntry)):
        return concerns(expr.exponent if isinstance(expr, IndexLogSum) else expr.total)
    root = isinstance(expr, sympy.Pow) and expr.exp.is_Rational and not expr.exp.is_Integer
    if (root or isinstance(expr, HEADS)) and tensors_of(expr):
        return True
    return any(concerns(arg) for arg in expr.args)
