"""The catalogue of elementwise functions: every file of this package that has an `ENTRIES` list is in it."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from symderive.functions.record import Elementwise


@cache
def catalogue() -> tuple[Elementwise, ...]:
    """All elementwise functions, in the order of their file names."""
    entries: list[Elementwise] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        entries.extend(getattr(loaded, "ENTRIES", ()))
    return tuple(entries)


@cache
def by_call() -> dict[str, Elementwise]:
    """Entry by the full name of the NumPy or SciPy function that means it."""
    return {call: entry for entry in catalogue() for call in entry.calls}


@cache
def by_head() -> dict[Any, Elementwise]:
    """Entry by the SymPy class of the expression."""
    return {entry.head: entry for entry in catalogue() if entry.head is not None}


@cache
def by_name() -> dict[str, Elementwise]:
    """Entry by the project's own name."""
    return {entry.name: entry for entry in catalogue()}
