"""Orders in which a product of several arrays is contracted, two at a time, and what each costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import sympy

from symderive.core.dims import Size
from symderive.core.positions import is_surely_nonnegative

Path = tuple[tuple[int, int], ...]
MOST_OPERANDS = 5
"""Up to so many operands all orders are tried: 5 have 105."""


@dataclass(frozen=True)
class Contracted:
    """One step: two operands, the letters of the result, and those that are summed.

    Attributes:
        left: the place of the first operand; operands come first, then the results of the steps.
        right: the place of the second one.
        kept: the letters of the result, in order.
        summed: the letters that are summed, in order.
    """

    left: int
    right: int
    kept: str
    summed: str


def contractions(operands: Sequence[str], result: str, path: Path) -> tuple[Contracted, ...]:
    """The steps of a path; a letter is summed as soon as neither the result nor another operand has it.

    >>> contractions(["ij", "jk", "kl"], "il", left_to_right(3))[0]
    Contracted(left=0, right=1, kept='ik', summed='j')
    """
    letters = list(operands)
    open_places = set(range(len(operands)))
    steps = []
    for number, (left, right) in enumerate(path, 1):
        open_places -= {left, right}
        both = "".join(dict.fromkeys(letters[left] + letters[right]))
        needed = set(result).union(*(letters[place] for place in open_places))
        kept = result if number == len(path) else "".join(one for one in both if one in needed)
        summed = "".join(one for one in both if one not in needed)
        steps.append(Contracted(left, right, kept, summed))
        open_places.add(len(letters))
        letters.append(kept)
    return tuple(steps)


def left_to_right(count: int) -> Path:
    """The first two, then the result with the next one, and so on.

    >>> left_to_right(4)
    ((0, 1), (4, 2), (5, 3))
    """
    return tuple((place + count - 2 if place > 1 else 0, place) for place in range(1, count))


def paths(count: int) -> Iterator[Path]:
    """All orders of contracting `count` operands two at a time, each tree once.

    >>> [len(list(paths(count))) for count in (1, 2, 3, 4, 5)]
    [1, 1, 3, 15, 105]
    """
    seen = set()
    for path in _paths(tuple(range(count)), count):
        tree = _tree(path, count)
        if tree not in seen:
            seen.add(tree)
            yield path


def _paths(places: tuple[int, ...], following: int) -> Iterator[Path]:
    if len(places) == 1:
        yield ()
        return
    for left, right in combinations(places, 2):
        rest = tuple(place for place in places if place not in (left, right))
        for path in _paths((*rest, following), following + 1):
            yield ((left, right), *path)


def _tree(path: Path, count: int) -> frozenset[frozenset[int]]:
    """Which operands each intermediate result is made of."""
    made = [frozenset((place,)) for place in range(count)]
    for left, right in path:
        made.append(made[left] | made[right])
    return frozenset(made[count:])


def products(steps: Sequence[Contracted], sizes: Mapping[str, Size]) -> sympy.Expr:
    """How many products the steps take: for each the extents of all its letters, multiplied."""
    return sympy.Add(
        *(math.prod(sizes[letter] for letter in dict.fromkeys(step.kept + step.summed)) for step in steps)
    )


def cheapest(costs: Mapping[Path, sympy.Expr]) -> dict[Path, sympy.Expr]:
    """The paths that are cheapest for some sizes, as far as the terms show it; of equal ones the first.

    A path is left out where another costs no more for all positive sizes.
    """
    kept: dict[Path, sympy.Expr] = {}
    for path, cost in costs.items():
        if any(_never_more(other, cost) for other in kept.values()):
            continue
        kept = {one: other for one, other in kept.items() if not _never_more(cost, other)}
        kept[path] = cost
    return kept


def _never_more(one: sympy.Expr, other: sympy.Expr) -> bool:
    return is_surely_nonnegative(sympy.expand(other - one))
