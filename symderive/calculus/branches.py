"""The derivative of `np.where`.

A product `c a′` is NaN where the condition c is 0 and a′ is infinite. So the derivative of `where(c, a, b)`
is `where(c, a′, b′)`, and a product only where a′ is finite whatever the numbers are.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy

from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.functions import by_head
from symderive.functions.choice import where
from symderive.functions.comparisons import opposite
from symderive.functions.record import REALS, Indicator

_STEEP = (sympy.exp, sympy.sinh, sympy.cosh)  # they overflow, and 0 times infinity is NaN


def chosen(condition: sympy.Expr, first: sympy.Expr, second: sympy.Expr) -> sympy.Expr:
    """`where(c, a, b)`, shorter where both branches share something or one is 0.

    >>> x, y = sympy.symbols("x y", real=True)
    >>> from symderive.functions.comparisons import greater
    >>> chosen(greater(x, 0), 2 * y, -2 * y)
    2*y*where(greater(x, 0), 1, -1)
    """
    if first == second:
        return first
    if second == 0:
        return _masked(condition, first)
    if first == 0:
        return _masked(opposite(condition), second)
    common = _common_factor(first, second)
    if common != 1:
        return common * chosen(condition, first / common, second / common)
    return where(condition, first, second)


def _masked(condition: sympy.Expr, value: sympy.Expr) -> sympy.Expr:
    """`c a` where that is never NaN, otherwise `where(c, a, 0)`."""
    factors = sympy.Mul.make_args(value)
    tame = [factor for factor in factors if is_tame(factor)]
    wild = sympy.Mul(*(factor for factor in factors if not is_tame(factor)))
    inner = condition if wild == 1 else where(condition, wild, sympy.S.Zero)
    return sympy.Mul(*tame, inner)


def _common_factor(first: sympy.Expr, second: sympy.Expr) -> sympy.Expr:
    (number, left), (other, right) = first.as_coeff_Mul(), second.as_coeff_Mul()
    powers = dict(factor.as_base_exp() for factor in sympy.Mul.make_args(right))
    shared = [
        factor for factor in sympy.Mul.make_args(left)
        if factor != 1 and powers.get(factor.as_base_exp()[0]) == factor.as_base_exp()[1]
    ]  # fmt: skip
    scale = number if abs(number) == abs(other) else sympy.S.One
    if scale.is_negative and other.is_positive:
        scale = -scale
    return sympy.Mul(scale, *shared)


def is_tame(expr: sympy.Expr) -> bool:
    """Whether an expression is finite wherever the entries in it are, so that 0 times it is 0."""
    if isinstance(expr, (Entry, Delta)) or not tensors_of(expr):
        return True
    if isinstance(expr, sympy.Pow):
        return bool(expr.exp.is_integer and expr.exp.is_nonnegative) and is_tame(expr.base)
    if isinstance(expr, (sympy.Add, sympy.Mul, IndexSum, where)):
        return all(is_tame(arg) for arg in expr.args if not isinstance(arg, Index))
    entry = by_head().get(type(expr))
    total = entry is not None and entry.domain == REALS and not isinstance(expr, _STEEP)
    return total and all(is_tame(arg) for arg in expr.args)


def slope_of_choice(expr: where, slopes: Callable[[sympy.Expr], sympy.Expr]) -> sympy.Expr:
    """`where(c, a, b)′ = where(c, a′, b′)`, with deltas and the entries that carry new indices outside."""
    condition, first, second = expr.args
    own = free_indices(expr)
    left, right = by_carrier(slopes(first), own), by_carrier(slopes(second), own)
    zero = sympy.S.Zero
    return sympy.Add(
        *(
            chosen(condition, left.get(carrier, zero), right.get(carrier, zero)) * carrier
            for carrier in {**left, **right}
        )
    )


def by_carrier(expr: sympy.Expr, own: frozenset[Index]) -> dict[sympy.Expr, sympy.Expr]:
    """The coefficients of an expression by what they stand before: deltas and entries at new indices."""
    if expr == 0:
        return {}
    if isinstance(expr, sympy.Add):
        found: dict[sympy.Expr, sympy.Expr] = {}
        for term in expr.args:
            for carrier, coefficient in by_carrier(term, own).items():
                found[carrier] = found.get(carrier, sympy.S.Zero) + coefficient
        return found
    if isinstance(expr, sympy.Mul):
        found = {sympy.S.One: sympy.S.One}
        for factor in expr.args:
            inner = by_carrier(factor, own)
            found = {a * b: found[a] * inner[b] for a in found for b in inner}
        return found
    carries = isinstance(expr, (Delta, Entry)) and not free_indices(expr) <= own
    return {expr: sympy.S.One} if carries else {sympy.S.One: expr}


def holds_together(condition: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The single comparisons of a condition that is joined by `and`."""
    return tuple(one for one in sympy.Mul.make_args(condition) if isinstance(one, Indicator))
