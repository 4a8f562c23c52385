"""Sums written so that their terms lie at evenly spaced positions, where slices can add them up.

`Σ_p E[p] W[k − 2p]` is `Σ_{p,u} δ_{k, 2p + u} E[p] W[u]`, and what reads `⌊k / 2⌋`, or is not 0
at a fixed remainder of k only, is the same with `k = 2p + u`.
"""

from __future__ import annotations

import sympy

from symderive.codegen.axes import Labels
from symderive.codegen.new_arrays import NewArrays
from symderive.codegen.new_names import NewNames
from symderive.codegen.rolled import sums_rolled
from symderive.codegen.spaced import Spaced, parts_of, spaced_of
from symderive.core.identity import BOUND_LETTERS, free_indices, fresh, substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.core.positions import (
    Inside,
    Quotient,
    Remainder,
    bare,
    is_surely_inside,
)
from symderive.core.program import Definition, Program

_FEWEST = 3  # terms; fewer are written as they stand


def with_spaced_named(program: Program, names: NewNames) -> Program:
    """The program with such sums written with deltas, each as an equation of its own."""
    definitions: list[Definition] = []
    arrays = NewArrays(names)
    for made in program.definitions:
        terms: list[sympy.Expr] = []
        whole = _with_taps_joined(made)
        for term in sympy.Add.make_args(whole):
            found = spaced_of(made.with_body(_with_deltas(term, made.indices) or term))
            if found is None or not found.taps:
                terms.append(term)
                continue
            body = _with_parts_named(found, arrays)
            terms.append(arrays.entry(body, made.indices) if isinstance(whole, sympy.Add) else body)
        definitions += [*arrays.taken(), made.with_body(sympy.Add(*terms))]
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
    found = spaced_of(made.with_body(joint))
    if found is None or not found.taps:
        return made.body
    return sympy.Add(joint, *(one for one in terms if one not in combs))


def _is_comb(term: sympy.Expr) -> bool:
    return any(isinstance(one, Delta) and one.has(Remainder) for one in sympy.Mul.make_args(term))


def _with_parts_named(found: Spaced, arrays: NewArrays) -> sympy.Expr:
    """The sum with what no position of a window changes as arrays, so that no loop computes it again."""
    labels = (*(one for one in found.made.indices if one not in found.axes), *found.bound)

    def named(part: sympy.Expr) -> sympy.Expr:
        own = tuple(one for one in labels if one in free_indices(part))
        if not own or found.taps & set(own) or isinstance(part, Entry) or free_indices(part) != set(own):
            return part
        return arrays.entry(part, own)

    factors = sympy.Mul.make_args(found.product)
    fixed = [one for one in factors if free_indices(one) and not free_indices(one) & found.taps]
    rest = sympy.Mul(*(one for one in factors if one not in fixed))
    if not all(isinstance(one, Entry) for one in fixed):
        fixed = [named(sympy.Mul(*fixed))]
    rest = rest.xreplace({one: named(one) for one in sorted(rest.atoms(IndexSum), key=str)})
    return IndexSum(sympy.Mul(*found.deltas, *fixed, rest), *found.bound)


def _with_deltas(term: sympy.Expr, indices: Labels) -> sympy.Expr | None:
    """The term with a delta for each axis on which it is spaced; None where it is on none."""
    found = parts_of(term)
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
