"""Array libraries that code is written for: every file of this package that has a `LIBRARY` is one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from symderive.codegen.libraries.record import Library
from symderive.errors import SymderiveError, did_you_mean


@cache
def libraries() -> dict[str, Library]:
    """All of them by name, in the order of their file names."""
    found: dict[str, Library] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        made = getattr(loaded, "LIBRARY", None)
        if isinstance(made, Library):
            found[made.name] = made
    return found


def library(name: str) -> Library:
    """The library of that name.

    Raises:
        SymderiveError: there is none.

    >>> library("torch").title
    'PyTorch'
    """
    made = libraries().get(name)
    if made is None:
        known, nearest = ", ".join(f'"{one}"' for one in libraries()), did_you_mean(str(name), libraries())
        raise SymderiveError(f'backend: "{name}" is not known; it is one of {known}{nearest}')
    return made
