"""What the operations of torch are in our terms; one file for each kind of them, with `OPERATIONS`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from symderive.imports.torch_modules.call import Operation


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation that is known, by its name in torch without that of the overload.

    >>> {"convolution", "linear", "relu"} <= operations().keys()
    True
    """
    found: dict[str, Operation] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        found |= importlib.import_module(f"{__name__}.{module.name}").OPERATIONS
    return found
