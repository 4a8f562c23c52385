"""Windows that differ in size, as those of an adaptive pool: one equation for each, put side by side."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping

import sympy

from symderive.codegen.new_names import NewNames
from symderive.core.identity import substitute
from symderive.core.nodes import Binder, Entry, Index, IndexSum
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program

MOST_WINDOWS = 256
"""For how many windows an equation is written."""


def with_windows_apart(program: Program, names: NewNames) -> Program:
    """The same program with no extent that depends on an index, where the sizes are numbers.

    An equation with such an extent is written once for each place that it depends on, and a sum over these
    places term by term. Where a size is a letter, or there are too many places, it stays as it is.
    """
    definitions = [one for made in program.definitions for one in _apart(made, names)]
    return Program(program.inputs, tuple(definitions), program.outputs)


def _apart(made: Definition, names: NewNames) -> Iterator[Definition]:
    body = _added_up(made.body)
    outer = _outer(body, made.indices)
    if not outer:
        yield made.with_body(body) if body is not made.body else made
        return
    rest, terms, windows = [index for index in made.indices if index not in outer], [], []
    for places in _places(outer):
        own = substitute(body, dict(zip(outer, places, strict=True)))
        if _outer(own, made.indices) or not all(one.dim.is_Integer for one in _bound(own) - _bound(body)):
            yield made
            return
        tensor = names.tensor(tuple(rest))
        windows.append(Definition(tensor, tuple(rest), own, made.rule))
        side = (Inside(index - place, sympy.S.One) for index, place in zip(outer, places, strict=True))
        terms.append(sympy.Mul(*side, Entry(tensor, *rest)))
    yield from windows
    yield made.with_body(sympy.Add(*terms))


def _added_up(expr: sympy.Expr) -> sympy.Expr:
    """Sums over places that an extent inside depends on, term by term."""
    if not expr.args or isinstance(expr, Entry):
        return expr
    if isinstance(expr, IndexSum):
        outer = _outer(expr, expr.indices)
        places = list(_places(outer)) if outer else []
        if places:
            return sympy.Add(*(_added_up(_at(expr, dict(zip(outer, one, strict=True)))) for one in places))
    args = [_added_up(one) for one in expr.args]
    return expr if all(one is old for one, old in zip(args, expr.args, strict=True)) else expr.func(*args)


def _at(total: IndexSum, places: Mapping[Index, sympy.Expr]) -> sympy.Expr:
    """The terms of a sum at fixed places of some of its indices."""
    rest = {
        index: Index(index.name, substitute(index.dim, places))
        for index in total.indices
        if index not in places
    }
    body = substitute(total.body, {**places, **rest})
    return IndexSum(body, *rest.values()) if rest else body


def _bound(expr: sympy.Basic) -> set[Index]:
    return {index for binder in expr.atoms(Binder) for index in binder.indices}


def _outer(expr: sympy.Basic, indices: Iterable[Index]) -> list[Index]:
    """Those of some indices that extents in an expression depend on."""
    asked = set[Index]().union(*(index.within for index in _bound(expr)))
    return [index for index in indices if index in asked]


def _places(outer: Iterable[Index]) -> Iterator[tuple[sympy.Integer, ...]]:
    """All values of some indices; none where a size is a letter or there are too many."""
    sizes = [index.dim for index in outer]
    if all(size.is_Integer for size in sizes) and math.prod(map(int, sizes)) <= MOST_WINDOWS:
        yield from itertools.product(*(map(sympy.Integer, range(int(size))) for size in sizes))
