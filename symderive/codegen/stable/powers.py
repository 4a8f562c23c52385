"""Powers of exponentials with exponents that are no whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symderive.codegen.stable.positive_sums import exact_log
from symderive.codegen.stable.rational import is_active
from symderive.core.nodes import Binder, TensorNode

Taken = tuple[sympy.Expr, sympy.Expr]


def power_as_exponential(expr: sympy.Expr) -> sympy.Expr:
    """`b (b^(γ−1) u + b^γ v) = exp(γ log b) (u + b v)`, where b has a logarithm that is exact far out.

    So no negative power of what underflows meets a positive one. Whole powers stay as they are.
    """
    if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        return expr
    for base in dict.fromkeys(_bases(expr)):
        log = exact_log(base)
        exponent, rest = _taken(expr, base)
        if log is not None and not exponent.is_Integer:
            whole = sympy.Integer(int(exponent)) if exponent.is_Rational else sympy.S.Zero
            return sympy.exp((exponent - whole) * log) * base**whole * rest
    return expr


def _bases(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    """The exponentials of which powers are taken that are no whole numbers."""
    if isinstance(expr, (TensorNode, Binder)):
        return
    if isinstance(expr, sympy.Pow) and not expr.exp.is_Integer and is_active(expr.base):
        yield expr.base
    elif isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        for arg in expr.args:
            yield from _bases(arg)


def _taken(expr: sympy.Expr, base: sympy.Expr) -> Taken:
    """`n` and `r` of `b^n r`, n as large as it gets; 0 where terms of a sum have no common power."""
    if expr in (base, -base):
        return sympy.S.One, sympy.S.One if expr == base else sympy.S.NegativeOne
    if isinstance(expr, sympy.Mul):
        parts = [_taken(arg, base) for arg in expr.args]
        return sympy.Add(*(power for power, _ in parts)), sympy.Mul(*(rest for _, rest in parts))
    if isinstance(expr, sympy.Pow):
        power, rest = _taken(expr.base, base)
        whole = expr.exp.is_Integer or rest == 1
        return (power * expr.exp, rest**expr.exp) if whole else (sympy.S.Zero, expr)
    return _taken_of_sum(expr, base) if isinstance(expr, sympy.Add) else (sympy.S.Zero, expr)


def _taken_of_sum(expr: sympy.Add, base: sympy.Expr) -> Taken:
    parts = [_taken(arg, base) for arg in expr.args]
    steps = [sympy.expand(power - parts[0][0]) for power, _ in parts]
    if not all(step.is_Integer for step in steps):
        return sympy.S.Zero, expr
    least = min(steps)
    terms = (rest * base ** (step - least) for step, (_, rest) in zip(steps, parts, strict=True))
    return sympy.expand(parts[0][0] + least), sympy.Add(*terms)
