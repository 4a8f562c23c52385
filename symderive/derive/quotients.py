"""What was derived beside difference quotients, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from symderive.core.nodes import Tensor
from symderive.derive.derivation import Derivation
from symderive.derive.turned import turned_back
from symderive.errors import InternalError
from symderive.numeric.comparison import Comparison, compare
from symderive.numeric.differences import central
from symderive.numeric.rounded import rounding_noise
from symderive.numeric.steps import default_epsilon
from symderive.numeric.structures import moved as after

_CLEAR = 1e-5
_WIDER = (100.0, 10_000.0)  # of the usual step
_NOTHING = 1e-8  # round-off of differences of a loss that does not change
_MOST_ENTRIES = 240  # entries compared in one draw, of all variables
_FEWEST_ENTRIES = 4  # of each variable
_SOURCE = {"fisher_information": "the expectation computed over y"}
Arrays = Mapping[str, Any]


def block_name(block: tuple[Tensor, ...]) -> str:
    """The name of a result: of the variables that it is a derivative in."""
    return ",".join(str(one.name) for one in block)


def in_usual_layout(derivation: Derivation, values: Any, base: tuple[Any, ...], arrays: Arrays) -> list[Any]:
    """The derived numbers with the axes of what was differentiated first, then those of the variable."""
    derived = list(values) if isinstance(values, tuple) else [values]
    if not derivation.layout.turned:
        return derived
    outer = [np.shape(base[derivation.lower_place(block)]) for block in derivation.by]
    shapes = [
        (*first, *np.shape(arrays[str(block[-1].name)]))
        for first, block in zip(outer, derivation.by, strict=True)
    ]
    splits = [len(first) or None for first in outer]
    return [
        turned_back(value, shape, split) for value, shape, split in zip(derived, shapes, splits, strict=True)
    ]


def compared_blocks(
    derivation: Derivation,
    base: Callable[[Arrays], tuple[Any, ...]],
    arrays: Arrays,
    values: list[tuple[Any, Any]],
) -> dict[str, Comparison]:
    """Compare all results by name; those that are derivatives of one array are compared together.

    `values` are pairs of what was derived and what rounding can do to it.
    """
    groups: dict[int, dict[str, tuple[str, tuple[Any, Any]]]] = {}
    least = rounding_noise(base, arrays)
    for block, value in zip(derivation.by, values, strict=True):
        place = derivation.lower_place(block)
        groups.setdefault(place, {})[block_name(block)] = (str(block[-1].name), value)
    tied = derivation.wrt if derivation.moves == "free" else ()
    free = {str(one.name): str(one.domain) for one in tied if one.is_structured}
    made: dict[str, Comparison] = {}
    for place, derived in groups.items():
        if derivation.direction is not None:
            ((name, (variable, value)),) = derived.items()
            along = np.asarray(arrays[str(derivation.direction.name)], dtype=float)
            made[name] = _compared_along(base, place, arrays, variable, along, value, least[place])
            continue
        by_variable = dict(derived.values())
        slope = partial(_at_place, base, place)
        found = _compared(slope, arrays, by_variable, free, least[place])
        made |= {name: found[variable] for name, (variable, _) in derived.items()}
    return made


def _at_place(base: Callable[[Arrays], tuple[Any, ...]], place: int, arrays: Arrays) -> Any:
    return base(arrays)[place]


def _compared_along(
    base: Callable[[Arrays], tuple[Any, ...]],
    place: int,
    arrays: Arrays,
    variable: str,
    along: Any,
    derived: tuple[Any, Any],
    least: Any,
) -> Comparison:
    """Compare a derivative along a direction with the difference quotient of one number."""
    start = np.asarray(arrays[variable], dtype=float)
    length = float(np.linalg.norm(along)) or 1.0
    unit = np.array(along) / length  # a step of the size that a single entry would take
    value, error = derived

    def moved(t: Any) -> Any:
        return base({**arrays, variable: start + float(t) * unit})[place]

    def compared(epsilon: float | None) -> dict[str, Comparison]:
        quotient, noise = _quotient(
            lambda t: base({**arrays, variable: start + float(t) * unit})[place],
            np.array(0.0),
            epsilon,
            least,
        )
        both = np.asarray(value), np.asarray(error)
        return {variable: _compared_entries(length * quotient, length * noise, *both, variable)}

    return _at_wider_steps(compared, start)[variable]


def _quotient(slope: Callable[[Any], Any], at: Any, epsilon: float | None, least: Any) -> tuple[Any, Any]:
    """A central quotient and its noise; at a step that is given, by comparison with one of twice the step."""
    with np.errstate(all="ignore"):
        found = central(slope, at, epsilon=epsilon, least_error=least)
        if epsilon is None:
            return found.value, found.noise
        other = central(slope, at, epsilon=2 * epsilon, least_error=least)
        return found.value, np.abs(found.value - other.value) + found.round_off


def _at_wider_steps(
    compared: Callable[[float | None], dict[str, Comparison]], start: Any
) -> dict[str, Comparison]:
    """What is compared at the usual step; at wider ones where its round-off says nothing and theirs does.

    A flat loss has small derivatives beside a large value. A wide step may cross a kink, so that it confirms
    only: where it disagrees, the comparison stays undecided.
    """
    made = compared(None)
    usual = default_epsilon("central", max(1.0, float(np.max(np.abs(start), initial=0.0))))
    for factor in _WIDER:
        if all(one.verdict == "different" or says_something(one) for one in made.values()):
            break
        wider = compared(factor * usual)
        for name, one in made.items():
            undecided = one.verdict != "different" and not says_something(one)
            if undecided and wider[name].verdict != "different" and says_something(wider[name]):
                made[name] = wider[name]
    return made


def _compared(
    slope: Callable[[Arrays], Any],
    arrays: Arrays,
    derived: Mapping[str, tuple[Any, Any]],
    free: Mapping[str, str],
    least: Any,
) -> dict[str, Comparison]:
    """Compare the derivatives in several variables by name, at a sample of entries where there are many.

    The entries of the variables in `free`, name → domain, are varied together with those tied to them.
    `least` is what rounding does at least to a value of `slope`.
    """
    most = max(_FEWEST_ENTRIES, _MOST_ENTRIES // len(derived))
    starts = {name: np.asarray(arrays[name], dtype=float) for name in derived}
    chosen = {name: _sample(start.size, most) for name, start in starts.items()}
    ends = np.cumsum([len(places) for places in chosen.values()])

    def at(entries: Any) -> Any:
        moved = dict(arrays)
        for (name, places), part in zip(chosen.items(), np.split(entries, ends[:-1]), strict=True):
            moved[name] = starts[name].copy()
            moved[name].reshape(-1)[places] = part
            if name in free:
                moved[name] = after(starts[name], free[name], moved[name] - starts[name])
        return slope(moved)

    start = np.concatenate([starts[name].reshape(-1)[places] for name, places in chosen.items()])

    def compared(epsilon: float | None) -> dict[str, Comparison]:
        both = (np.split(one, ends[:-1], axis=-1) for one in _quotient(at, start, epsilon, least))
        made = {}
        for name, value, noise in zip(chosen, *both, strict=True):
            part, own = (_part(one, starts[name], chosen[name]) for one in derived[name])
            made[name] = _compared_entries(value, noise, part, own, name)
        return made

    return _at_wider_steps(compared, start)


def _part(derived: Any, start: Any, places: Any) -> Any:
    """The entries of a derivative at the places of the variable that are compared."""
    outer = np.shape(derived)[: np.ndim(derived) - start.ndim]
    return np.reshape(derived, (*outer, start.size))[..., places]


def _compared_entries(value: Any, noise: Any, derived: Any, own: Any, name: str) -> Comparison:
    """Compare entry by entry; derived numbers that are all no more than their own round-off count as 0."""
    against = partial(compare, value, noise=noise + own, name=name, words=("quotient", "derived"))
    made = against(derived)
    if made.verdict != "different" and bool(np.all(np.abs(derived) <= own)):
        return against(np.zeros_like(derived))
    return made


def _sample(size: int, most: int) -> Any:
    """The places compared in an array of `size` entries: all, or a random sample in order."""
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(size).choice(size, most, replace=False))


def confirm(comparison: Comparison, derivation: Derivation, arrays: Arrays) -> None:
    """Raise where an entry is different.

    Raises:
        InternalError: with the witness.
    """
    if comparison.verdict == "different" or comparison.obstacle:
        witness = comparison.worst.sentence if comparison.worst else comparison.obstacle
        raise InternalError(
            f"the derived {derivation.word} does not agree with "
            f"{_SOURCE.get(derivation.kind, 'central differences')}: {witness} (arrays drawn at random: "
            f"{shown(arrays)}); this is a bug of symderive, do not use the result."
        )


def says_something(comparison: Comparison) -> bool:
    """Whether the noise is far below the largest entry, or everything is zero on both sides."""
    decided = [entry for entry in comparison.entries if entry.verdict == "equal"]
    scale = max((abs(entry.expected) for entry in decided), default=0.0)
    zero = all(entry.actual == 0 and abs(entry.expected) <= entry.noise < 1e-3 for entry in decided)
    if not decided:
        return all(
            one.actual == 0 and abs(one.expected) <= one.noise < _NOTHING for one in comparison.entries
        )
    return zero or min(entry.noise for entry in decided if abs(entry.expected) == scale) < _CLEAR * scale


def largest(comparison: Comparison) -> float:
    """The largest relative error of the entries that were decided."""
    decided = [entry for entry in comparison.entries if entry.verdict == "equal"]
    scale = max((abs(entry.expected) for entry in decided), default=0.0) or 1.0
    return max((abs(entry.expected - entry.actual) / scale for entry in decided), default=0.0)


def shown(arrays: Arrays) -> str:
    """Arrays and their shapes, for a message."""
    return ", ".join(f"{name} of shape {np.shape(value)}" for name, value in arrays.items())
