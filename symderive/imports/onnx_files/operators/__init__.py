"""What each operator of ONNX is in our own terms: every file with `OPERATORS` is in the catalogue.

A function takes the `Call` and gives the values of the node's outputs. Operators of other domains than ONNX's
own are listed as `domain:Name`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any


@cache
def operators() -> Mapping[str, Callable[..., Any]]:
    """All operators by name.

    >>> {"Conv", "MatMul", "Reshape"} <= operators().keys()
    True
    """
    found: dict[str, Callable[..., Any]] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        found |= importlib.import_module(f"{__name__}.{module.name}").OPERATORS
    return found
