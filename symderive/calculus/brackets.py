"""The laws of deltas at computed positions and of Iverson's brackets.

An entry is 0 outside its array, so that a product of it with a bracket that says no more than "inside" needs
no bracket: `[0 ≤ k − 1 < n] r[k − 1] = r[k − 1]` for r over n.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.identity import free_indices, fresh, index_names, substitute
from symderive.core.kinds import has_kind
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.core.positions import (
    Inside,
    Loose,
    Quotient,
    Remainder,
    bare,
    bounds,
    divided,
    follows,
    is_readable,
    is_surely_inside,
    is_surely_nonnegative,
    valid_range,
)
from symderive.functions.outside import is_finite_outside

Zero = tuple[sympy.Expr, sympy.Expr]  # a position and a size: the value is 0 where the position is not inside
Fixed = tuple[Index, sympy.Expr, tuple[sympy.Expr, ...]]


def fixed_by(delta: Delta, index: Index) -> Fixed | None:
    """The position to which a delta fixes an index, with the factors that remain; None where it does not.

    `δ(s p, k) = δ(p, ⌊k/s⌋) [s divides k]`, and `δ(m A + p, k) = δ(A, ⌊k/m⌋) δ(p, k mod m)` for p over m.
    """
    left, right = delta.args
    turned = _turned_back(left, right, index) or _turned_back(right, left, index)
    if turned is not None:
        return index, turned, ()
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


def _turned_back(circle: sympy.Expr, place: sympy.Expr, index: Index) -> sympy.Expr | None:
    """`δ((p + c) mod n, k) = δ(p, (k − c) mod n)` for p over n and k from 0 to n − 1."""
    if not isinstance(circle, Remainder) or not is_surely_inside(place, index.dim):
        return None
    inner, size = circle.args
    offset = sympy.expand(inner - index)
    if free_indices(offset) or sympy.expand(size - index.dim) != 0 or index in free_indices(place):
        return None
    return Remainder(place - offset, size)


def _unit_step(index: Index, position: sympy.Expr) -> Fixed:
    """`p = position`; where an axis of the extent of p was merged with others, by division.

    A position without indices, such as 2 or n − 1, is one that was read: then it is one of the axis.
    """
    if not free_indices(position) and is_readable(position, index.dim):
        return index, position, ()
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


@lru_cache(maxsize=50_000)
def is_computed(expr: sympy.Basic) -> bool:
    """Whether brackets or computed positions occur in an expression."""
    if isinstance(expr, (Inside, Quotient, Remainder, Loose)):
        return True
    if isinstance(expr, Entry):
        return any(not isinstance(axis, Index) and bool(free_indices(axis)) for axis in expr.axes)
    return any(map(is_computed, expr.args))


def unmerged(body: sympy.Expr, indices: list[Index]) -> tuple[sympy.Expr, list[Index]]:
    """`Σ_p f(⌊p/m⌋, p mod m) = Σ_a Σ_b f(a, b)` for p over a multiple of m."""
    divisions = [part for part in sympy.preorder_traversal(body) if isinstance(part, (Quotient, Remainder))]
    for part in sorted(divisions, key=str):
        inner, size = part.args
        if not isinstance(inner, Index) or inner not in indices:
            continue
        count = divided(inner.dim, size)
        if count is None:
            continue
        taken = index_names(body) | {index.name for index in indices}
        a, b = fresh((count, size), taken)
        new = [one for index in indices for one in ((a, b) if index == inner else (index,))]
        return unmerged(substitute(body, {inner: size * a + b}), new)
    return body, indices


def over_ranges(body: sympy.Expr, indices: list[Index]) -> tuple[sympy.Expr, list[Index]]:
    """A product with each summed index only over the positions for which no factor is 0 because of them."""
    for place, index in enumerate(indices):
        for position, size in zeros(body):
            step = position.coeff(index, 1) if not isinstance(position, Index) else sympy.S.One
            offset = sympy.expand(position - step * index)
            if free_indices(position) != {index} or free_indices(offset) or abs(step) != 1:
                continue
            ends = valid_range(step, offset, index.dim, size)
            if ends is None or ends == (0, index.dim):
                continue
            low, high = ends
            count = sympy.expand(high - low)
            if is_surely_nonnegative(-count):
                return sympy.S.Zero, []
            taken = index_names(body) | {one.name for one in indices}
            (inner,) = fresh((count,), taken)
            shorter = without_implied(substitute(body, {index: inner + low}))
            return over_ranges(shorter, [*indices[:place], inner, *indices[place + 1 :]])
    return body, indices


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


def has_bracket(expr: sympy.Basic) -> bool:
    """Whether a bracket occurs in an expression."""
    return has_kind(expr, Inside)


def without_implied(expr: sympy.Expr, fixed: bool = False) -> sympy.Expr:
    """A product without the brackets that its other factors imply; sums and terms inside likewise.

    Args:
        expr: an equation's right-hand side.
        fixed: whether also the brackets of fixed positions; a derivative of the product would need them.
    """
    if not has_bracket(expr):
        return expr
    if isinstance(expr, (sympy.Add, IndexSum)):
        return expr.func(*(without_implied(arg, fixed) for arg in expr.args))
    if not isinstance(expr, sympy.Mul):
        return expr
    factors = [without_implied(factor, fixed) for factor in expr.args]
    if not all(is_finite_outside(factor) for factor in factors):
        return sympy.Mul(*factors)  # 0 · (1/0): only the bracket says that the product is 0
    for bracket in [one for one in factors if isinstance(one, Inside)]:
        others = [factor for factor in factors if factor is not bracket]
        if (fixed or free_indices(bracket)) and any(
            implies(zero, bracket) for factor in others for zero in zeros(factor)
        ):
            factors = others
    return sympy.Mul(*factors)


def with_positions_kept(expr: sympy.Expr, shorter: frozenset[Index]) -> sympy.Expr:
    """`δ(5, i) = δ(5, i) [5 < m]` for an i that has come to run over m positions only.

    A position that was read is one of the axis that it was read on; of another axis it may be none.

    Args:
        expr: an equation's right-hand side.
        shorter: the indices that have been put, alone or shifted, in place of indices of other extents.
    """
    kept = {}
    for delta in expr.atoms(Delta):
        difference = sympy.expand(delta.args[0] - delta.args[1])
        for index in sorted(shorter & free_indices(difference), key=str):
            position = sympy.expand(index - difference * difference.coeff(index, 1))
            if not free_indices(position):
                kept[delta] = delta * Inside(position, index.dim)
    return expr.xreplace(kept)


def settled(expr: sympy.Expr, given: tuple[sympy.Expr, ...]) -> sympy.Expr:
    """An expression without the brackets that hold because of what is given.

    Args:
        expr: an equation's right-hand side.
        given: expressions in sizes that are at least 0.
    """
    if not has_bracket(expr):
        return expr
    if isinstance(expr, Inside):
        ends = bounds(expr.position)
        sure = ends is not None and follows(ends[0], given) and follows(expr.size - 1 - ends[1], given)
        return sympy.S.One if sure else expr
    if not expr.args:
        return expr
    return expr.func(*(settled(arg, given) for arg in expr.args))


def without_said(expr: sympy.Expr) -> sympy.Expr:
    """`δ(5, i) [5 < m] = δ(5, i)` for i over m positions, and `u[5] [5 < m] = u[5]`.

    For results only: a sum over i, or a derivative, would need the bracket.
    """
    return without_implied(_without_said(expr), fixed=True)


def _without_said(expr: sympy.Expr) -> sympy.Expr:
    if not has_bracket(expr) or isinstance(expr, Inside):
        return expr
    made = expr.func(*map(_without_said, expr.args))
    if not isinstance(made, sympy.Mul):
        return made
    said = {
        Inside(position, index.dim)
        for factor in made.args
        if isinstance(factor, Delta)
        for index, position in (factor.args, factor.args[::-1])
        if isinstance(index, Index)
    }
    return sympy.Mul(*(factor for factor in made.args if factor not in said))


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
