"""Sizes at which a fixed position lies in another of the joined arrays than at the usual sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

import sympy

from symderive.calculus.brackets import has_bracket
from symderive.calculus.condense import entries_in
from symderive.core.identity import free_indices
from symderive.core.nodes import Delta, Index
from symderive.core.program import Program
from symderive.derive.size_conditions import fits

_EXTENTS = (3, 2, 5, 1, 9, 12)
_MOST_TRIED = 3_000
_MOST_FOUND = 2


def crossing_sizes(
    programs: tuple[Program, ...], needed: tuple[sympy.Expr, ...], usual: Mapping[sympy.Symbol, int]
) -> tuple[dict[sympy.Symbol, int], ...]:
    """A few sizes that satisfy what is needed and for which other fixed positions exist than for the usual.

    Empty where no array is joined to another or padded: there all positions that are read exist.

    Args:
        programs: the equations of the loss and of its derivative.
        needed: expressions in sizes that are at least 0.
        usual: the sizes at which the derivative is compared anyway.
    """
    if not any(has_bracket(made.body) for program in programs for made in program.definitions):
        return ()
    slacks = tuple(dict.fromkeys(one for program in programs for one in _slacks(program)))
    seen, found = {_signs(slacks, usual)}, []
    for extents in islice(product(_EXTENTS, repeat=len(usual)), _MOST_TRIED) if slacks else ():
        sizes = dict(zip(usual, extents, strict=True))
        signs = _signs(slacks, sizes)
        if signs in seen or not fits(programs[0], needed, sizes):
            continue
        seen.add(signs)
        found.append(sizes)
        if len(found) == _MOST_FOUND:
            break
    return tuple(found)


def _slacks(program: Program) -> Iterator[sympy.Expr]:
    """For each fixed position and each axis of an array, what says whether the axis has it."""
    axes = dict.fromkeys(size for made in program.definitions for size in made.tensor.shape)
    axes |= dict.fromkeys(size for tensor in program.inputs for size in tensor.shape)
    for position in dict.fromkeys(one for made in program.definitions for one in _fixed(made.body)):
        for size in axes:
            for slack in (position, size - 1 - position):
                if sympy.expand(slack).free_symbols:
                    yield sympy.expand(slack)


def _fixed(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    """The fixed positions of entries and deltas."""
    for entry in entries_in(expr):
        yield from (axis for axis in entry.axes if not isinstance(axis, Index) and not free_indices(axis))
    for delta in sorted(expr.atoms(Delta), key=str):
        yield from (one for one in delta.args if not free_indices(one))


def _signs(slacks: tuple[sympy.Expr, ...], sizes: Mapping[sympy.Symbol, int]) -> tuple[bool, ...]:
    numbers = {symbol: sympy.Integer(value) for symbol, value in sizes.items()}
    return tuple(bool(one.xreplace(numbers).is_negative) for one in slacks)
