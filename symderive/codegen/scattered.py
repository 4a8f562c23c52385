"""Terms that are 0 but for a range of positions, or for every second one, as arrays of what stands there.

`[0 ≤ i − 1 < n − 2] f(i)` is `D[i − 1]` with `D[p] = f(p + 1)`: nothing is computed outside of the range, and
terms that differ in their ranges only are one array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from symderive.codegen.brackets import range_of
from symderive.codegen.new_arrays import NewArrays
from symderive.codegen.new_names import NewNames
from symderive.codegen.rolled import placed
from symderive.core.identity import free_indices, substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.core.positions import (
    Inside,
    Quotient,
    Remainder,
    bare,
    division,
    is_surely_inside,
    is_surely_nonnegative,
)
from symderive.core.program import Definition, Program

_MOST = 24  # brackets of one term


@dataclass(frozen=True)
class Axis:
    """Where the positions of an index lie on an axis: at `step · inner + first`.

    Attributes:
        inner: the index that runs over what is not 0.
        step: from one position to the next.
        first: the first of them.
    """

    inner: Index
    step: sympy.Expr
    first: sympy.Expr


@dataclass(frozen=True)
class Scattered:
    """A term without the brackets and deltas that say where it is not 0.

    Attributes:
        body: what stands there.
        axes: for every index of the equation that they restrict.
    """

    body: sympy.Expr
    axes: Mapping[Index, Axis]


def scattered(term: sympy.Expr, indices: tuple[Index, ...]) -> Scattered | None:
    """A term as what stands at some positions; None where it has no brackets, or others than ranges."""
    found = _Places(indices)
    now = term
    while (factor := found.next_factor(now)) is not None:
        rest = sympy.Mul(*(one for one in sympy.Mul.make_args(now) if one != factor))
        moved = found.comb(factor, rest) if isinstance(factor, Delta) else found.range(factor, rest)
        if moved is None or len(found.seen) > _MOST:
            return None
        now = moved
    if not found.axes or now.has(Inside) or any(_is_comb(one) for one in now.atoms(Delta)):
        return None
    return Scattered(now, found.axes) if found.are_inside() else None


def without_combs(term: sympy.Expr, indices: tuple[Index, ...]) -> Scattered | None:
    """A term at the positions that leave fixed remainders, without the deltas that say so."""
    found = _Places(indices)
    now = term
    for delta in [one for one in sympy.Mul.make_args(term) if isinstance(one, Delta) and _is_comb(one)]:
        rest = sympy.Mul(*(one for one in sympy.Mul.make_args(now) if one != delta))
        moved = found.comb(delta, rest) if len(free_indices(delta)) == 1 else None
        if moved is None:
            return None
        now = moved
    return Scattered(now, found.axes) if found.are_inside() else None


def _is_comb(delta: Delta) -> bool:
    return any(isinstance(one, Remainder) for one in delta.args)


def _implied(term: sympy.Expr) -> list[sympy.Expr]:
    """The brackets that entries stand for, which are 0 outside of their array, where more is multiplied."""
    factors = sympy.Mul.make_args(term)
    more = [one for one in factors if not isinstance(one, (Entry, IndexSum, Delta, Inside))]
    if not any(free_indices(one) for one in more):
        return []
    read = [one for one in factors if isinstance(one, Entry) and not one.is_inside]
    places = [pair for one in read for pair in zip(one.axes, one.tensor.shape, strict=True)]
    return [
        Inside(place, size)
        for place, size in places
        if len(free_indices(place)) == 1 and not is_surely_inside(place, size)
    ]


class _Places:
    """The positions at which a term is not 0, found one bracket at a time."""

    def __init__(self, indices: tuple[Index, ...]) -> None:
        self.indices = indices
        self.axes: dict[Index, Axis] = {}
        self.seen: set[sympy.Expr] = set()

    def inner(self) -> dict[Index, Index]:
        """For each index that now stands in the term the one of the equation."""
        return {self.axes[one].inner if one in self.axes else one: one for one in self.indices}

    def next_factor(self, term: sympy.Expr) -> sympy.Expr | None:
        """A delta with a remainder first, then a bracket; each of one free index."""
        factors = [one for one in sympy.Mul.make_args(term) if len(free_indices(one)) == 1]
        known = set(self.inner())
        combs = [one for one in factors if isinstance(one, Delta) and _is_comb(one)]
        ranges = [one for one in factors if isinstance(one, Inside)]
        found = [one for one in (*combs, *ranges, *_implied(term)) if free_indices(one) <= known]
        new = [one for one in found if one not in self.seen]
        self.seen.update(new[:1])
        return new[0] if new else None

    def comb(self, delta: Delta, rest: sympy.Expr) -> sympy.Expr | None:
        """The rest where an index leaves a fixed remainder."""
        value, place = delta.args if isinstance(delta.args[1], Remainder) else delta.args[::-1]
        (index,) = free_indices(place)
        if not (isinstance(place, Remainder) and value.is_Integer and index in self.indices):
            return None
        where, step = (bare(one) for one in place.args)
        shift = sympy.expand(where - index)
        if not (shift.is_Integer and step.is_Integer and 0 <= value < step) or index in self.axes:
            return None
        first = sympy.Mod(value - shift, step)
        whole = division(index.dim, step)[0]
        left = sympy.expand(index.dim - step * whole)
        if not left.is_Integer:
            return None
        count = whole + sympy.ceiling((left - first) / step)
        return self.moved(rest, index, Axis(Index(index.name, sympy.expand(count)), step, first))

    def range(self, bracket: Inside, rest: sympy.Expr) -> sympy.Expr | None:
        """The rest where a bracket is 1."""
        (now,) = free_indices(bracket)
        ends = range_of(bracket, now)
        if ends is None:
            return None
        if ends == (0, now.dim):
            return rest
        old = self.axes.get(self.inner()[now], Axis(now, sympy.S.One, sympy.S.Zero))
        new = Axis(
            Index(now.name, sympy.expand(ends[1] - ends[0])),
            old.step,
            sympy.expand(old.first + old.step * ends[0]),
        )
        return self.moved(rest, self.inner()[now], new, ends[0])

    def moved(self, rest: sympy.Expr, index: Index, axis: Axis, low: sympy.Expr = sympy.S.Zero) -> sympy.Expr:
        """The rest with the new index of an axis in place of the old one."""
        old = self.axes.get(index)
        self.axes[index] = axis
        if old is not None:
            return substitute(rest, {old.inner: axis.inner + low})
        return substitute(rest, {index: axis.step * axis.inner + axis.first})

    def are_inside(self) -> bool:
        """Whether all positions exist."""
        for index, axis in self.axes.items():
            last = axis.first + axis.step * (axis.inner.dim - 1)
            if not is_surely_nonnegative(axis.first):
                return False
            if not is_surely_nonnegative(sympy.expand(index.dim - 1 - last)):
                return False
        return True


def with_scattered_named(program: Program, names: NewNames) -> Program:
    """The program with arrays of what stands at restricted positions; equal ones are made once."""
    arrays = NewArrays(names)
    definitions: list[Definition] = []
    for made in program.definitions:
        terms = []
        for term in sympy.Add.make_args(made.body):
            some = term.has(Inside) or term.has(Remainder) or bool(_implied(term))
            found = scattered(term, made.indices) if some else None
            terms.append(term if found is None else _named(found, made, arrays) or term)
        definitions += arrays.taken()
        definitions.append(made.with_body(sympy.Add(*terms)))
    return Program(program.inputs, tuple(definitions), program.outputs)


def _named(found: Scattered, made: Definition, arrays: NewArrays) -> sympy.Expr | None:
    """The term with an entry of a new array; None where one array says it already."""
    inner = {axis.inner for axis in found.axes.values()}
    factors = sympy.Mul.make_args(found.body)
    moving = sympy.Mul(*(one for one in factors if free_indices(one) & inner))
    if isinstance(moving, Entry) or not inner <= free_indices(moving):
        return None
    places, labels = [], []
    combs = sympy.S.One
    for index in made.indices:
        axis = found.axes.get(index, Axis(index, sympy.S.One, sympy.S.Zero))
        if index in found.axes and axis.step != 1:
            combs *= Delta(sympy.S.Zero, Remainder(index - axis.first, axis.step))
        if axis.inner in free_indices(moving):
            labels.append(axis.inner)
            places.append(placed(Quotient(index - axis.first, axis.step), axis.inner.dim))
    if free_indices(moving) != set(labels):
        return None
    rest = sympy.Mul(*(one for one in factors if not free_indices(one) & inner))
    return rest * combs * Entry(arrays.tensor(moving, tuple(labels), made.rule), *places)
