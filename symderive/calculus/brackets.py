"""The laws of deltas at computed positions and of Iverson's brackets.

An entry is 0 outside its array, so that a product of it with a bracket that says no more than "inside" needs
no bracket: `[0 ≤ k − 1 < n] r[k − 1] = r[k − 1]` for r over n.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.core.positions import (
    Inside,
    Quotient,
    Remainder,
    bare,
    bounds,
    divided,
    is_surely_inside,
    is_surely_nonnegative,
)

Zero = tuple[sympy.Expr, sympy.Expr]  # a position and a size: the value is 0 where the position is not inside
Fixed = tuple[Index, sympy.Expr, tuple[sympy.Expr, ...]]


def fixed_by(delta: Delta, index: Index) -> Fixed | None:
    """The position to which a delta fixes an index, with the factors that remain; None where it does not.

    `δ(s p, k) = δ(p, ⌊k/s⌋) [s divides k]`, and `δ(m A + p, k) = δ(A, ⌊k/m⌋) δ(p, k mod m)` for p over m.
    """
    left, right = delta.args
    difference = sympy.expand(left - right)
    if index not in free_indices(difference):
        return None
    slope, rest = difference.coeff(index, 1), difference.coeff(index, 0)
    if index in free_indices(rest) or free_indices(slope) or sympy.expand(slope * index + rest) != difference:
        return None
    if not is_surely_nonnegative(slope):
        slope, rest = sympy.expand(-slope), sympy.expand(-rest)
    if slope == 1:
        return _unit_step(index, sympy.expand(-rest))
    if not (slope.is_Integer or is_surely_nonnegative(slope - 1)):
        return None
    position = Quotient(-rest, slope)
    whole = Delta(Remainder(-rest, slope), 0)
    return index, position, _needed(whole, Inside(position, index.dim))


def _unit_step(index: Index, position: sympy.Expr) -> Fixed:
    """`p = position`; where an axis of the extent of p was merged with others, by division."""
    merged = [
        term
        for term in sympy.Add.make_args(position)
        if any(isinstance(part, Index) for part in sympy.Mul.make_args(term))
        and index.dim != 1
        and (-term).could_extract_minus_sign() is False
        and divided(-term, index.dim) is not None
    ]
    if not merged:
        return index, position, _needed(Inside(position, index.dim))
    whole = -sympy.Add(*merged)  # m A, as position = k − m A
    k = sympy.expand(position + whole)
    outer = divided(whole, index.dim)
    return index, Remainder(k, index.dim), (Delta(outer, Quotient(k, index.dim)),)


def _needed(*factors: sympy.Expr) -> tuple[sympy.Expr, ...]:
    return tuple(factor for factor in factors if factor != 1)


def rejoined(factors: list[sympy.Expr]) -> list[sympy.Expr]:
    """`δ(⌊k/m⌋, a) δ(k mod m, b) = δ(k, m a + b)` for b from 0 to m − 1."""
    for rest in factors:
        if not isinstance(rest, Delta):
            continue
        for mod, b in (rest.args, rest.args[::-1]):
            if not isinstance(mod, Remainder) or not is_surely_inside(b, mod.args[1]):
                continue
            k, size = mod.args
            for other in factors:
                if isinstance(other, Delta) and Quotient(k, size) in other.args and other is not rest:
                    a = next((arg for arg in other.args if arg != Quotient(k, size)), None)
                    if a is not None:
                        kept = [factor for factor in factors if factor is not rest and factor is not other]
                        return rejoined([*kept, Delta(k, size * a + b)])
    return factors


@lru_cache(maxsize=50_000)
def has_bracket(expr: sympy.Basic) -> bool:
    """Whether a bracket occurs in an expression."""
    return isinstance(expr, Inside) or any(has_bracket(arg) for arg in expr.args)


def without_implied(expr: sympy.Expr) -> sympy.Expr:
    """A product without the brackets that its other factors imply; sums and terms inside likewise."""
    if not has_bracket(expr):
        return expr
    if isinstance(expr, (sympy.Add, IndexSum)):
        return expr.func(*(without_implied(arg) for arg in expr.args))
    if not isinstance(expr, sympy.Mul):
        return expr
    factors = [without_implied(factor) for factor in expr.args]
    for bracket in [one for one in factors if isinstance(one, Inside)]:
        others = [factor for factor in factors if factor is not bracket]
        if any(implies(zero, bracket) for factor in others for zero in zeros(factor)):
            factors = others
    return sympy.Mul(*factors)


@lru_cache(maxsize=20_000)
def zeros(expr: sympy.Expr) -> tuple[Zero, ...]:
    """Positions outside whose size the expression is surely 0."""
    if isinstance(expr, Inside):
        return ((expr.position, expr.size),)
    if isinstance(expr, Entry):
        return tuple((bare(axis), size) for axis, size in zip(expr.axes, expr.tensor.shape, strict=True))
    if isinstance(expr, sympy.Mul):
        return tuple(zero for factor in expr.args for zero in zeros(factor))
    if isinstance(expr, sympy.Add):
        first, *others = (zeros(term) for term in expr.args)
        return tuple(zero for zero in first if all(zero in other for other in others))
    if isinstance(expr, sympy.Pow):
        return zeros(expr.base) if expr.exp.is_positive else ()
    if isinstance(expr, IndexSum):
        bound = set(expr.indices)
        return tuple(zero for zero in zeros(expr.body) if not bound & free_indices(zero[0]))
    return ()


def implies(zero: Zero, bracket: Inside) -> bool:
    """Whether `0 ≤ position < size` of the first implies the bracket."""
    position, size = zero
    for sign in (1, -1):
        offset = sympy.expand(bracket.position - sign * position)
        if free_indices(offset):
            continue
        low, high = (offset, offset + size - 1) if sign == 1 else (offset - size + 1, offset)
        ends = bounds(bracket.position)
        low_is_inside = is_surely_nonnegative(sympy.expand(low))
        high_is_inside = is_surely_nonnegative(sympy.expand(bracket.size - 1 - high))
        if ends is not None:  # what the ranges of the indices say holds anyway
            low_is_inside = low_is_inside or is_surely_nonnegative(ends[0])
            high_is_inside = high_is_inside or is_surely_nonnegative(sympy.expand(bracket.size - 1 - ends[1]))
        if low_is_inside and high_is_inside:
            return True
    return False
