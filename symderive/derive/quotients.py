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
from symderive.numeric.structures import moved as after

_CLEAR = 1e-5
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
    with np.errstate(all="ignore"):
        quotient = central(
            lambda t: base({**arrays, variable: start + float(t) * unit})[place],
            np.array(0.0),
            least_error=least,
        )
    value, error = derived
    expected, noise = length * quotient.value, length * quotient.noise + error
    return compare(expected, np.asarray(value), noise=noise, name=variable, words=("quotient", "derived"))


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
    with np.errstate(all="ignore"):
        quotient = central(at, start, least_error=least)
    values = np.split(quotient.value, ends[:-1], axis=-1)
    noises = np.split(quotient.noise, ends[:-1], axis=-1)
    made: dict[str, Comparison] = {}
    for (name, places), value, noise in zip(chosen.items(), values, noises, strict=True):
        whole, error = (np.asarray(one) for one in derived[name])
        outer = whole.shape[: whole.ndim - starts[name].ndim]
        part, own = (one.reshape(*outer, starts[name].size)[..., places] for one in (whole, error))
        made[name] = compare(value, part, noise=noise + own, name=name, words=("quotient", "derived"))
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
