"""The cheapest order of the pairwise products of a contraction, for sizes that are given or usual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symderive.core.nodes import Index

USUAL = {
    "n": 1000, "N": 1000, "m": 300, "M": 300, "T": 300, "d": 100, "D": 100, "p": 100, "h": 60,
    "H": 60, "W": 60, "b": 32, "B": 32, "c": 8, "k": 10, "K": 10, "r": 8, "q": 20, "s": 40, "t": 40,
}  # fmt: skip
_ELSE = 50  # of a size with another name
_WRITE = 6  # an entry that is only multiplied and written costs as much as so many inside a matrix product
_MOST = 9  # factors up to which all orders are compared
Labels = frozenset[Index]
_given: ContextVar[tuple[tuple[str, int], ...]] = ContextVar("sizes that the order is chosen for", default=())


@dataclass(frozen=True)
class Pair:
    """Two parts of a product that are multiplied first.

    Attributes:
        left: a factor by its number, or a pair.
        right: the same.
        summed: the indices that are summed right away.
        labels: those of the result.
    """

    left: int | Pair
    right: int | Pair
    summed: Labels
    labels: Labels


@contextmanager
def for_sizes(sizes: Mapping[str, int]) -> Iterator[None]:
    """Orders are chosen for these sizes, by name, and the usual ones of the others."""
    token = _given.set(tuple(sorted(sizes.items())))
    try:
        yield
    finally:
        _given.reset(token)


def usual_size(size: sympy.Expr) -> float:
    """A number for a size: as given, or else rows are many, columns fewer, classes and ranks few."""
    return _number(size, _given.get())


@lru_cache(maxsize=10_000)
def _number(size: sympy.Expr, given: tuple[tuple[str, int], ...]) -> float:
    if size.is_number:
        return float(max(size, 1))
    known = USUAL | dict(given)
    values = {one: known.get(one.name, _ELSE) for one in size.free_symbols}
    return float(max(size.subs(values), 1))


def extent(labels: Labels) -> float:
    """The usual number of entries of an array with these axes."""
    result = 1.0
    for label in sorted(labels, key=lambda one: one.name):
        result *= usual_size(label.dim)
    return result


def cost(left: Labels, right: Labels, summed: Labels) -> float:
    """What one pairwise product costs: entries of a matrix product, and those that are written."""
    both, all_labels = left & right, left | right
    inner = both & summed
    result = all_labels - summed
    if not inner:  # elementwise
        return _WRITE * extent(all_labels)
    batch = both - summed
    weight = 1.0 if not batch else 2.0 if left - both and right - both else _WRITE
    return weight * extent(all_labels) + _WRITE * extent(result)


def best_order(factors: Sequence[Labels], summed: Labels) -> int | Pair:
    """The cheapest way of multiplying the factors two by two.

    Args:
        factors: the labels of each factor; an index that is summed occurs in two factors at least.
        summed: the indices that are summed.
    """
    if len(factors) > _MOST:
        return _greedy(list(factors), summed)
    whole = (1 << len(factors)) - 1
    left_over = {
        mask: frozenset().union(*(one for place, one in enumerate(factors) if not mask >> place & 1))
        for mask in range(1, whole + 1)
    }
    best: dict[int, tuple[float, int | Pair, Labels]] = {
        1 << place: (0.0, place, one) for place, one in enumerate(factors)
    }
    for mask in sorted(range(1, whole + 1), key=int.bit_count):
        if mask in best:
            continue
        found = None
        part = (mask - 1) & mask
        while part:
            if part > (rest := mask ^ part):  # each split once; the lower factor stands in `rest`
                total, made = _joined(best[rest], best[part], summed, left_over[mask])
                if found is None or total < found[0]:
                    found = (total, made, made.labels)
            part = (part - 1) & mask
        if found is not None:
            best[mask] = found
    return best[whole][1]


def _joined(
    left: tuple[float, int | Pair, Labels],
    right: tuple[float, int | Pair, Labels],
    summed: Labels,
    outside: Labels,
) -> tuple[float, Pair]:
    here = (left[2] | right[2]) & summed - outside
    made = Pair(left[1], right[1], here, (left[2] | right[2]) - here)
    return left[0] + right[0] + cost(left[2], right[2], here), made


def _greedy(factors: list[Labels], summed: Labels) -> int | Pair:
    waiting: list[tuple[int | Pair, Labels]] = list(enumerate(factors))
    while len(waiting) > 1:
        options = []
        for i, (_, left) in enumerate(waiting):
            for j, (_, right) in enumerate(waiting[:i]):
                others = frozenset().union(*(one for k, (_, one) in enumerate(waiting) if k not in (i, j)))
                here = (left | right) & summed - others
                options.append((cost(left, right, here), j, i, here))
        _, first, second, here = min(options, key=lambda one: one[:3])
        left_part, right_part = waiting[first], waiting[second]
        labels = (left_part[1] | right_part[1]) - here
        made = (Pair(left_part[0], right_part[0], here, labels), labels)
        waiting = [one for place, one in enumerate(waiting) if place not in (first, second)] + [made]
    return waiting[0][0]


def chain_order(sizes: Sequence[sympy.Expr]) -> Mapping[tuple[int, int], int]:
    """Where to split a matrix product: factor k is of size `sizes[k] × sizes[k + 1]`.

    Returns:
        for each run of factors, from the first to the last, the last factor of its left part.

    >>> chain_order([sympy.Integer(9), sympy.Integer(2), sympy.Integer(9), sympy.Integer(1)])[0, 2]
    0
    """
    numbers = [usual_size(size) for size in sizes]
    count = len(numbers) - 1
    costs = {(place, place): 0.0 for place in range(count)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            totals = [
                costs[first, cut]
                + costs[cut + 1, last]
                + numbers[first] * numbers[cut + 1] * numbers[last + 1]
                for cut in range(first, last)
            ]
            best = max(place for place, total in enumerate(totals) if total == min(totals))
            splits[first, last], costs[first, last] = first + best, totals[best]
    return splits
