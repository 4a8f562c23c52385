"""Products that count: those not against zero padding, not added outside of the result, not masked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.identity import free_indices
from symderive.core.nodes import Index
from symderive.core.positions import Quotient, Remainder, follows, is_surely_inside
from symderive.cost.choices import Range
from symderive.cost.count import Contraction
from symderive.errors import SymderiveError

Axis = Range
MOST_TERMS = 64
"""How many positions of a window are written out one by one; more are a sum."""


def padded_axes(contraction: Contraction, relations: Mapping[Dim, Size]) -> list[Axis]:
    """The axes that may be out of range: of the entries, of the result, of brackets.

    Each is a pair of position and size. Positions are affine; an axis is left out where its smallest and
    largest position are inside for all sizes, with `relations` put in and `⌊a⌋ ≤ a`.
    """
    found = []
    for entry in contraction.entries:
        for position, size in zip(entry.axes, entry.tensor.shape, strict=True):
            if not isinstance(position, Index) and not _is_inside(position, size, relations):
                found.append((position, size))
    found += [axis for axis in (*contraction.lands, *contraction.chosen) if not _is_inside(*axis, relations)]
    return found


def _is_inside(position: sympy.Expr, size: Size, relations: Mapping[Dim, Size]) -> bool:
    if is_surely_inside(position, size):
        return True
    lowest, highest = position, position
    for index in sorted(free_indices(position), key=str):
        slope = position.coeff(index)
        last = slope * (index.dim.xreplace(dict(relations)) - 1)
        lowest = lowest.xreplace({index: sympy.S.Zero}) + (last if slope.is_negative else 0)
        highest = highest.xreplace({index: sympy.S.Zero}) + (0 if slope.is_negative else last)
        if slope.is_nonnegative is None:
            return False
    highest = sympy.expand(highest)
    for floor in sorted(highest.atoms(sympy.floor), key=str):
        if not highest.coeff(floor).is_nonnegative or floor.args[0].has(sympy.floor):
            return False
        highest = highest.xreplace({floor: floor.args[0]})
    room = sympy.expand(size.xreplace(dict(relations)) - 1 - sympy.expand(highest))
    return bool(sympy.expand(lowest).is_nonnegative and room.is_nonnegative)


def set_apart(sizes: Mapping[Dim, Size], known: Iterable[Dim]) -> tuple[dict[Dim, Size], dict[Dim, Size]]:
    """Sizes whose symbols are none of the known ones, and what the new ones stand for.

    Where `d` means `d/h`, putting in twice would give `d/h²`; where it means `d₁/h`, it gives the same.

    >>> d, h = Dim("d"), Dim("h")
    >>> set_apart({d: d / h, h: h}, [d])
    ({d: d_/h_, h: h_}, {d_: d, h_: h})
    """
    taken = {*known, *sizes}
    used = set().union(*(size.free_symbols for size in sizes.values()))
    names: dict[Dim, Dim] = {}
    for symbol in sorted(used & taken, key=str):
        name = f"{symbol.name}_"
        while Dim(name) in used | taken:
            name += "_"
        names[symbol] = Dim(name)
    apart = {one: size.xreplace(names) for one, size in sizes.items()}
    return apart, {new: symbol for symbol, new in names.items()}


def valid_products(
    contraction: Contraction,
    relations: Mapping[Dim, Size],
    conditions: Iterable[sympy.Basic],
    sizes: Mapping[Dim, Size],
) -> list[Size]:
    """How many products of a contraction are neither against padding, nor masked, nor cropped, as factors.

    Positions that share an index are counted together, independent ones are multiplied.

    Args:
        contraction: the sum of products.
        relations: what named extents are.
        conditions: what holds of the sizes.
        sizes: what is put in for sizes, numbers or others.

    Raises:
        SymderiveError: a position that is not linear in the indices.

    >>> n = Dim("n")
    >>> i, j = Index("i", n), Index("j", n)
    >>> lower = Contraction((), (j,), (i,), chosen=((i - j, n),))
    >>> valid_products(lower, {}, (), {}), valid_products(lower, {}, (), {n: sympy.Integer(4)})
    ([n*(n + 1)/2], [10])
    """
    grouped = _connected(padded_axes(contraction, relations))
    touched = {index for group in grouped for index in _indices(group)}
    rest = [index.dim for index in (*contraction.free, *contraction.bound) if index not in touched]
    given = [one.xreplace(dict(relations)).xreplace(dict(sizes)) for one in _slacks(conditions)]
    counting = _Counting(dict(sizes), dict(relations), tuple(given))
    return [counting.put(size) for size in (*rest, *(counting.of(group) for group in grouped))]


def _slacks(conditions: Iterable[sympy.Basic]) -> Iterable[sympy.Expr]:
    """What is not negative where the conditions hold."""
    for one in conditions:
        if isinstance(one, (sympy.Ge, sympy.Gt)):
            yield one.lhs - one.rhs - int(isinstance(one, sympy.Gt))
        if isinstance(one, (sympy.Le, sympy.Lt)):
            yield one.rhs - one.lhs - int(isinstance(one, sympy.Lt))


def _indices(axes: Iterable[Axis]) -> list[Index]:
    return sorted({index for position, _ in axes for index in free_indices(position)}, key=str)


def _connected(axes: list[Axis]) -> list[list[Axis]]:
    groups: list[tuple[set[Index], list[Axis]]] = []
    for axis in axes:
        indices = set(free_indices(axis[0]))
        joined = [axis]
        apart = []
        for other, members in groups:
            if other & indices:
                indices |= other
                joined = members + joined
            else:
                apart.append((other, members))
        groups = [*apart, (indices, joined)]
    return [members for _, members in groups]


@dataclass(frozen=True)
class _Counting:
    """Counts positions in range, in closed form where the steps are 1.

    Attributes:
        sizes: what is put in for sizes.
        relations: what named extents are.
        given: what is not negative, with that put in.
    """

    sizes: dict[Dim, Size]
    relations: dict[Dim, Size]
    given: tuple[sympy.Expr, ...]

    def put(self, size: sympy.Expr) -> sympy.Expr:
        """A size with others put in."""
        return size.xreplace(self.sizes)

    def of(self, axes: list[Axis]) -> Size:
        """How many values of the indices have all axes in range."""
        for position, _ in axes:
            if position.has(Quotient, Remainder):
                raise SymderiveError(
                    f"counting products against padding: the position {position} is not linear; "
                    "ask for macs, where all products count."
                )
        indices = _indices(axes)
        steps = {self.put(axes[0][0].coeff(one)) for one in indices}
        if len(axes) == 1 and len(indices) == 2 and steps <= {1, -1}:
            return self._pairs(*axes[0], *indices)
        return self._solved(axes, indices)

    def _pairs(self, position: sympy.Expr, size: Size, one: Index, other: Index) -> Size:
        """Pairs with `0 ≤ c ± i ± j < n`: all, less those below and those above.

        Turned round so that both steps are +1, below are the pairs with `i + j < −c`, and above, counted
        from the other ends, those with `i' + j' < c + N + K − 1 − n`.
        """
        start = position.xreplace({one: sympy.S.Zero, other: sympy.S.Zero})
        ends = [index.dim - 1 for index in (one, other) if self.put(position.coeff(index)) == -1]
        start = self._known(start - sympy.Add(*ends))
        first, second = self.put(one.dim), self.put(other.dim)
        below = self._corner(-start, first, second)
        above = self._corner(start + first + second - 1 - size, first, second)
        outside = below + above
        if outside.has(sympy.Max):
            return first * second - outside
        whole = sympy.factor(self._known(first * second - outside))
        return first * second - sympy.factor(outside) if isinstance(whole, sympy.Add) else _positive(whole)

    def _corner(self, edge: sympy.Expr, first: Size, second: Size) -> sympy.Expr:
        """How many pairs in N × K have `i + j < t`: triangles, `T(t) − T(t−N) − T(t−K) + T(t−N−K)`."""
        signed = ((edge, 1), (edge - first, -1), (edge - second, -1), (edge - first - second, 1))
        return sympy.Add(*(sign * self._triangle(self._known(side)) for side, sign in signed))

    def _triangle(self, side: sympy.Expr) -> sympy.Expr:
        """`1 + 2 + … + s`; 0 where s is not positive."""
        side = self._outermost((sympy.S.Zero, side), sympy.Max)
        return side * (side + 1) / 2

    def _solved(self, axes: list[Axis], indices: list[Index]) -> Size:
        """One index is solved for; the others are written out where they are few, otherwise summed over."""
        extents = {index: self._known(index.dim) for index in indices}
        fixed = [index for index in indices if extents[index].is_Integer]
        solvable = [index for index in indices if all(self._has_sign(axis, index) for axis in axes)]
        if not solvable:
            raise SymderiveError(
                "counting products against padding: the steps between positions have no known sign; "
                "ask for macs, where all products count."
            )
        solved = max(
            solvable, key=lambda index: (index not in fixed, extents[index] if index in fixed else 0)
        )
        rest = [index for index in indices if index != solved]
        few = [index for index in rest if index in fixed]
        if math.prod(int(extents[index]) for index in few) > MOST_TERMS:
            few = []
        ranges = (range(int(extents[index])) for index in few)
        total = sympy.Add(
            *(
                self._between(axes, solved, dict(zip(few, places, strict=True)))
                for places in itertools.product(*ranges)
            )
        )
        total = sympy.expand(total) if not total.has(sympy.Max, sympy.Min) else total
        for index in rest:
            if index not in few:
                place = _place(index, total)
                # sizes were put in, also for the extent that an index has
                alike = (one for one in total.atoms(Index) if one.name == index.name)
                inside = total.xreplace(dict.fromkeys(alike, place))
                total = sympy.Sum(inside, (place, 0, self.put(index.dim) - 1))
        return total

    def _between(self, axes: Sequence[Axis], solved: Index, places: Mapping[Index, int]) -> sympy.Expr:
        """How many values of an index have all axes in range, at given places of other indices."""
        lowest, highest = [sympy.S.Zero], [self._known(solved.dim - 1)]
        put = {index: sympy.Integer(place) for index, place in places.items()}
        for position, size in axes:
            step = self._known(position.coeff(solved))
            start = self._known((position - position.coeff(solved) * solved).xreplace(put))
            first, last = -start, self._known(size - 1 - start)
            if step.is_negative:
                step, first, last = -step, -last, -first
            lowest.append(sympy.floor(sympy.expand((first + step - 1) / step)))
            highest.append(sympy.floor(sympy.expand(last / step)))
        low, high = self._outermost(lowest, sympy.Max), self._outermost(highest, sympy.Min)
        return high - low + 1 if self._reaches(high, low - 1) else sympy.Max(0, high - low + 1)

    def _known(self, size: sympy.Expr) -> sympy.Expr:
        return sympy.expand(self.put(size.xreplace(self.relations)))

    def _outermost(self, values: Iterable[sympy.Expr], kind: type[sympy.Max] | type[sympy.Min]) -> sympy.Expr:
        """The largest or smallest of whole numbers, without those that another one surely goes beyond."""
        kept: list[sympy.Expr] = []

        def is_beyond(one: sympy.Expr, other: sympy.Expr) -> bool:
            return self._reaches(one, other) if kind is sympy.Max else self._reaches(other, one)

        for value in dict.fromkeys(values):
            if not any(is_beyond(other, value) for other in kept):
                kept = [other for other in kept if not is_beyond(value, other)] + [value]
        return kind(*kept)

    def _has_sign(self, axis: Axis, index: Index) -> bool:
        step = self.put(axis[0].coeff(index))
        return bool(step.is_positive or step.is_negative)

    def _reaches(self, large: sympy.Expr, small: sympy.Expr) -> bool:
        """Whether one whole number is surely as large as another; rounding down keeps the order."""
        if follows(large - small, self.given):
            return True
        above, below = map(_before_rounding, (large, small))
        if above is None or below is None:
            return False
        return follows(sympy.expand(above - below), self.given)


def _before_rounding(value: sympy.Expr) -> sympy.Expr | None:
    """What a whole number is rounded down from: `x + c` of `⌊x⌋ + c`, itself where nothing is; else None.

    >>> n = Dim("n")
    >>> _before_rounding(sympy.floor(n / 2) + 1), _before_rounding(2 * sympy.floor(n / 2))
    (n/2 + 1, None)
    """
    floors = [term for term in sympy.Add.make_args(value) if term.has(sympy.floor, sympy.Max, sympy.Min)]
    if not floors:
        return value
    if len(floors) > 1 or not isinstance(floors[0], sympy.floor):
        return None
    return value - floors[0] + floors[0].args[0]


def _positive(product: sympy.Expr) -> sympy.Expr:
    """A product whose sign is in a sum that it has: `−w·(w − 2n)` as `w·(2n − w)`."""
    number, rest = product.as_coeff_Mul()
    sums = [factor for factor in sympy.Mul.make_args(rest) if isinstance(factor, sympy.Add)]
    if number > 0 or not sums:
        return product
    others = (factor for factor in sympy.Mul.make_args(rest) if factor is not sums[0])
    return sympy.Mul(-number, sympy.expand(-sums[0]), *others)


def _place(index: Index, total: sympy.Expr) -> sympy.Symbol:
    """The place that a sum runs over, with a name that no size has."""
    taken = {one.name for one in total.free_symbols | index.dim.free_symbols if isinstance(one, Dim)}
    name = str(index.name)
    while name in taken:
        name += "1"
    return sympy.Symbol(name, integer=True, nonnegative=True)
