"""Modified Bessel functions, which grow like exponentials: their logarithm and their quotients."""

from __future__ import annotations

import sympy

from symderive.functions.bessel import (
    bessel_i,
    bessel_i0,
    bessel_i1,
    scaled_bessel_i,
    scaled_bessel_i0,
    scaled_bessel_i1,
)
from symderive.functions.kinked import absolute

_SCALED = {bessel_i0: scaled_bessel_i0, bessel_i1: scaled_bessel_i1, bessel_i: scaled_bessel_i}


def scaled_bessel_quotient(expr: sympy.Expr) -> sympy.Expr:
    """`log I₀(x) = |x| + log(exp(−|x|) I₀(x))`; quotients are those of scaled ones."""
    if isinstance(expr, sympy.log) and isinstance(expr.args[0], bessel_i0):
        x = expr.args[0].args[0]
        return absolute(x) + sympy.log(scaled_bessel_i0(x))
    if not isinstance(expr, (sympy.Add, sympy.Mul)):
        return expr
    found = sorted(expr.atoms(*_SCALED), key=sympy.default_sort_key)
    if not any(isinstance(one, sympy.Pow) and one.exp.is_negative and one.has(*_SCALED)
               for one in sympy.preorder_traversal(expr)):  # fmt: skip
        return expr
    growth = {one.args[-1]: sympy.Dummy("E", positive=True) for one in found}
    scaled = {one: growth[one.args[-1]] * _SCALED[type(one)](*one.args) for one in found}
    made = sympy.expand_mul(sympy.expand_power_base(expr.xreplace(scaled)))
    return expr if made.has(*growth.values()) else made
