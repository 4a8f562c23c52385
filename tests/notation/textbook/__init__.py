"""Printed formulas to the letter, one file a subject; a row is kind, loss, arrays, variable, text, LaTeX."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import symderive as sd
from symderive.numeric.draws import draw_all

SIZES = {"n": 5, "d": 3, "m": 4, "k": 2, "h": 6, "b": 8, "c": 7}

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


def numbers(program, seed: int = 3, sizes=SIZES):
    """A random point of the domains that are declared for the inputs of a program."""

    def extent(size) -> int:
        return int(size.xreplace({symbol: sizes[symbol.name] for symbol in size.free_symbols}))

    shapes = {str(t.name): (tuple(map(extent, t.shape)), str(t.domain)) for t in program.inputs}
    return dict(draw_all(shapes, seed=seed))
