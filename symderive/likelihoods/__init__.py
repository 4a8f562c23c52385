"""Distributions, one file each, and link functions.

A distribution states its density once, symbolically; log-likelihood, score, Hessian and information are
derived from it.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from symderive.errors import SymderiveError, did_you_mean
from symderive.likelihoods.record import Distribution


@cache
def distributions() -> dict[str, type[Distribution]]:
    """The distributions of this package by name: every file that has a `DISTRIBUTION` is in it."""
    found: dict[str, type[Distribution]] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        made = getattr(importlib.import_module(f"{__name__}.{module.name}"), "DISTRIBUTION", None)
        if made is not None:
            found[made.name] = made
    return found


def distribution(name: str) -> Distribution:
    """The distribution called `name`.

    Raises:
        SymderiveError: there is none; names the nearest.

    >>> distribution("poisson").support
    'count'
    """
    known = distributions()
    if name not in known:
        raise SymderiveError(f'choosing a distribution: "{name}" is not known{did_you_mean(name, known)}')
    return known[name]()
