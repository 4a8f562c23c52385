"""The updates of optimizers: one file each, holding the equations of one step.

A file defines `UPDATE`. Being in this folder is all that it takes to be known to `train_step` and in the
tests over it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from symderive.cost.training.update import Update
from symderive.errors import SymderiveError, did_you_mean

__all__ = ["optimizer", "optimizers"]


@cache
def optimizers() -> Mapping[str, Update]:
    """Every optimizer by the name of its file, in alphabetical order.

    >>> list(optimizers())
    ['adam', 'adamw', 'momentum', 'sgd']
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").UPDATE for name in names}


def optimizer(name: str) -> Update:
    """An optimizer by its name.

    Raises:
        SymderiveError: there is none; says which is near, or which there are.
    """
    known = optimizers()
    if name not in known:
        near = did_you_mean(str(name), known)
        listed = near if near != "." else f"; there are {', '.join(known)}."
        raise SymderiveError(f"training step: unknown optimizer {str(name)[:60]!r}{listed}")
    return known[name]
