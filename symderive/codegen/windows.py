"""Windows that slide along axes: `x[s i + d u + c]` for all i and u as one array.

A sum over such windows is a matrix product with the array of all of them, whose entries are copied once:
`C = np.stack([x[u:u + n - 2] for u in range(3)])`. There are loops over the positions in a window only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy

from symderive.codegen.axes import Labels
from symderive.codegen.contraction_order import usual_size
from symderive.codegen.from_forms import constant, length
from symderive.codegen.lengths import is_length
from symderive.codegen.new_arrays import NewArrays
from symderive.codegen.new_names import NewNames
from symderive.codegen.rolled import placed
from symderive.core.identity import free_indices, fresh, letters, substitute, with_args
from symderive.core.nodes import Entry, Index, IndexSum
from symderive.core.positions import (
    Inside,
    Quotient,
    Remainder,
    bare,
    bounds,
    is_surely_inside,
    is_surely_nonnegative,
)
from symderive.core.program import Definition, Program


@dataclass(frozen=True)
class Steps:
    """A position `step · place + offset` on an axis.

    Attributes:
        place: the index that moves along the axis.
        step: from one position to the next, positive.
        offset: the first position.
    """

    place: Index
    step: sympy.Expr
    offset: sympy.Expr


@dataclass(frozen=True)
class Window(Steps):
    """A position `step · place + stride · tap + offset` on an axis.

    Attributes:
        place: the index that says which window.
        step: from one window to the next, positive.
        offset: the first position of the first window, less what is outside.
        tap: the index of the positions in a window.
        stride: from one position in a window to the next.
    """

    tap: Index
    stride: sympy.Expr


def steps_of(axis: sympy.Expr) -> Steps | None:
    """A position as one of evenly spaced ones; None for any other."""
    where = sympy.expand(bare(axis))
    if len(free_indices(where)) != 1:
        return None
    (place,) = free_indices(where)
    step = where.coeff(place, 1)
    offset = sympy.expand(where - step * place)
    plain = not free_indices(offset) and step.is_Integer and step > 0
    return Steps(place, step, offset) if plain else None


def window_of(axis: sympy.Expr) -> Window | None:
    """A position as one in a window; None for any other position."""
    where = sympy.expand(bare(axis))
    found = sorted(free_indices(where), key=lambda one: (-usual_size(one.dim), one.name))
    if len(found) != 2:
        return None
    place, tap = found
    if not tap.dim.is_Integer or (place.dim.is_Integer and place.dim < tap.dim):
        place, tap = tap, place
    steps = [where.coeff(index, 1) for index in (place, tap)]
    offset = sympy.expand(where - steps[0] * place - steps[1] * tap)
    if free_indices(offset) or not all(one.is_Integer for one in steps) or not tap.dim.is_Integer:
        return None
    return Window(place, steps[0], offset, tap, steps[1]) if steps[0] > 0 and tap.dim > 0 else None


def with_windows_named(program: Program, names: NewNames) -> Program:
    """The program with the windows that are summed over as arrays of their own, with zeros around."""
    namer = _Namer(names)
    definitions: list[Definition] = []
    for made in program.definitions:
        body = made.body if made.body.has(Inside) else namer.named(made.body)
        definitions += [*namer.taken(), made.with_body(body)]
    return Program(program.inputs, tuple(definitions), program.outputs)


class _Namer(NewArrays):
    """Makes the arrays of windows."""

    def named(self, expr: sympy.Expr) -> sympy.Expr:
        """An expression with the windows under its sums read off arrays of their own."""
        if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow, sympy.Function, IndexSum)):
            return expr
        made = with_args(expr, [self.named(arg) if isinstance(arg, sympy.Expr) else arg for arg in expr.args])
        return self.product(made) if isinstance(made, IndexSum) else made

    def product(self, expr: IndexSum) -> sympy.Expr:
        """A sum of a product, each factor that reads windows by the name of their array."""
        moved = slid(expr)
        factors = sympy.Mul.make_args(moved.body)
        if sum(bool(free_indices(one)) for one in factors) < 2:
            return expr
        changed = [self.windows(one) if isinstance(one, Entry) else one for one in factors]
        if all(old is new for old, new in zip(factors, changed, strict=True)):
            return expr
        return IndexSum(sympy.Mul(*changed), *moved.indices)

    def windows(self, entry: Entry) -> sympy.Expr:
        """An entry of the array of windows that an entry reads; the entry itself where it reads none."""
        inside = self.padded(entry) if _has_windows(entry) else None
        labels = None if inside is None else _labels(inside)
        return entry if inside is None or labels is None else self.entry(inside, labels)

    def padded(self, entry: Entry) -> sympy.Expr | None:
        """The entry read from an array with zeros around; None where it is not known how many it takes."""
        axes, shifted, indices = [], [], []
        taken = iter(letters(("i", "j", "k", "l", "m", "o")))
        for axis, size in zip(entry.axes, entry.tensor.shape, strict=True):
            ends = bounds(axis)
            if ends is None:
                return None
            before, behind = missing(-ends[0]), missing(sympy.expand(ends[1] + 1 - size))
            if before is None or behind is None:
                return None
            indices.append(Index(next(taken), sympy.expand(size + before + behind)))
            shifted.append(placed(indices[-1] - before, size))
            axes.append(placed(sympy.expand(bare(axis) + before), indices[-1].dim))
        if all(one == index for one, index in zip(shifted, indices, strict=True)):
            return entry
        return Entry(self.tensor(Entry(entry.tensor, *shifted), tuple(indices)), *axes)


def _has_windows(entry: Entry) -> bool:
    return any(window_of(axis) is not None for axis in entry.axes)


def missing(count: sympy.Expr) -> sympy.Expr | None:
    """How many positions are missing on one side, where that is known."""
    if is_surely_nonnegative(sympy.expand(-count)):
        return sympy.S.Zero
    return sympy.expand(count) if is_surely_nonnegative(count) else None


def slid(expr: IndexSum) -> IndexSum:
    """`Σ_p G[p] W[k − p]` as `Σ_u G[k − u] W[u]`, where W is short: entries outside of an array are 0."""
    factors = sympy.Mul.make_args(expr.body)
    if not all(isinstance(one, Entry) or one.is_number for one in factors):
        return expr
    for short in factors:
        for place, axis in enumerate(short.axes if isinstance(short, Entry) else ()):
            size = short.tensor.shape[place]
            index = _turned(axis, size, expr.indices)
            if index is None or not any(_ends_at(one, index) for one in factors if one is not short):
                continue
            tap = fresh((size,), {one.name for one in (*free_indices(expr), *expr.body.atoms(Index))})[0]
            where = sympy.expand(bare(axis))
            step = where.coeff(index, 1)
            inner = sympy.expand((tap - where + step * index) / step)
            body = substitute(expr.body, {index: inner})
            return slid(IndexSum(body, *(tap if one == index else one for one in expr.indices)))
    return expr


def _turned(axis: sympy.Expr, size: sympy.Expr, summed: Labels) -> Index | None:
    """The index that is summed in `k − p`, where the axis is short."""
    where = sympy.expand(bare(axis))
    free = free_indices(where)
    if len(free) < 2 or not size.is_Integer or where.has(Quotient, Remainder):
        return None
    for index in summed:
        longer = not index.dim.is_Integer or index.dim > size
        if index in free and longer and abs(where.coeff(index, 1)) == 1:
            return index
    return None


def _ends_at(factor: sympy.Expr, index: Index) -> bool:
    """Whether a factor is 0 where an index leaves its range."""
    if not isinstance(factor, Entry):
        return False
    return any(
        bare(axis) == index and size == index.dim
        for axis, size in zip(factor.axes, factor.tensor.shape, strict=True)
    )


def _labels(entry: Entry) -> Labels | None:
    """The labels of what is read: taps before the places of their windows, behind them before other axes."""
    windows = [window_of(axis) for axis in entry.axes]
    places = [number for number, window in enumerate(windows) if window is not None]
    if not places or not all(
        is_surely_inside(axis, size) for axis, size in zip(entry.axes, entry.tensor.shape, strict=True)
    ):
        return None
    found: list[list[Index]] = [[], [], [], []]  # in front, taps, places, behind
    for number, (axis, window) in enumerate(zip(entry.axes, windows, strict=True)):
        if window is not None:
            found[1].append(window.tap)
            found[2].append(window.place)
        elif free_indices(axis):
            steps = steps_of(axis)
            if steps is None:
                return None
            found[0 if number < places[0] else 3 if number > places[-1] else 2].append(steps.place)
    front, taps, moving, behind = found
    labels = (*front, *moving, *taps, *behind) if behind else (*front, *taps, *moving)
    return labels if len(set(labels)) == len(labels) else None


def windows_read(name: str, entry: Entry) -> tuple[str, Labels] | None:
    """The code that reads windows of an array; None where an entry reads none, or outside of the array."""
    labels = _labels(entry)
    if labels is None:
        return None
    apart = _side_by_side(name, entry)
    if apart is not None:
        return apart
    windows = [window_of(axis) for axis in entry.axes]
    taps = [window.tap for window in windows if window is not None]
    taken = {name, *(size.name for one in entry.tensor.shape for size in one.free_symbols)}
    source = (one for one in letters(("u", "v", "t", "s")) if one not in taken)
    counts = {tap: sympy.Symbol(next(source), integer=True) for tap in taps}
    slots = [
        slot(axis, size, window, counts)
        for axis, size, window in zip(entry.axes, entry.tensor.shape, windows, strict=True)
    ]
    loops = " ".join(f"for {count} in range({tap.dim})" for tap, count in counts.items())
    place = min(labels.index(tap) for tap in taps)
    where = f", axis={place}" if place else ""
    read = f"np.stack([{name}[{', '.join(slots)}] {loops}]{where})"
    return (read if len(taps) == 1 else shaped(read, [(label,) for label in labels])), labels


def slot(
    axis: sympy.Expr, size: sympy.Expr, window: Window | None, counts: Mapping[Index, sympy.Symbol]
) -> str:
    """The slice that a window reads of an axis; a number where a position is fixed.

    Args:
        axis: the position.
        size: the length of the axis.
        window: the position as one in a window, if it is.
        counts: the variable that counts the positions in a window, for each tap.
    """
    steps = steps_of(axis) if window is None else window
    if steps is None:
        return constant(bare(axis))[0]
    start = steps.offset if window is None else window.stride * counts[window.tap] + window.offset
    if start == 0 and steps.step == 1:
        return ":" if steps.place.dim == size else f":{length(steps.place.dim)}"
    begin = _written(start) if start != 0 else ""
    if steps.step == 1:
        return f"{begin}:{stop_after(start, steps.place.dim)}"
    stop = sympy.expand(start + steps.step * (steps.place.dim - 1) + 1)
    return f"{begin}:{at_least_0(stop)}:{steps.step}"


def _written(start: sympy.Expr) -> str:
    """The start of a slice; `-2 * u` without brackets."""
    negative = start.is_Mul and start.could_extract_minus_sign()
    return f"-{constant(-start)[0]}" if negative else constant(start)[0]


def stop_after(start: sympy.Expr, size: sympy.Expr) -> str:
    """The end of a slice of so many positions."""
    if is_length(size):
        return constant(sympy.expand(start + size))[0]
    return f"{constant(start)[0]} + {length(size)}" if start != 0 else length(size)


def at_least_0(stop: sympy.Expr) -> str:
    """The end of a slice, which must not count from behind where an axis has length 0."""
    written = constant(stop)[0]
    return written if stop.subs(dict.fromkeys(stop.free_symbols, 0)) >= 0 else f"max(0, {written})"


def _side_by_side(name: str, entry: Entry) -> tuple[str, Labels] | None:
    """Windows that fill an axis without a gap: the axis in two."""
    groups: list[Labels] = []
    for axis, size in zip(entry.axes, entry.tensor.shape, strict=True):
        window = window_of(axis)
        if window is None:
            place = bare(axis)
            if not isinstance(place, Index) or place.dim != size:
                return None
            groups.append((place,))
            continue
        wide, tight = window.step == window.tap.dim, window.stride == 1 and window.offset == 0
        if not (wide and tight and sympy.expand(window.place.dim * window.step - size) == 0):
            return None
        groups += [(window.place,), (window.tap,)]
    return shaped(name, groups), tuple(label for group in groups for label in group)


def shaped(written: str, groups: Iterable[Sequence[Index]]) -> str:
    """The code with one axis for each group of labels."""
    sizes = [length(sympy.Mul(*(label.dim for label in group))) for group in groups]
    return f"np.reshape({written}, ({', '.join(sizes)}{',' * (len(sizes) == 1)}))"
