"""When two expressions are the same: free indices, capture-avoiding substitution, alpha-equivalence."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import sympy

from symderive.core.dims import Size, same_size
from symderive.core.nodes import Binder, Entry, Index

FREE_LETTERS = ("i", "j", "k", "l", "m", "o")
BOUND_LETTERS = ("p", "q", "r", "s", "t", "u")


@lru_cache(maxsize=200_000)
def free_indices(expr: sympy.Basic) -> frozenset[Index]:
    """The indices that occur in `expr` outside their binder."""
    if isinstance(expr, Index):
        return frozenset((expr,))
    if not expr.args:
        return frozenset()
    found = frozenset().union(*(free_indices(arg) for arg in expr.args))
    return found - frozenset(expr.indices) if isinstance(expr, Binder) else found


@lru_cache(maxsize=200_000)
def index_names(expr: sympy.Basic) -> frozenset[str]:
    """The names of all indices that occur in `expr`, free or bound."""
    if isinstance(expr, Index):
        return frozenset((expr.name,))
    if not expr.args:
        return frozenset()
    return frozenset().union(*(index_names(arg) for arg in expr.args))


@lru_cache(maxsize=200_000)
def tensors_of(expr: sympy.Basic) -> frozenset[sympy.Basic]:
    """The tensors whose entries occur in `expr`."""
    if isinstance(expr, Entry):
        return frozenset((expr.tensor,)).union(*(tensors_of(axis) for axis in expr.axes))
    if not expr.args:
        return frozenset()
    return frozenset().union(*(tensors_of(arg) for arg in expr.args))


def letters(kind: Iterable[str]) -> Iterator[str]:
    """The letters of a kind, then the same with 1, 2, … behind them."""
    base = tuple(kind)
    yield from base
    for number in itertools.count(1):
        for letter in base:
            yield f"{letter}{number}"


def fresh(sizes: Iterable[Size], avoid: Iterable[str], kind: Iterable[str] = BOUND_LETTERS) -> tuple[Index, ...]:
    """New indices over `sizes`, with the first letters of `kind` that are not in `avoid`."""
    taken, source, made = set(avoid), letters(kind), []
    for size in sizes:
        name = next(letter for letter in source if letter not in taken)
        made.append(Index(name, size))
    return tuple(made)


def substitute(expr: sympy.Expr, mapping: Mapping[Index, sympy.Expr]) -> sympy.Expr:
    """Replace free indices, renaming bound ones where a replacement would be captured.

    This is the only substitution of indices in the project.
    """
    mapping = {old: new for old, new in mapping.items() if old != new}
    return _substitute(expr, mapping) if mapping else expr


def _substitute(expr: sympy.Expr, mapping: Mapping[Index, sympy.Expr]) -> sympy.Expr:
    relevant = free_indices(expr).intersection(mapping)
    if not relevant:
        return expr
    if isinstance(expr, Index):
        return mapping[expr]
    inner = {old: mapping[old] for old in relevant}
    if isinstance(expr, Binder):
        return _substitute_under(expr, inner)
    return expr.func(*(_substitute(arg, inner) for arg in expr.args))


def _substitute_under(expr: Binder, mapping: Mapping[Index, sympy.Expr]) -> sympy.Expr:
    incoming: set[str] = set().union(*(index_names(new) for new in mapping.values()))
    clashing = [index for index in expr.indices if index.name in incoming]
    body, indices = expr.body, expr.indices
    if clashing:
        avoid = incoming | index_names(expr)
        renamed = dict(zip(clashing, fresh((index.dim for index in clashing), avoid), strict=True))
        body = _substitute(body, renamed)
        indices = tuple(renamed.get(index, index) for index in indices)
    return expr.func(_substitute(body, mapping), *indices)


def canonical(expr: sympy.Expr) -> sympy.Expr:
    """The representative of `expr` among all expressions that differ only in the names of bound indices.

    Bound indices become `p, q, r, …` from the outside in; where several indices over the same extent are bound
    together, their order is the one that gives the smallest expression.
    """
    return _canonical(expr, index_names_free(expr))


def index_names_free(expr: sympy.Basic) -> frozenset[str]:
    """The names of the free indices of `expr`."""
    return frozenset(index.name for index in free_indices(expr))


@lru_cache(maxsize=100_000)
def _canonical(expr: sympy.Expr, taken: frozenset[str]) -> sympy.Expr:
    if not expr.args or not _has_binder(expr):
        return expr
    if not isinstance(expr, Binder):
        return expr.func(*(_canonical(arg, taken) for arg in expr.args))
    best: sympy.Expr | None = None
    for order in _orders(expr.indices):
        names = fresh((index.dim for index in order), taken)
        body = _substitute(expr.body, {old: new for old, new in zip(order, names, strict=True) if old != new})
        candidate = expr.func(_canonical(body, taken | {name.name for name in names}), *names)
        if best is None or candidate.compare(best) < 0:
            best = candidate
    assert best is not None
    return best


def _orders(indices: tuple[Index, ...]) -> Iterator[tuple[Index, ...]]:
    """Orders to try: sorted by extent; within one extent every order of up to five indices."""
    groups: dict[str, list[Index]] = {}
    for index in indices:
        groups.setdefault(str(index.dim), []).append(index)
    parts = [
        list(itertools.permutations(group)) if len(group) <= 5 else [tuple(group)]
        for _, group in sorted(groups.items())
    ]
    for choice in itertools.product(*parts):
        yield tuple(itertools.chain.from_iterable(choice))


@lru_cache(maxsize=200_000)
def _has_binder(expr: sympy.Basic) -> bool:
    return isinstance(expr, Binder) or any(_has_binder(arg) for arg in expr.args)


def alpha_equivalent(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Whether two expressions are equal up to the names of bound indices."""
    return left == right or canonical(left) == canonical(right)


def same_extent(left: Index, right: Index) -> bool:
    """Whether two indices run over the same number of positions."""
    return same_size(left.dim, right.dim)
