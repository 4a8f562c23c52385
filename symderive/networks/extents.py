"""Sizes of feature maps: floors of floors as one floor, and what a network needs of its input."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.floors import canonical, one_floor
from symderive.layers.layer import free_dims, unused


class Extent(Dim):
    """The name of an extent: another symbol than a size of the user's that has the same name."""

    __slots__ = ()


class Extents:
    """The names of the sizes that are floors: `H1`, `H2`, … in the order in which they come up.

    A size that is no floor stays as it is. Equal sizes have equal names, so that shapes can be compared.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.meanings: dict[Dim, Size] = {}
        self._names: dict[Size, Dim] = {}
        self._taken = set(taken)

    def settled(self, size: Size) -> Size:
        """`size` in the names given so far, with a new name where it takes one.

        >>> from symderive.core.dims import dims
        >>> h, extents = dims("H"), Extents(["H"])
        >>> first = extents.settled(sympy.floor((h - 1) / 2) + 1)
        >>> first, extents.settled(sympy.floor((first - 1) / 2) + 1), extents.meanings
        (H1, H2, {H1: floor(H/2 - 1/2) + 1, H2: floor(H/4 - 1/4) + 1})
        """
        if not size.has(sympy.floor):
            return size
        meaning = self.meaning(size)
        if not meaning.has(sympy.floor):
            return meaning
        same = canonical(meaning)
        if same not in self._names:
            letter = "".join(dict.fromkeys(symbol.name for symbol in free_dims(meaning)))
            name = self._next(letter)
            self._names[same] = name
            self.meanings[name] = meaning
        return self._names[same]

    def forget(self, known: int) -> None:
        """Take back all names behind the first so many."""
        for name in list(self.meanings)[known:]:
            del self.meanings[name]
        self._names = {size: name for size, name in self._names.items() if name in self.meanings}

    def meaning(self, size: Any) -> Any:
        """A size or condition in the symbols of the input."""
        replaced = size.xreplace(self.meanings) if size.free_symbols & self.meanings.keys() else size
        return one_floor(replaced) if isinstance(replaced, sympy.Expr) else replaced

    def _next(self, letter: str) -> Dim:
        number = 1 + sum(1 for name in self.meanings if name.name.rstrip("0123456789_") == letter)
        name = unused(f"{letter}{number}", self._taken)
        self._taken.add(name)
        return Extent(name)


def needs(conditions: Iterable[Any], meanings: Mapping[Dim, Size]) -> tuple[Any, ...]:
    """What the conditions of all steps come to: the largest lower bound and divisor of each size.

    Args:
        conditions: in names of extents.
        meanings: what the names stand for.

    >>> from symderive.core.dims import dims
    >>> h, h1 = dims("H H1")
    >>> needs([sympy.Ge(h, 11), sympy.Ge(h1, 3), sympy.Ge(h1, 2)], {h1: sympy.floor((h - 11) / 4) + 1})
    (H >= 19,)
    """
    least: dict[Dim, int] = {}
    divisors: dict[Dim, int] = {}
    others: dict[Any, None] = {}
    for condition in dict.fromkeys(conditions):
        meant = _plain(condition.xreplace(dict(meanings)))
        if meant == sympy.true:
            continue
        if (bound := _lower_bound(meant)) is not None:
            least[bound[0]] = max(bound[1], least.get(bound[0], 1))
        elif (divisor := divisor_of(meant)) is not None:
            divisors[divisor[0]] = math.lcm(divisor[1], divisors.get(divisor[0], 1))
        else:
            others[_plain(condition)] = None
    bounds: Iterator[Any] = (sympy.Ge(symbol, number) for symbol, number in least.items() if number > 1)
    whole: Iterator[Any] = (sympy.Eq(sympy.Mod(symbol, number), 0) for symbol, number in divisors.items())
    return (*bounds, *whole, *others)


def _plain(condition: Any) -> Any:
    """`2·(k mod 2) = 0`, as SymPy writes `6k mod 4 = 0`, without the number in front."""
    if isinstance(condition, sympy.Eq) and condition.rhs == 0 and isinstance(condition.lhs, sympy.Mul):
        number, rest = condition.lhs.as_coeff_Mul()
        return sympy.Eq(rest, 0) if number != 0 else condition
    return condition


def divisor_of(condition: Any) -> tuple[Dim, int] | None:
    """What divides k where `a·k/n + b` with a whole b is to be whole; None for another condition.

    >>> n = Dim("n")
    >>> divisor_of(sympy.Eq(sympy.Mod(6 * n, 7), 0)), divisor_of(sympy.Eq(n, 7))
    ((n, 7), None)
    """
    if not (isinstance(condition, sympy.Eq) and isinstance(condition.lhs, sympy.Mod) and condition.rhs == 0):
        return None
    rest, slope, base = _linear(sympy.expand(condition.lhs.args[0] / condition.lhs.args[1]))
    return (base, int(slope.q)) if isinstance(base, Dim) and rest.is_Integer else None


def _lower_bound(condition: Any) -> tuple[Dim, int] | None:
    """`⌊(a·H + b)/n⌋ + c ≥ d` as a bound of H; None where it is no such condition."""
    if not isinstance(condition, sympy.Ge):
        return None
    over = one_floor(sympy.expand(condition.lhs - condition.rhs))
    while True:  # over ≥ 0
        rest, slope, base = _linear(over)
        if base is None:
            return None
        number = math.ceil(-rest / slope)  # base ≥ number
        if isinstance(base, Dim):
            return base, number
        over = base.args[0] - number


def _linear(expr: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr, Any]:
    """`slope·base + rest` with a positive slope and a whole base; base is None where it has no such form."""
    rest, varying = sympy.expand(expr).as_coeff_Add()
    slope, base = varying.as_coeff_Mul()
    is_whole = isinstance(base, (Dim, sympy.floor))
    return rest, slope, base if is_whole and slope.is_positive else None
