"""Entries at fixed positions that an array may not have: read where the sizes say so, 0 elsewhere.

Position 5 of two joined arrays is position 5 of the first only where that is long enough. NumPy refuses to
read what does not exist, so such entries get a line: `A_5 = A[5, :] if m >= 6 else np.zeros(d)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import sympy

from symderive.core.identity import FREE_LETTERS, free_indices, fresh
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.positions import Inside, bare, follows
from symderive.core.program import Definition, Program


def with_rows_apart(program: Program, given: tuple[sympy.Expr, ...]) -> Program:
    """The program with a definition for each entry at a fixed position that may not exist.

    Args:
        program: the equations, in order.
        given: expressions in sizes that are at least 0.
    """
    rows: dict[Entry, Definition] = {}
    taken = set(program.names)
    definitions: list[Definition] = []
    for made in program.definitions:
        found = [one for one in _entries(made.body) if _may_be_missing(one, given)]
        replaced = {}
        for entry in found:
            key = _key(entry)
            if key not in rows:
                rows[key] = _row(key, taken)
                definitions.append(rows[key])
            others = [axis for axis in entry.axes if free_indices(axis)]
            replaced[entry] = Entry(rows[key].tensor, *others)
        definitions.append(made.with_body(made.body.xreplace(replaced)) if replaced else made)
    return Program(program.inputs, tuple(definitions), program.outputs) if rows else program


def _entries(expr: sympy.Basic) -> tuple[Entry, ...]:
    """The entries of an expression, each once, in the order in which they occur."""
    own = (expr,) if isinstance(expr, Entry) else ()
    return tuple(dict.fromkeys((*own, *(entry for arg in expr.args for entry in _entries(arg)))))


def _may_be_missing(entry: Entry, given: Iterable[sympy.Expr]) -> bool:
    return any(
        not follows(slack, given)
        for axis, size in zip(entry.axes, entry.tensor.shape, strict=True)
        if not free_indices(axis)
        for slack in (sympy.expand(axis), sympy.expand(size - 1 - axis))
    )


def _key(entry: Entry) -> Entry:
    """The entry with new indices on the axes that are not fixed."""
    free = [size for axis, size in zip(entry.axes, entry.tensor.shape, strict=True) if free_indices(axis)]
    indices = iter(fresh(tuple(free), (), FREE_LETTERS))
    return Entry(entry.tensor, *(next(indices) if free_indices(axis) else axis for axis in entry.axes))


def _row(key: Entry, taken: set[str]) -> Definition:
    """The definition of what stands at the fixed positions; its name is taken from now on."""
    indices = tuple(axis for axis in key.axes if isinstance(axis, Index))
    fixed = [
        (bare(axis), size)
        for axis, size in zip(key.axes, key.tensor.shape, strict=True)
        if not isinstance(axis, Index)
    ]
    words = "_".join(re.sub(r"\W+", "_", str(position)).strip("_") for position, _ in fixed)
    name = f"{key.tensor.name}_{words}"
    while name in taken:
        name += "_"
    taken.add(name)
    brackets = (Inside(position, size) for position, size in fixed)
    tensor = Tensor(name, tuple(index.dim for index in indices))
    return Definition(tensor, indices, sympy.Mul(*brackets, key))
