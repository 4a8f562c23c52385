"""Brackets and deltas in an equation: they choose which terms there are, and cost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise

import sympy

from symderive.core.dims import Size
from symderive.core.identity import free_indices, substitute
from symderive.core.nodes import Delta, Entry, Index
from symderive.core.positions import Inside, is_surely_nonnegative

Range = tuple[sympy.Expr, Size]


def without_brackets(factors: Iterable[sympy.Expr]) -> tuple[list[sympy.Expr], tuple[Range, ...]]:
    """The factors that are multiplied, and the ranges `0 ≤ position < size` that brackets ask for."""
    kept, ranges = [], []
    for factor in factors:
        if isinstance(factor, Inside):
            ranges.append((factor.position, factor.size))
        else:
            kept.append(factor)
    return kept, tuple(ranges)


def landing(factors: Iterable[sympy.Expr], bound: Sequence[Index]) -> dict[Index, tuple[Delta, sympy.Expr]]:
    """For a product that is added where it lands: each free index that a delta fixes, and its position.

    `Σ_{u,j} a[u] b[j] δ(i, 2j + u)` fixes i. An index that stands in another factor, too, is not one of them.
    A position that an array holds may depend on free indices besides: `Σ_j a[n, j] δ(i, held[n, j])`.

    >>> i, j, u = Index("i", 9), Index("j", 4), Index("u", 3)
    >>> {i: position for i, (_, position) in landing([Delta(i, 2 * j + u)], [j, u]).items()}
    {i: 2*j + u}
    """
    factors = list(factors)
    found: dict[Index, tuple[Delta, sympy.Expr]] = {}
    for factor in factors:
        for index, position in _sides(factor):
            others = (one for one in factors if one is not factor)
            inside = free_indices(position)
            is_held = isinstance(position, Entry) and index not in inside and bool(inside & set(bound))
            if index in bound or not inside or not (is_held or inside <= set(bound)):
                continue
            if not any(index in free_indices(one) for one in others):
                found[index] = (factor, position)
                break
    return found


def looked_up(factors: Iterable[sympy.Expr], bound: Sequence[Index]) -> dict[Index, Delta]:
    """The bound indices of which a delta picks the one value that an array holds, as in a table look-up.

    >>> from symderive.core.nodes import Tensor
    >>> v, n, x = Index("v", 9), Index("n", 4), Tensor("x", (4,), "count")
    >>> looked_up([Delta(v, x[n])], [v])
    {v: delta(v, x[n])}
    """
    found = {}
    for factor in factors:
        for index, other in _sides(factor):
            if index in bound and isinstance(other, Entry) and not free_indices(other) & set(bound):
                found[index] = factor
    return found


def _sides(factor: sympy.Expr) -> list[tuple[Index, sympy.Expr]]:
    if not isinstance(factor, Delta):
        return []
    left, right = factor.args
    return [(one, other) for one, other in ((left, right), (right, left)) if isinstance(one, Index)]


def pinned(term: sympy.Expr, free: Sequence[Index]) -> dict[Index, sympy.Expr]:
    """The free index at whose one position alone a product is there, as a delta says: `δ(i, 0) f(i)`.

    >>> i, j = Index("i", 5), Index("j", 5)
    >>> pinned(Delta(i, 0) * j, [i]), pinned(Delta(i, j) * j, [i, j]), pinned(Delta(i, 0) * j, [j])
    ({i: 0}, {i: j}, {})
    """
    factors = sympy.Mul.make_args(term)
    for factor in factors:
        for index, position in _sides(factor):
            is_read = isinstance(position, Entry) and sum(index in free_indices(one) for one in factors) > 1
            if index in free and index not in free_indices(position) <= set(free) and not is_read:
                return {index: position}
    return {}


def at_pinned(term: sympy.Expr, at: Mapping[Index, sympy.Expr]) -> sympy.Expr:
    """A product at the positions that `pinned` found, without the delta that says so.

    >>> i, j = Index("i", 5), Index("j", 5)
    >>> at_pinned(Delta(i, 0) * (j + i), {i: sympy.S.Zero})
    j
    """
    return sympy.Mul(*(substitute(factor, dict(at)) for factor in sympy.Mul.make_args(term)))


def is_one_of_several(terms: Sequence[sympy.Expr]) -> bool:
    """Whether at most one of the terms is there at every position, so that nothing is added.

    >>> from symderive.core.nodes import Tensor
    >>> i, x = Index("i", 5), Tensor("x", (5,))
    >>> is_one_of_several([Inside(i, 2) * x[1 - i], Inside(i - 2, 3) * x[i - 2]])
    True
    >>> is_one_of_several([Inside(i, 3) * x[1 - i], Inside(i - 2, 3) * x[i - 2]])
    False
    """
    ranges = [_ranges(sympy.Mul.make_args(term)) for term in terms]
    return _stand_in_a_row(ranges) or all(
        any(_exclude(one, other) for one in left for other in right)
        for left, right in combinations(ranges, 2)
    )


def _stand_in_a_row(ranges: Sequence[tuple[Range, ...]]) -> bool:
    """Whether each of the ranges of one index begins where another one ends, or behind; quick to see."""
    found = [_interval(*some[0]) for some in ranges if len(some) == 1]
    known = [one for one in found if one is not None]
    if len(known) < len(ranges) or len({index for index, _, _ in known}) != 1:
        return False
    ordered = sorted(((start, end) for _, start, end in known), key=_rough_place)
    return all(_is_at_least(start, end) for (_, end), (start, _) in pairwise(ordered))


def _rough_place(interval: tuple[sympy.Expr, sympy.Expr]) -> tuple[int, sympy.Expr]:
    """An order for starts that are numbers, or sums of more and more sizes."""
    start, _ = interval
    number, rest = start.as_coeff_Add()
    return (0 if rest == 0 else len(sympy.Add.make_args(rest)), number)


def _interval(position: sympy.Expr, size: Size) -> tuple[Index, sympy.Expr, sympy.Expr] | None:
    """The index, the first value and the one behind the last for which `0 ≤ position < size`."""
    indices = list(free_indices(position))
    if len(indices) != 1:
        return None
    slope, rest = position.coeff(indices[0]), sympy.expand(position - position.coeff(indices[0]) * indices[0])
    if slope == 1:
        return indices[0], -rest, sympy.expand(size - rest)
    return (indices[0], sympy.expand(rest - size + 1), rest + 1) if slope == -1 else None


def _ranges(factors: Iterable[sympy.Expr]) -> tuple[Range, ...]:
    """The ranges of the brackets; those of deltas have one position."""
    factors = list(factors)
    deltas = [(i - position, sympy.S.One) for one in factors for i, position in _sides(one)[:1]]
    return (*without_brackets(factors)[1], *deltas)


def _exclude(one: Range, other: Range) -> bool:
    """Whether two ranges have no common position: the difference or the sum of their positions is fixed."""
    (left, left_size), (right, right_size) = one, other
    apart, together = sympy.expand(left - right), sympy.expand(left + right)
    if not free_indices(apart):
        return _is_at_least(apart, left_size) or _is_at_least(-apart, right_size)
    if not free_indices(together):
        return _is_at_least(-together, sympy.S.One) or _is_at_least(together, left_size + right_size - 1)
    return False


def _is_at_least(value: sympy.Expr, least: sympy.Expr) -> bool:
    return is_surely_nonnegative(sympy.expand(value - least))
