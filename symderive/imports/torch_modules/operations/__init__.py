"""What the operations of torch are in our terms; one file for each kind of them, with `OPERATIONS`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from symderive.imports.torch_modules.call import Operation


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation that is known, by its name in torch without that of the overload.

    >>> {"convolution", "linear", "relu"} <= operations().keys()
    True
    """
    return _merged("OPERATIONS")


@cache
def operations_on_pairs() -> Mapping[str, Operation]:
    """What is known of operations on complex numbers.

    >>> sorted(operations_on_pairs())
    ['add', 'mul', 'sub']
    """
    return _merged("ON_PAIRS")


@cache
def contractions() -> frozenset[str]:
    """The matrix products and convolutions, which are counted of whole numbers, too."""
    return frozenset(_merged("CONTRACTIONS"))


@cache
def moves() -> frozenset[str]:
    """The operations that move entries and compute nothing, whatever the entries are."""
    return frozenset(_merged("MOVES"))


@cache
def reasons() -> Mapping[str, str]:
    """Why an operation is not counted, by its name."""
    return _merged("REASONS")


def _merged(name: str) -> dict[str, Any]:
    """What all files say under a name, in one mapping; the keys alone of a list."""
    found: dict[str, Any] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        own: Mapping[str, Any] | Iterable[str] = getattr(
            importlib.import_module(f"{__name__}.{module.name}"), name, {}
        )
        found |= own if isinstance(own, Mapping) else dict.fromkeys(own)
    return found
