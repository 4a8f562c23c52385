"""Sums whose terms lie at evenly spaced positions, added up one position of a window at a time.

`out[k] = Σ_p E[p] W[k − 2p]`, the gradient of a convolution of stride 2, is
`out[u:u + 2 * n - 1:2] += W[u] * E` for each u. Written for each k it would read W at computed positions,
or for each p a slice of W.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from symderive.codegen.axes import Labels, spread
from symderive.codegen.from_forms import constant
from symderive.codegen.from_indices import labelled_code
from symderive.codegen.new_names import NewNames
from symderive.codegen.rolled import sums_rolled
from symderive.codegen.windows import Steps, Window, at_least_0, missing, slot, steps_of, window_of
from symderive.core.identity import BOUND_LETTERS, canonical, free_indices, fresh, letters, substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.positions import (
    Inside,
    Quotient,
    Remainder,
    bare,
    is_surely_inside,
    is_surely_nonnegative,
)
from symderive.core.program import Definition, Program

_FEWEST = 3  # terms; fewer are written as they stand


@dataclass(frozen=True)
class Spaced:
    """A sum `Σ δ_{k, s p + d u + c} f(p, u)`.

    Attributes:
        made: the equation.
        product: what is added up, without the deltas.
        summed: the bound indices that are no positions of a window.
        axes: for each axis of the result that a delta restricts where the terms lie on it.
    """

    made: Definition
    product: sympy.Expr
    summed: Labels
    axes: Mapping[Index, Steps]


def with_spaced_named(program: Program, names: NewNames) -> Program:
    """The program with such sums written with deltas, each as an equation of its own."""
    definitions: list[Definition] = []
    for made in program.definitions:
        terms: list[sympy.Expr] = []
        whole = _with_taps_joined(made)
        for term in sympy.Add.make_args(whole):
            moved = _with_deltas(term, made.indices) or term
            if not _has_window(made.with_body(moved)):
                terms.append(term)
                continue
            moved = _with_parts_named(moved, made.indices, names, definitions)
            if isinstance(whole, sympy.Add):
                tensor = names.tensor(made.indices)
                definitions.append(Definition(tensor, made.indices, moved, made.rule))
                moved = Entry(tensor, *made.indices)
            terms.append(moved)
        definitions.append(made.with_body(sympy.Add(*terms)))
    return Program(program.inputs, tuple(definitions), program.outputs)


def _with_taps_joined(made: Definition) -> sympy.Expr:
    """The right-hand side with terms at fixed remainders, one for each position in a window, as one sum."""
    terms = sympy.Add.make_args(made.body)
    combs = [one for one in terms if _is_comb(one)]
    if len(combs) < _FEWEST:
        return made.body
    moved = [_with_deltas(one, made.indices) for one in combs]
    if any(one is None for one in moved):
        return made.body
    joint = sums_rolled(sympy.Add(*moved), made)
    if not _has_window(made.with_body(joint)):
        return made.body
    return sympy.Add(joint, *(one for one in terms if one not in combs))


def _has_window(made: Definition) -> bool:
    """Whether an equation is a sum over the positions of windows."""
    found = spaced_of(made)
    return found is not None and any(isinstance(one, Window) for one in found.axes.values())


def _is_comb(term: sympy.Expr) -> bool:
    return any(isinstance(one, Delta) and one.has(Remainder) for one in sympy.Mul.make_args(term))


def _with_parts_named(
    total: sympy.Expr, indices: Labels, names: NewNames, definitions: list[Definition]
) -> sympy.Expr:
    """The sum with what no position of a window changes as arrays, so that no loop computes it again."""
    found = spaced_of(Definition(Tensor("", tuple(one.dim for one in indices)), indices, total))
    inside = _parts(total)
    if found is None or inside is None:
        return total
    taps = {one.tap for one in found.axes.values() if isinstance(one, Window)}
    labels = (*(one for one in indices if one not in found.axes), *inside[1])

    def named(part: sympy.Expr) -> sympy.Expr:
        own = tuple(one for one in labels if one in free_indices(part))
        if not own or taps & set(own) or free_indices(part) != set(own) or isinstance(part, Entry):
            return part
        entry = Entry(names.tensor(own), *own)
        definitions.append(Definition(entry.tensor, own, part))
        return entry

    factors = [one for one in sympy.Mul.make_args(inside[0]) if not isinstance(one, Delta)]
    deltas = [one for one in sympy.Mul.make_args(inside[0]) if isinstance(one, Delta)]
    fixed = [one for one in factors if free_indices(one) and not free_indices(one) & taps]
    rest = [one for one in factors if one not in fixed]
    if not all(isinstance(one, Entry) for one in fixed):
        fixed = [named(sympy.Mul(*fixed))]
    product = sympy.Mul(*rest).xreplace(
        {one: named(one) for one in sorted(sympy.Mul(*rest).atoms(IndexSum), key=str)}
    )
    return IndexSum(sympy.Mul(*deltas, *fixed, product), *inside[1])


def _parts(term: sympy.Expr) -> tuple[sympy.Expr, Labels] | None:
    """A product with one sum at most as what is summed and the bound indices."""
    term = canonical(term)
    factors = sympy.Mul.make_args(term)
    sums = [one for one in factors if isinstance(one, IndexSum)]
    if len(sums) != 1:
        return None if sums else (term, ())
    return sympy.Mul(*(one for one in factors if one is not sums[0]), sums[0].body), sums[0].indices


def _with_deltas(term: sympy.Expr, indices: Labels) -> sympy.Expr | None:
    """The term with a delta for each axis on which it is spaced; None where it is on none."""
    found = _parts(term)
    if found is None or not term.has(Entry):
        return None
    (product, bound), deltas, is_spaced = found, [], False
    taken = {one.name for one in (*indices, *product.atoms(Index))}
    for index in indices:
        if index not in free_indices(product):
            continue
        move = _in_two(product, index, taken) or _move(product, index, bound, taken)
        if move is None and _is_comb(term):
            move = _shifted(product, index, taken)
        if move is None:
            continue
        position, new, wanted = move
        moved = substitute(product, {index: position})
        kept = moved.atoms(Inside, Remainder, Quotient) <= _others(product, index)
        if not kept or not _are_inside(product, index, position):
            continue
        product, bound, is_spaced = moved, (*bound, *new), is_spaced or wanted
        taken |= {one.name for one in new}
        deltas.append(Delta(index, position))
    return IndexSum(sympy.Mul(*deltas, product), *bound) if is_spaced else None


def _in_two(product: sympy.Expr, index: Index, taken: set[str]) -> tuple[sympy.Expr, Labels, bool] | None:
    """An index of which `⌊(k + a) / s⌋ − x` is read as `s (p + x) + u − a`: windows that lie side by side.

    Returns:
        the position, p and u (p alone where a delta fixes the remainder), and whether it must be; where s
        divides the axis, it may also be repeated.
    """
    moving = [one for one in product.atoms(Quotient, Remainder) if index in free_indices(one)]
    pairs = {tuple(map(bare, one.args)) for one in moving}
    if len(pairs) != 1 or not any(isinstance(one, Quotient) for one in moving):
        return None
    ((inside, step),) = pairs
    shift = sympy.expand(inside - index)
    read = [
        (sympy.expand(bare(axis) - Quotient(inside, step)), size)
        for one in sympy.Mul.make_args(product)
        for axis, size in _axes(one)
    ]
    read = [(start, size) for start, size in read if start.is_Integer]
    if not (read and shift.is_Integer and shift >= 0 and step.is_Integer):
        return None
    start, size = read[0]
    place, tap = fresh((size, step), taken, BOUND_LETTERS)
    left = _remainder(product, inside, step)
    first = sympy.expand(step * (place - start) - shift)
    if left is not None:
        return first + left, (place,), True
    is_needed = any(isinstance(one, Remainder) for one in moving) or step * size != index.dim
    return first + tap, (place, tap), is_needed


def _shifted(product: sympy.Expr, index: Index, taken: set[str]) -> tuple[sympy.Expr, Labels, bool] | None:
    """An index of which `k + c` is read on an axis of another length as `p − c`."""
    for factor in sympy.Mul.make_args(product):
        for axis, size in _axes(factor):
            shift = sympy.expand(bare(axis) - index)
            if shift.is_Integer and (shift != 0 or size != index.dim):
                (place,) = fresh((size,), taken, BOUND_LETTERS)
                return place - shift, (place,), False
    return None


def _axes(factor: sympy.Expr) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """The positions that a factor of a product is read at, or that a bracket is 1 for, with their number."""
    if isinstance(factor, Inside):
        turned = sympy.expand(factor.size - 1 - factor.position)  # counted from the other end
        return [(factor.position, factor.size), (turned, factor.size)]
    return list(zip(factor.axes, factor.tensor.shape, strict=True)) if isinstance(factor, Entry) else []


def _others(product: sympy.Expr, index: Index) -> set[sympy.Basic]:
    """The brackets and divisions that an index does not move."""
    return {one for one in product.atoms(Inside, Remainder, Quotient) if index not in free_indices(one)}


def _are_inside(product: sympy.Expr, index: Index, position: sympy.Expr) -> bool:
    """Whether what an index reads exists at a position too."""
    return all(
        is_surely_inside(substitute(axis, {index: position}), size)
        for one in product.atoms(Entry)
        for axis, size in zip(one.axes, one.tensor.shape, strict=True)
        if index in free_indices(axis)
    )


def _move(
    product: sympy.Expr, index: Index, bound: Labels, taken: set[str]
) -> tuple[sympy.Expr, Labels, bool] | None:
    """An index of the result as `s p + d u + c` where u counts the positions on a short axis.

    Returns:
        the position, u, and whether s or d is not 1.
    """
    for place, size in _short_axes(product, index):
        tap = fresh((size,), taken, BOUND_LETTERS)[0]
        position = _solved(place, index, tap, product)
        moving = free_indices(position) - {tap} if position is not None else set()
        if position is None or len(moving) != 1 or not moving <= set(bound):
            continue
        (other,) = moving
        step = position.coeff(other, 1)
        if step.is_Integer and step > 0 and free_indices(position - step * other) <= {tap}:
            window = (step, position.coeff(tap, 1)) != (1, 1)
            return position, (tap,), window
    return None


def _short_axes(product: sympy.Expr, index: Index) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """The positions with an index on axes, or in brackets, of few positions."""
    return [
        (bare(place), size)
        for factor in sympy.Mul.make_args(product)
        for place, size in _axes(factor)
        if size.is_Integer
        and not (index.dim.is_Integer and index.dim < size)
        and index in free_indices(place)
        and bare(place) != index
    ]


def _solved(place: sympy.Expr, index: Index, tap: Index, product: sympy.Expr) -> sympy.Expr | None:
    """The index for which a position is `tap`."""
    divisions = [one for one in place.atoms(Quotient) if index in free_indices(one)]
    if not divisions:
        rest = sympy.expand(place - index)
        return None if index in free_indices(rest) else sympy.expand(tap - rest)
    (division, *more) = divisions
    rest = sympy.expand(place - division)
    inside, size = (bare(one) for one in division.args)
    left = _remainder(product, inside, size)
    shift = sympy.expand(inside - index)
    if more or left is None or index in free_indices(rest) or index in free_indices(shift):
        return None
    return sympy.expand(size * (tap - rest) + left - shift)


def _remainder(product: sympy.Expr, inside: sympy.Expr, size: sympy.Expr) -> sympy.Expr | None:
    """What a position leaves where a product is not 0."""
    for factor in sympy.Mul.make_args(product):
        for value, one in (factor.args, factor.args[::-1]) if isinstance(factor, Delta) else ():
            if isinstance(one, Remainder) and value.is_Integer and one == Remainder(inside, size):
                return value
    return None


def spaced_of(made: Definition) -> Spaced | None:
    """An equation as such a sum; None for any other."""
    found = _parts(made.body)
    if found is None:
        return None
    product, bound = found
    deltas = [one for one in sympy.Mul.make_args(product) if isinstance(one, Delta)]
    axes: dict[Index, Steps] = {}
    for delta in deltas:
        for index, position in (delta.args, delta.args[::-1]):
            where = window_of(position) or steps_of(position)
            if index in made.indices and where is not None and free_indices(position) <= set(bound):
                axes[index] = where
    moved = [index for one in axes.values() for index in _indices(one)]
    product = sympy.Mul(*(one for one in sympy.Mul.make_args(product) if one not in deltas))
    if (
        not axes
        or len(axes) != len(deltas)
        or len(set(moved)) != len(moved)
        or axes.keys() & free_indices(product)
        or product.has(Delta, Inside, Remainder, Quotient)
        or any(margin(index, one) is None for index, one in axes.items())
    ):
        return None
    return Spaced(made, product, tuple(one for one in bound if one not in moved), axes)


def _indices(steps: Steps) -> Labels:
    return (steps.place, steps.tap) if isinstance(steps, Window) else (steps.place,)


def margin(index: Index, steps: Steps) -> tuple[sympy.Expr, sympy.Expr] | None:
    """How many positions lie in front of the axis, and how long an array is from there to the last position.

    Returns:
        None where it is not known.
    """
    ends = [sympy.S.Zero]
    if isinstance(steps, Window):
        ends.append(sympy.expand(steps.stride * (steps.tap.dim - 1)))
    before = missing(-(steps.offset + min(ends)))
    if before is None:
        return None
    last = before + steps.offset + max(ends) + steps.step * (steps.place.dim - 1)
    return before, sympy.expand(last + 1)


def spaced_lines(found: Spaced, taken: set[str]) -> list[str]:
    """The statements: zeros, and a loop over each axis of the window.

    Args:
        found: the sum.
        taken: names that variables of loops must not have.
    """
    source = (one for one in letters(("u", "v", "t", "s")) if one not in taken)
    name = str(found.made.tensor.name)
    counts: dict[Index, sympy.Symbol] = {}
    shape, slots, cut = [], [], []
    for index in found.made.indices:
        steps = found.axes.get(index)
        if steps is None:
            shape.append(constant(index.dim)[0])
            slots.append(":")
            cut.append(":")
            continue
        start = steps.offset
        if isinstance(steps, Window):
            counts[steps.tap] = sympy.Symbol(next(source), integer=True, nonnegative=True)
            start += steps.stride * counts[steps.tap]
        before, needed = margin(index, steps) or (sympy.S.Zero, sympy.S.Zero)
        length, is_whole = _length(sympy.expand(before + index.dim), needed)
        shape.append(length)
        slots.append(_slots(sympy.expand(start + before), steps))
        end = constant(sympy.expand(before + index.dim))[0]
        cut.append(":" if before == 0 and is_whole else f"{before if before else ''}:{end}")
    moved = {index: one.place for index, one in found.axes.items()}
    order = tuple(moved.get(index, index) for index in found.made.indices)
    product = substitute(_with_slices(found.product, counts), dict(counts))
    piece, labels = labelled_code(IndexSum(product, *found.summed) if found.summed else product, order)
    rows = [f"{name} = np.zeros(({', '.join(shape)}{',' * (len(shape) == 1)}))"]
    for depth, (tap, count) in enumerate(counts.items()):
        rows.append(f"{'    ' * depth}for {count} in range({tap.dim}):")
    rows.append(f"{'    ' * len(counts)}{name}[{', '.join(slots)}] += {spread(piece, labels, order)[0]}")
    return rows if set(cut) == {":"} else [*rows, f"{name} = {name}[{', '.join(cut)}]"]


def _with_slices(product: sympy.Expr, counts: Mapping[Index, sympy.Symbol]) -> sympy.Expr:
    """The product with what a window reads by the code of the slice that it reads."""
    slices = {}
    for one in product.atoms(Entry):
        windows = [window_of(axis) for axis in one.axes]
        taps = {window.tap for window in windows if window is not None}
        pairs = zip(windows, one.axes, strict=True)
        labels = [bare(axis) if window is None else window.place for window, axis in pairs]
        if taps and taps <= counts.keys() and all(isinstance(label, Index) for label in labels):
            read = zip(one.axes, one.tensor.shape, windows, strict=True)
            slots = ", ".join(slot(axis, size, window, counts) for axis, size, window in read)
            part = Tensor(f"{one.tensor.name}[{slots}]", tuple(label.dim for label in labels))
            slices[one] = Entry(part, *labels)
    return product.xreplace(slices)


def _length(own: sympy.Expr, needed: sympy.Expr) -> tuple[str, bool]:
    """The larger of two lengths as code, and whether it is the first."""
    if is_surely_nonnegative(sympy.expand(own - needed)):
        return constant(own)[0], True
    if is_surely_nonnegative(sympy.expand(needed - own)):
        return constant(needed)[0], False
    return f"max({constant(own)[0]}, {constant(needed)[0]})", False


def _slots(start: sympy.Expr, steps: Steps) -> str:
    """The slice of the positions on an axis, from the first one on."""
    begin = constant(start)[0] if start != 0 else ""
    if steps.step == 1:
        return f"{begin}:{constant(sympy.expand(start + steps.place.dim))[0]}"
    return f"{begin}:{at_least_0(sympy.expand(start + steps.step * (steps.place.dim - 1) + 1))}:{steps.step}"
