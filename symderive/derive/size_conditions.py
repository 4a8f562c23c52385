"""What must hold of the sizes: slices that fit their axes, and how entries outside an array are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy

from symderive.calculus.condense import entries_in
from symderive.core.identity import extents_in, free_indices
from symderive.core.kinds import has_kind
from symderive.core.nodes import Delta, Entry, Index
from symderive.core.positions import Inside, bare, bounds, follows, is_surely_inside, is_surely_nonnegative
from symderive.core.program import Definition, Program
from symderive.notation.names import latex_name, text_name
from symderive.notation.positions import position_text


def slacks(program: Program) -> tuple[sympy.Expr, ...]:
    """Expressions in sizes that must be at least 0, for what a user wrote to mean what NumPy computes.

    A slice `x[:3]` of n entries gives n − 3, `x[k:]` gives n − k and the entry `x[2]` n − 3; what holds for
    all sizes is left out.
    """
    found: dict[sympy.Expr, None] = {}
    for made in program.definitions:
        extents = extents_in(made.body).union(index.dim for index in made.indices)
        for size in sorted((one for one in extents if not one.is_positive), key=str):
            if not is_surely_nonnegative(size):
                found[sympy.expand(size)] = None
        for position, size in _unguarded(made.body):
            ends = bounds(position) if len(free_indices(position)) <= 1 else None
            if ends is not None:
                found.update(dict.fromkeys((ends[0], sympy.expand(size - 1 - ends[1]))))
    needed = [one for one in found if not is_surely_nonnegative(one)]
    return tuple(one for one in needed if not follows(one, [other for other in needed if other != one]))


def _unguarded(expr: sympy.Basic) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """Positions that may be outside of their axis, with its size, and no bracket beside them says when.

    `np.eye(n)[2]` reads a position too, and has become `δ_2i`.
    """
    if not has_kind(expr, Delta) and all(isinstance(one, Entry) and one.is_plain for one in entries_in(expr)):
        return
    if isinstance(expr, Entry):
        for axis, size in zip(expr.axes, expr.tensor.shape, strict=True):
            if not isinstance(axis, Index) and not is_surely_inside(axis, size):
                yield axis, size
        return
    if isinstance(expr, Delta):
        for position, index in (expr.args, expr.args[::-1]):
            if isinstance(index, Index) and not free_indices(position):
                yield position, index.dim
        return
    if isinstance(expr, sympy.Mul) and any(isinstance(factor, Inside) for factor in expr.args):
        return
    for arg in expr.args:
        yield from _unguarded(arg)


def reads_outside(definition: Definition, given: tuple[sympy.Expr, ...] = ()) -> bool:
    """Whether a right-hand side counts on entries outside of an array being 0; `given` is at least 0."""
    return any(
        bool(free_indices(position))
        or not all(follows(one, given) for one in (position, size - 1 - position))
        for position, size in _unguarded(definition.body)
    )


def inequality(slack: sympy.Expr) -> tuple[str, str]:
    r"""`slack ≥ 0` in text and LaTeX, with what is subtracted on the other side.

    >>> n = sympy.Symbol("n", integer=True, positive=True)
    >>> inequality(n - 3)
    ('n ≥ 3', 'n \\ge 3')
    """
    terms = sympy.Add.make_args(slack)
    less = sympy.Add(*(-term for term in terms if term.could_extract_minus_sign()))
    more = sympy.Add(slack, less)
    plain = " ≥ ".join(position_text(side, text_name, False) for side in (more, less))
    return plain, r" \ge ".join(position_text(side, latex_name, True) for side in (more, less))


def fits(program: Program, needed: tuple[sympy.Expr, ...], sizes: Mapping[sympy.Symbol, int]) -> bool:
    """Whether numbers for the sizes satisfy what is needed and leave every axis a position."""
    numbers = {symbol: sympy.Integer(value) for symbol, value in sizes.items()}
    if any(slack.xreplace(numbers).is_negative for slack in needed):
        return False
    extents = {
        index.dim for made in program.definitions for index in (*made.indices, *made.body.atoms(Index))
    }
    return not any(sympy.sympify(bare(extent).xreplace(numbers)).is_nonpositive for extent in extents)
