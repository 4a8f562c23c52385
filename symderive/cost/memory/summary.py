"""Everything that a cost says about memory, in one record; what it refuses stands there with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import sympy

from symderive.cost.formula import Formula
from symderive.cost.memory.quantities import (
    ACTIVATION_BYTES,
    INTENSITY,
    OF_MEMORY,
    PEAK,
    PEAK_BYTES,
    READ,
    SAVED,
    SAVED_BYTES,
    TRAINING_PEAK,
    TRAINING_PEAK_BYTES,
    WRITTEN,
)
from symderive.cost.memory.saved import GIVEN, Saved
from symderive.cost.memory.widths import REAL, width_of
from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.cost.counted import Counted
    from symderive.cost.tree import CostTree

BY_PART = (READ, WRITTEN, SAVED, SAVED_BYTES)
"""The quantities that add up over the layers of a network."""
UNITS = {SAVED: "entries", PEAK: "entries", TRAINING_PEAK: "entries", INTENSITY: "FLOPs/byte"}
"""The units of the quantities; all others are bytes."""


@dataclass(frozen=True)
class Amount:
    """A quantity of memory.

    Attributes:
        formulas: its formula; of a peak one or several, the largest of which it is.
        conditions: what has to hold of the sizes for it besides the conditions of the cost, as far as the
            numbers do not decide it.
    """

    formulas: tuple[Formula, ...]
    conditions: tuple[Any, ...] = ()


@dataclass(frozen=True)
class MemorySummary:
    """What a cost says about memory.

    Attributes:
        dtype: the type of numbers that are computed with.
        names: the names of the quantities, refused or not, in the order in which they are told.
        amounts: by name of the quantity, what it is.
        refused: by name of the quantity, why there is none.
        parts: of a network, by path of a layer what it adds to those quantities that add up; what the network
            is given stands under "(given)".
    """

    dtype: str
    names: tuple[str, ...]
    amounts: Mapping[str, Amount]
    refused: Mapping[str, str]
    parts: Mapping[str, Mapping[str, Formula]]


def unit_of(name: str) -> str:
    """The unit of a quantity of memory.

    >>> unit_of("saved_for_backward"), unit_of("bytes_read")
    ('entries', 'bytes')
    """
    return UNITS.get(name, "bytes")


def memory_summary(cost: Counted, dtype: str = "float32") -> MemorySummary:
    """Everything that a cost says about memory; see `symderive.cost.counted.Counted.memory`.

    Raises:
        SymderiveError: an unknown type.
    """
    width = width_of(REAL, dtype)
    asked: dict[str, Callable[[], Amount]] = {
        name: partial(Amount, (formula,)) for name, formula in cost.held(dtype).items()
    }
    asked[ACTIVATION_BYTES] = partial(Amount, (cost.formula("activations").times(width),))
    asked |= {name: partial(_traffic, cost, name, dtype) for name in (READ, WRITTEN)}
    asked[INTENSITY] = partial(_intensity, cost, dtype)
    saved = cache(cost.saved)
    asked[SAVED] = lambda: _saved(cost, saved(), None)
    asked[SAVED_BYTES] = lambda: _saved(cost, saved(), dtype)
    asked[PEAK], asked[PEAK_BYTES] = partial(_peak, cost, False, None), partial(_peak, cost, False, dtype)
    asked[TRAINING_PEAK] = partial(_peak, cost, True, None)
    asked[TRAINING_PEAK_BYTES] = partial(_peak, cost, True, dtype)
    amounts: dict[str, Amount] = {}
    refused: dict[str, str] = {}
    for name, answer in asked.items():
        try:
            amounts[name] = answer()
        except SymderiveError as error:
            refused[name] = str(error)
    kept = saved() if SAVED in amounts else Saved(())
    return MemorySummary(dtype, tuple(asked), amounts, refused, _parts(cost, dtype, kept))


def formulas_of(cost: Counted, name: str, dtype: str) -> tuple[sympy.Expr, ...] | None:
    """A quantity of memory in symbols: its formula, or those of which it is the largest; None of another.

    Raises:
        SymderiveError: it is refused, or has this formula for some sizes only.
    """
    if name not in (*OF_MEMORY, *cost.held(dtype)):
        return None
    found = memory_summary(cost, dtype)
    if name in found.refused:
        raise SymderiveError(found.refused[name])
    amount = found.amounts[name]
    if amount.conditions:
        needed = " and ".join(dict.fromkeys(map(cost.condition_text, amount.conditions)))
        raise SymderiveError(f"{name}: its formula is known where {needed}; put in a number.")
    return tuple(one.expr for one in amount.formulas)


def _traffic(cost: Counted, name: str, dtype: str) -> Amount:
    return Amount((cost.traffic(name, dtype),))


def _intensity(cost: Counted, dtype: str) -> Amount:
    moved = cost.traffic(READ, dtype).expr + cost.traffic(WRITTEN, dtype).expr
    if moved == 0:
        raise SymderiveError("intensity: nothing is read or written.")
    ratio = sympy.factor_terms(cost.formula("flops").expr) / sympy.factor_terms(moved)
    return Amount((Formula.of(ratio, cost.order),))


def _saved(cost: Counted, saved: Saved, dtype: str | None) -> Amount:
    cost.whole(saved)
    formula = saved.entries() if dtype is None else saved.bytes(dtype)
    return Amount((formula,), _undecided(cost, saved.conditions))


def _peak(cost: Counted, training: bool, dtype: str | None) -> Amount:
    peak = cost.peak(training, dtype)
    cost.check_at(peak.conditions)
    return Amount(peak.candidates, _undecided(cost, peak.conditions))


def _undecided(cost: Counted, conditions: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(one for one in conditions if one.xreplace(cost.numbers) != sympy.true)


def _parts(cost: Counted, dtype: str, saved: Saved) -> dict[str, dict[str, Formula]]:
    """What each layer of a network adds; nothing for a layer alone."""
    from symderive.cost.tree import CostTree

    if not isinstance(cost, CostTree):
        return {}
    kept = {SAVED: saved.by_part(), SAVED_BYTES: saved.by_part(dtype)}
    found = {}
    for path in (GIVEN, *cost.layer_paths()):
        formulas = {} if path == GIVEN else _moved(cost.only(path), dtype)
        formulas |= {name: parts[path] for name, parts in kept.items() if path in parts}
        if formulas:
            found[path] = formulas
    return found


def _moved(layer: CostTree, dtype: str) -> dict[str, Formula]:
    """The bytes that a layer reads and writes, where that is known."""
    try:
        both = {name: layer.traffic(name, dtype) for name in (READ, WRITTEN)}
    except SymderiveError:
        return {}
    return {name: formula for name, formula in both.items() if formula.terms}
