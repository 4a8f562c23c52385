"""The symbols that are to stand for numbers of a model, and which numbers they are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, as_size, check_name
from symderive.cost.questions.terms import read_terms
from symderive.errors import SymderiveError
from symderive.imports.torch_modules.widths.places import Place, Places


@dataclass(frozen=True)
class Wanted:
    """Symbols for numbers of a model.

    Attributes:
        places: the places of the model.
        sizes: what is to stand at a place, by the place.
        depths: how long a list of modules is to be, by its path.
        numbers: the number that each symbol is in the model.
        names: a place in whose size a symbol stands, as the user wrote it.
    """

    places: Places
    sizes: Mapping[Place, Size]
    depths: Mapping[str, Size]
    numbers: Mapping[Dim, int]
    names: Mapping[Dim, str]

    def is_named(self, size: Any) -> bool:
        """Whether one of the symbols stands in a size."""
        return not self.numbers.keys().isdisjoint(size.free_symbols)

    def value(self, size: Size, others: Mapping[Any, int] | None = None) -> Any:
        """The number that a size is in the model."""
        known = {**self.numbers, **{one: place.number for one, place in self.places.by_symbol.items()}}
        return size.xreplace({**known, **(others or {})})


def wanted_of(model: Any, symbols: Any) -> Wanted:
    """What a user wants to be symbols.

    Args:
        model: a torch module.
        symbols: sizes by places: a name such as "d", or an expression in names such as "4*d" or "d/h". A
            number at a place says that it stays.

    Raises:
        SymderiveError: a place that is not there, two sizes for one place, no size, or sizes that do not fit
            the numbers of the model.
    """
    if not isinstance(symbols, Mapping):
        raise SymderiveError(
            f'symbols: {symbols!r} is no mapping; write names by places, as in {{"conv1.out_channels": "w"}}.'
        )
    places = Places(model)
    sizes: dict[Place, Size] = {}
    depths: dict[str, Size] = {}
    facts: list[tuple[str, Size, int]] = []
    for pattern, text in symbols.items():
        size, lists = _size(pattern, text), places.lists(pattern)
        for path in lists or ():
            facts.append((pattern, size, len(places.modules[path])))
            depths[path] = size
        for place in places.named(pattern) if lists is None else ():
            if sizes.setdefault(place, size) != size:
                raise SymderiveError(
                    f"symbols: {place.name} would be {sizes[place]} and {size}; give one of them."
                )
            facts.append((place.name, size, place.number))
    names: dict[Dim, str] = {}
    for name, size, _ in facts:
        for symbol in sorted(size.free_symbols, key=str):
            names.setdefault(symbol, name)
    found = Wanted(places, sizes, depths, _numbers(facts), names)
    _check(found, facts)
    return found


def _size(pattern: Any, text: Any) -> Size:
    try:
        if isinstance(text, str):
            return as_size(sympy.expand(read_terms(text, lambda name: Dim(check_name(name, "a size")))))
        return as_size(text)
    except SymderiveError:
        raise SymderiveError(
            f'symbols: "{pattern}" is given {text!r}, which is no size; write a name such as "d", or an '
            'expression such as "4*d" or "d/h".'
        ) from None


def _numbers(facts: list[tuple[str, Size, int]]) -> dict[Dim, int]:
    """The number of each symbol, from the sizes and what they are in the model.

    Raises:
        SymderiveError: it does not follow.
    """
    known: dict[Dim, int] = {}
    wanted = {symbol for _, size, _ in facts for symbol in size.free_symbols}
    while len(known) < len(wanted):
        before = len(known)
        for _, size, number in facts:
            (symbol, *more) = sorted(size.free_symbols - known.keys(), key=str) or [None]
            if symbol is None or more:
                continue
            roots = sympy.solve(size.xreplace(known) - number, symbol)
            whole = [root for root in roots if root.is_Integer and root > 0]
            if len(whole) == 1:
                known[symbol] = int(whole[0])
        if len(known) == before:
            missing = sorted(str(one) for one in wanted - known.keys())
            size, number = next(
                (size, number) for _, size, number in facts if size.free_symbols - known.keys()
            )
            raise SymderiveError(
                f"symbols: {size} = {number} does not say what {' and '.join(missing)} {_be(missing)} in the "
                "model; give a place that does, or another size."
            )
    return known


def _be(names: list[str]) -> str:
    return "are" if len(names) > 1 else "is"


def _check(wanted: Wanted, facts: list[tuple[str, Size, int]]) -> None:
    for name, size, number in facts:
        if wanted.value(size) != number:
            known = ", ".join(
                f"{one} is {wanted.numbers[one]} by {wanted.names[one]}"
                for one in sorted(size.free_symbols, key=str)
            )
            raise SymderiveError(
                f"symbols: {name} is {number}, and not {size}{' where ' + known if known else ''}; "
                "give it another size."
            )
