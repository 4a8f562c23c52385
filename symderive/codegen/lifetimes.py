"""When large arrays are made and given back: just before they are read first, after they were read last.

At the peak no more is held than what is still needed, as in code that is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_ASSIGNED = re.compile(r" ([-+*/]?=) ")
_MADE = re.compile(r"(\w+) = ")


def with_short_lives(rows: list[str], large: Collection[str]) -> list[str]:
    """The statements with large arrays made late and deleted early.

    Args:
        rows: the lines, with those of loops indented.
        large: the names of arrays that are not returned and large.

    >>> with_short_lives(["Z = f(a)", "A = g(a)", "y = h(Z)", "B = k(A)"], {"A", "Z", "B"})
    ['Z = f(a)', 'y = h(Z)', 'del Z', 'A = g(a)', 'B = k(A)']
    """
    units = _late(_units(rows), large)
    last = {name: max(place for place, unit in enumerate(units) if name in _words(unit)) for name in large
            if any(name in _words(unit) for unit in units)}  # fmt: skip
    made: list[str] = []
    for place, unit in enumerate(units):
        made += unit
        gone = sorted(name for name, where in last.items() if where == place)
        if gone and any(_target(later) in large or "np.zeros(" in later[0] for later in units[place + 1 :]):
            made.append(f"del {', '.join(gone)}")
    return made


def _units(rows: list[str]) -> list[list[str]]:
    """The lines, a loop with its body as one."""
    units: list[list[str]] = []
    for row in rows:
        if row.startswith(" ") and units:
            units[-1].append(row)
        else:
            units.append([row])
    return units


def _late(units: list[list[str]], large: Collection[str]) -> list[list[str]]:
    """The units with each large array made just before what reads or changes it first."""
    found = list(units)
    for name in sorted(large):
        place = next((one for one, unit in enumerate(found) if _target(unit) == name), None)
        if place is None:
            continue
        unit = found[place]
        stop = place + 1
        while stop < len(found) and name not in _words(found[stop]) and not _changes(found[stop], unit):
            stop += 1
        if stop < len(found):
            found.insert(stop, unit)
            found.pop(place)
    return found


def _target(unit: list[str]) -> str:
    """The name that a unit defines; empty for others."""
    match = _MADE.match(unit[0])
    return match.group(1) if match else ""


def _changes(unit: list[str], reader: list[str]) -> bool:
    """Whether a unit assigns to an array, or a part of it, that another unit reads."""
    written = set()
    for row in unit:
        left, _, _ = _ASSIGNED.split(row, maxsplit=1) if _ASSIGNED.search(row) else ("", "", "")
        written |= set(re.findall(r"\w+", left))
    return bool(written & _words(reader))


def _words(unit: list[str]) -> set[str]:
    return set(re.findall(r"\w+", " ".join(unit)))
