"""Formulas as functions of sizes: int64 where nothing can overflow, elsewhere Python's integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symderive.core.dims import Dim, Size
from symderive.cost.evaluation import (
    COMPARE,
    by_name,
    check_conditions,
    checked_size,
    complete,
    underived,
    whole,
)
from symderive.cost.formula import Formula
from symderive.cost.tape import LARGEST, NotWholeError, Tape, tape_of
from symderive.errors import ShapeError, SymderiveError

CHUNK = 16_384
"""So many shapes at a time: the intermediate results stay in the processor's cache."""


def compiled(
    formulas: Mapping[str, Formula],
    symbols: Sequence[Dim],
    relations: Mapping[Dim, Size],
    conditions: Sequence[Any],
    values: Mapping[Dim, int],
) -> Callable[..., Any]:
    """A function of the sizes that gives exact whole numbers; see `symderive.cost.counted.Counted.compile`.

    Args:
        formulas: by the name of the quantity.
        symbols: the sizes.
        relations: what some of them are in the others.
        conditions: what has to hold of them.
        values: numbers that are put in where the function is given none.
    """
    made = _Compiled(
        dict(formulas),
        {symbol.name: symbol for symbol in symbols},
        relations,
        tuple(conditions),
        {symbol.name: value for symbol, value in underived(values, relations).items()},
    )

    def function(**sizes: Any) -> Any:
        found = made.values(made.given | sizes)
        return found if len(found) > 1 else next(iter(found.values()))

    function.__name__ = "_and_".join(formulas)
    function.__doc__ = "\n".join(f"{name} = {formula.write()}" for name, formula in formulas.items())
    return function


@dataclass
class _Compiled:
    """Formulas, and a tape for every set of sizes that was given so far."""

    formulas: dict[str, Formula]
    known: dict[str, Dim]
    relations: Mapping[Dim, Size]
    conditions: tuple[Any, ...]
    given: dict[str, int]
    tapes: dict[tuple[Dim, ...], tuple[Tape, list[Any]] | None] = field(default_factory=dict)

    def values(self, sizes: Mapping[str, Any]) -> dict[str, Any]:
        """The quantities at some sizes; what the tape cannot do, or finds wrong, is done term by term."""
        chosen = by_name(sizes, self.known)
        _check_broadcast(chosen)
        symbols = tuple(sorted(chosen, key=str))
        if symbols not in self.tapes:
            self.tapes[symbols] = self._tape(symbols)
        tape = self.tapes[symbols]
        arrays = None if tape is None else _whole_arrays([chosen[symbol] for symbol in symbols])
        found = None if tape is None or arrays is None else _results(*tape, arrays)
        if found is None:
            return self._term_by_term(chosen)
        return dict(zip(self.formulas, found, strict=True))

    def _tape(self, symbols: tuple[Dim, ...]) -> tuple[Tape, list[Any]] | None:
        """The operations on these sizes, and the conditions whose two sides are the last results."""
        reached = set(symbols)
        if reached & self.relations.keys():
            return None  # given sizes might contradict each other
        meanings = {
            name: meaning for name, meaning in self.relations.items() if meaning.free_symbols <= reached
        }
        decided = [one for one in self.conditions if one.free_symbols <= reached | meanings.keys()]
        sides = [side for one in decided for side in one.args]
        divided = [meaning for meaning in meanings.values() if not meaning.is_integer]
        exprs = [formula.expr for formula in self.formulas.values()]
        try:
            return tape_of(exprs, symbols, meanings, [*sides, *divided]), decided
        except NotWholeError:
            return None

    def _term_by_term(self, chosen: Mapping[Dim, Any]) -> dict[str, Any]:
        """The exact values by Python's integers and fractions, with an error for what does not fit."""
        values = {symbol: checked_size(symbol.name, value) for symbol, value in chosen.items()}
        values = complete(values, self.relations)
        self._refuse_missing(values)
        check_conditions(self.conditions, values)
        return {
            name: _packed(whole(formula.value(values), formula.write()))
            for name, formula in self.formulas.items()
        }

    def _refuse_missing(self, values: Mapping[Dim, Any]) -> None:
        for name, formula in self.formulas.items():
            for symbol in sorted(formula.expr.free_symbols - values.keys(), key=str):
                asked = sorted(self.relations.get(symbol, symbol).free_symbols - values.keys(), key=str)
                missing = ", ".join(f"{one}=…" for one in asked)
                raise SymderiveError(f"computing {name}: {symbol} has no value; give {missing}.")


def _check_broadcast(sizes: Mapping[Dim, Any]) -> None:
    """Check that arrays fit each other.

    Raises:
        ShapeError: they do not.
    """
    shapes = {symbol: np.shape(value) for symbol, value in sizes.items() if not isinstance(value, int)}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        said = ", ".join(f"{symbol} has the shape {shape}" for symbol, shape in shapes.items() if shape)
        raise ShapeError(f"computing a cost: the arrays do not broadcast; {said}.") from None


def _whole_arrays(values: Sequence[Any]) -> list[Any] | None:
    """Positive ints, and int64 arrays of one length; None where something else was given."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool):
            found.append(value)
            continue
        array = np.asarray(value)
        if array.dtype.kind not in "iu" or array.dtype == np.uint64:
            return None
        found.append(int(array) if array.ndim == 0 else array)
    if any((one < 1) if isinstance(one, int) else one.size == 0 or one.min() < 1 for one in found):
        return None
    return found


def _results(tape: Tape, conditions: Sequence[Any], values: list[Any]) -> list[Any] | None:
    """The results, or None where a condition or a division does not hold, or a divisor may be 0."""
    shapes = [one.shape for one in values if not isinstance(one, int)]
    if not shapes:
        return _checked(tape, conditions, values)
    shape = np.broadcast_shapes(*shapes)
    flat = [
        one if isinstance(one, int) else np.broadcast_to(one, shape).ravel().astype(np.int64, copy=False)
        for one in values
    ]
    reach = tape.reach(
        [(one, one) if isinstance(one, int) else (int(one.min()), int(one.max())) for one in flat]
    )
    if reach is None:
        return None
    run = _in_chunks if reach <= LARGEST else _mixed
    found = run(tape, conditions, flat)
    return None if found is None else [one.reshape(shape) for one in found]


def _checked(tape: Tape, conditions: Sequence[Any], values: Sequence[Any]) -> list[Any] | None:
    """The results without the sides of the conditions, which hold; otherwise None."""
    try:
        found, is_exact = tape.run(values)
    except ZeroDivisionError:
        return None
    first = tape.results
    sides = found[first : first + 2 * len(conditions)]
    for condition, left, right in zip(conditions, sides[::2], sides[1::2], strict=True):
        if not np.all(COMPARE[type(condition)](left, right)):
            return None
    return found[:first] if is_exact else None


def _in_chunks(tape: Tape, conditions: Sequence[Any], values: Sequence[Any]) -> list[Any] | None:
    """The results in int64, where they are known to fit."""
    length = next(len(one) for one in values if not isinstance(one, int))
    made = [np.empty(length, dtype=np.int64) for _ in range(tape.results)]
    for start in range(0, length, CHUNK):
        part = slice(start, start + CHUNK)
        found = _checked(tape, conditions, [one if isinstance(one, int) else one[part] for one in values])
        if found is None:
            return None
        for results, result in zip(made, found, strict=True):
            results[part] = result
    return made


def _mixed(tape: Tape, conditions: Sequence[Any], values: Sequence[Any]) -> list[Any] | None:
    """The results, where they surely fit by int64, and elsewhere by Python's integers."""
    fits = tape.surely_fits(values)
    small, large = (
        [one if isinstance(one, int) else one[places] for one in values] for places in (fits, ~fits)
    )
    within = _in_chunks(tape, conditions, small)
    beyond = _checked(
        tape, conditions, [one if isinstance(one, int) else one.astype(object) for one in large]
    )
    if within is None or beyond is None:
        return None
    made = []
    for one, other in zip(within, beyond, strict=True):
        together = np.empty(len(fits), dtype=object)
        together[fits], together[~fits] = one, other
        made.append(_packed(together))
    return made


def _packed(result: Any) -> Any:
    """An int, or an array: int64 where every value fits."""
    if not isinstance(result, np.ndarray):
        return int(result)
    fits = all(abs(one) <= LARGEST for one in result.ravel())
    return result.astype(np.int64) if fits else result
