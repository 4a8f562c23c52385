"""Printed formulas to the letter, one file a subject; a row is kind, loss, arrays, variable, text, LaTeX."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import symderive as sd

FORMULAS = [
    row
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name)
    for row in import_module(f"{__name__}.{module.name}").FORMULAS
]


def derived(kind: str, loss: str, arrays: str, wrt: str) -> sd.Derivation:
    """The derivation of a gradient or Hessian; `arrays` reads `X=n,d; y=n:sign`."""
    shapes = dict(one.split("=") for one in arrays.split("; "))
    sizes, _, domain = shapes[wrt].partition(":")
    variable = sd.array(wrt, *(sd.dims(size) for size in sizes.split(",") if size), domain=domain or "real")
    return {"gradient": sd.gradient, "hessian": sd.hessian}[kind](sd.parse(loss, **shapes), variable)
