"""Sums that are written out over fixed positions, put back under a sign Σ.

`F[0] x[i] + F[1] x[i + 1] + F[2] x[i + 2]` is `Σ_u F[u] x[i + u]`: one matrix product of all windows instead
of a line for each position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy

from symderive.core.identity import BOUND_LETTERS, canonical, free_indices, fresh, substitute, with_args
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.core.positions import Inside, Loose, Remainder, bare
from symderive.core.program import Definition, Program

_FEWEST = 3  # terms; fewer are written as they stand


def with_sums_rolled(program: Program) -> Program:
    """The program with such sums in all of its equations."""
    return Program(program.inputs, tuple(map(_equation, program.definitions)), program.outputs)


def _equation(made: Definition) -> Definition:
    if made.body.has(Inside) or not made.body.has(sympy.Add):
        return made
    return made.with_body(_rolled(made.body, _names(made)))


def sums_rolled(total: sympy.Expr, made: Definition) -> sympy.Expr:
    """A sum on the right-hand side of an equation with every full family of its terms under a sign Σ."""
    return _families(total, _names(made)) if isinstance(total, sympy.Add) else total


def _names(made: Definition) -> set[str]:
    """The names of all indices of an equation, bound ones too."""
    return {index.name for index in (*made.indices, *made.body.atoms(Index))}


def _rolled(expr: sympy.Expr, taken: set[str]) -> sympy.Expr:
    if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow, sympy.Function, IndexSum)):
        return expr
    if isinstance(expr, (Delta, Loose)):
        return expr
    args = [_rolled(arg, taken) if isinstance(arg, sympy.Expr) else arg for arg in expr.args]
    made = (
        expr if all(old is new for old, new in zip(expr.args, args, strict=True)) else with_args(expr, args)
    )
    return _families(made, taken) if isinstance(made, sympy.Add) else made


def _families(total: sympy.Add, taken: set[str]) -> sympy.Expr:
    """The sum with every full family of terms as one term."""
    if len(total.args) < _FEWEST:
        return total
    found: dict[object, list[tuple[sympy.Expr, _Parts]]] = {}
    terms = [term for term in total.args if term.has(Remainder)]  # each tap has its own positions
    for term in total.args:
        if term.has(Remainder):
            continue
        plain = canonical(term)
        taken |= {index.name for index in plain.atoms(Index)}
        parts = _parts(plain)
        found.setdefault(parts.key, []).append((term, parts))
    for family in found.values():
        joint = _joint([parts for _, parts in family], taken) if len(family) >= _FEWEST else None
        terms += [joint] if joint is not None else [term for term, _ in family]
    return sympy.Add(*terms)


@dataclass(frozen=True)
class _Parts:
    """An expression as what stays when its fixed positions change.

    Attributes:
        key: equal for two expressions that differ in their fixed positions only.
        values: the numbers in its positions.
        bounds: for each whether it is a position on an axis of so many entries; 0 where an index stands
            beside it.
        made: the expression with other numbers.
    """

    key: object
    values: tuple[sympy.Expr, ...]
    bounds: tuple[sympy.Expr, ...]
    made: Callable[[Sequence[sympy.Expr]], sympy.Expr]


def _parts(expr: sympy.Expr) -> _Parts:
    if isinstance(expr, Entry):
        return _entry(expr)
    if isinstance(expr, Delta):
        return _delta(expr)
    if isinstance(expr, IndexSum):
        inner = _parts(expr.body)
        return _Parts(
            ("sum", expr.indices, inner.key), inner.values, inner.bounds,
            lambda values: IndexSum(inner.made(values), *expr.indices),
        )  # fmt: skip
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return _operator(expr)
    return _Parts(expr, (), (), lambda values: expr)


def _entry(expr: Entry) -> _Parts:
    numbers, rests, bounds = [], [], []
    for axis, size in zip(expr.axes, expr.tensor.shape, strict=True):
        number, _ = bare(axis).as_coeff_Add()
        whole = number if number.is_Integer else sympy.S.Zero
        numbers.append(whole)
        rests.append(sympy.expand(bare(axis) - whole))
        bounds.append(size if rests[-1] == 0 else sympy.S.Zero)

    def made(values: Sequence[sympy.Expr]) -> sympy.Expr:
        axes = [
            placed(rest + value, size)
            for rest, value, size in zip(rests, values, expr.tensor.shape, strict=True)
        ]
        return Entry(expr.tensor, *axes)

    return _Parts(("entry", expr.tensor, tuple(rests)), tuple(numbers), tuple(bounds), made)


def placed(place: sympy.Expr, size: sympy.Expr) -> sympy.Expr:
    """A position on an axis, marked where it is an index of another extent."""
    return Loose(place) if isinstance(place, Index) and place.dim != size else place


def _delta(expr: Delta) -> _Parts:
    place, index = expr.args if isinstance(expr.args[1], Index) else expr.args[::-1]
    if not isinstance(index, Index) or isinstance(place, Index):
        return _Parts(expr, (), (), lambda values: expr)
    first = place.as_coeff_Add()[0]
    number = first if first.is_Integer else sympy.S.Zero
    rest = sympy.expand(place - number)
    if rest != 0:
        return _Parts(
            ("delta", index, rest), (number,), (sympy.S.Zero,), lambda values: Delta(values[0] + rest, index)
        )
    return _Parts(("delta", index), (number,), (index.dim,), lambda values: Delta(values[0], index))


def _operator(expr: sympy.Add | sympy.Mul) -> _Parts:
    """A sum or product; its parts in an order that does not depend on their positions."""
    parts = sorted(map(_parts, expr.args), key=lambda one: str(one.key))

    def made(values: Sequence[sympy.Expr]) -> sympy.Expr:
        pieces, start = [], 0
        for part in parts:
            pieces.append(part.made(values[start : start + len(part.values)]))
            start += len(part.values)
        return expr.func(*pieces)

    return _Parts(
        (expr.func, tuple(part.key for part in parts)),
        tuple(value for part in parts for value in part.values),
        tuple(bound for part in parts for bound in part.bounds),
        made,
    )


def _joint(family: list[_Parts], taken: set[str]) -> sympy.Expr | None:
    """All terms of a family as one sum; None where they are not all positions of a grid."""
    columns = list(zip(*(one.values for one in family), strict=True))
    grid = _grid(columns)
    if grid is None:
        return None
    counts = [len(set(axis)) for axis in grid]
    if len(set(zip(*grid, strict=True))) != len(family) or sympy.prod(counts) != len(family):
        return None
    indices = fresh(tuple(map(sympy.Integer, counts)), taken, BOUND_LETTERS)
    values, uses = [], dict.fromkeys(indices, 0)
    for column, bound in zip(columns, family[0].bounds, strict=True):
        place = _place(column, grid, indices)
        if bound != 0 and place != column[0] and not _is_on(column, bound):
            return None
        for index in indices:
            uses[index] += index in free_indices(place)
        values.append(place)
    if any(count < 2 for count in uses.values()):
        return None  # nothing is paired: a sum of entries is no product
    made = _summed(family[0].made(values), indices)
    if any(set(indices) & set(delta.args) for delta in made.atoms(Delta)):
        return None
    taken.update(index.name for index in indices)
    return made


def _is_on(column: Sequence[sympy.Expr], size: sympy.Expr) -> bool:
    return bool(size.is_Integer and all(0 <= value < size for value in column))


def _grid(columns: list[tuple[sympy.Expr, ...]]) -> list[tuple[int, ...]] | None:
    """The columns that vary, as counts from 0, each once; None where one of them has gaps."""
    found: list[tuple[int, ...]] = []
    for column in columns:
        low, steps = min(column), sorted(set(column))
        if len(steps) == 1:
            continue
        gaps = {after - before for before, after in pairwise(steps)}
        if len(gaps) != 1:
            return None
        counted = tuple(int((value - low) / next(iter(gaps))) for value in column)
        turned = tuple(max(counted) - value for value in counted)
        if counted not in found and turned not in found:
            found.append(counted)
    return found or None


def _place(column: Sequence[sympy.Expr], grid: list[tuple[int, ...]], indices: Sequence[Index]) -> sympy.Expr:
    """The numbers of a column as an expression in the index that moves them."""
    for axis, index in zip(grid, indices, strict=True):
        first, last = axis.index(0), axis.index(max(axis))
        step = (column[last] - column[first]) / max(axis)
        if step and all(
            column[first] + step * count == value for count, value in zip(axis, column, strict=True)
        ):
            return column[first] + step * index
    return column[0]


def _summed(term: sympy.Expr, indices: Sequence[Index]) -> sympy.Expr:
    """The term summed over new indices; one that a delta ties to a free index is replaced by it."""
    left = list(indices)
    for delta in [one for one in sympy.Mul.make_args(term) if isinstance(one, Delta)]:
        for index, other in (delta.args, delta.args[::-1]):
            if index in left and isinstance(other, Index) and other.dim == index.dim:
                rest = sympy.Mul(*(one for one in sympy.Mul.make_args(term) if one != delta))
                term = substitute(rest, {index: other})
                left.remove(index)
                break
    if not left:
        return term
    coefficient, factors = _apart(term, left)
    inner = [one for one in factors if isinstance(one, IndexSum)]
    others = [one for one in factors if not isinstance(one, IndexSum)]
    if len(inner) == 1:
        inside = sympy.Mul(*others, inner[0].body), (*inner[0].indices, *left)
    else:
        inside = sympy.Mul(*factors), tuple(left)
    return coefficient * IndexSum(inside[0], *inside[1])


def _apart(term: sympy.Expr, indices: Sequence[Index]) -> tuple[sympy.Expr, list[sympy.Expr]]:
    """What does not depend on the indices, and the factors that do."""
    factors = sympy.Mul.make_args(term)
    moving = [one for one in factors if free_indices(one) & set(indices)]
    return sympy.Mul(*(one for one in factors if one not in moving)), moving
