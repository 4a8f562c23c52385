"""The sizes at which a derivation is checked: different for each symbol, and small enough to be quick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice, permutations
from math import prod

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Binder, Index, Tensor
from symderive.core.positions import bare
from symderive.core.program import Program
from symderive.derive.size_conditions import fits

Extents = tuple[Size, ...]
SIZES = (7, 3, 5, 4, 6, 2)
_LARGER, _MOST_TRIED = (11, 13, 9, 17), 5_000  # sizes for long slices, and how many choices are tried
_MOST_WORK = 50_000  # numbers, about, that the slow evaluator computes for one value of a loss


def usual_sizes(inputs: Iterable[Tensor]) -> dict[sympy.Symbol, int]:
    """Pairwise different sizes for the symbols of the inputs, in the order in which they occur."""
    symbols: dict[sympy.Symbol, None] = {}
    for tensor in inputs:
        for size in tensor.shape:
            symbols.update(dict.fromkeys(sorted(size.free_symbols, key=str)))
    return {symbol: SIZES[place] if place < len(SIZES) else 3 for place, symbol in enumerate(symbols)}


def fitting_sizes(program: Program, needed: tuple[sympy.Expr, ...]) -> dict[sympy.Symbol, int] | None:
    """The usual sizes, or the next ones in order for which what is `needed` is not negative, or None.

    Where the slow evaluator would compute very many numbers at them, as for products of Kronecker products,
    the sizes for which it computes the fewest.
    """
    usual = usual_sizes(program.inputs)
    others = islice(permutations((*SIZES, *_LARGER), min(len(usual), len(SIZES))), _MOST_TRIED)
    candidates = (usual | dict(zip(usual, numbers, strict=False)) for numbers in ((), *others))
    fitting = (sizes for sizes in candidates if fits(program, needed, sizes))
    first = next(fitting, None)
    if first is None or _numbers_computed(work := _work(program), first) <= _MOST_WORK:
        return first
    return min((first, *fitting), key=lambda sizes: _numbers_computed(work, sizes))


def _work(program: Program) -> Counter[Extents]:
    """How often the slow evaluator runs through which axes to compute a number each time."""
    found: Counter[Extents] = Counter()
    for made in program.definitions:
        _add_work(made.body, tuple(index.dim for index in made.indices), found)
    return found


def _add_work(expr: sympy.Basic, extents: Extents, found: Counter[Extents]) -> None:
    inside = (*extents, *(index.dim for index in expr.indices)) if isinstance(expr, Binder) else extents
    found[inside] += 1
    for arg in expr.args:
        if not isinstance(arg, Index):
            _add_work(arg, inside, found)


def _numbers_computed(work: Counter[Extents], sizes: Mapping[sympy.Symbol, int]) -> int:
    numbers = {symbol: sympy.Integer(value) for symbol, value in sizes.items()}
    dims = {dim for extents in work for dim in extents}
    known = {dim: int(bare(dim).xreplace(numbers)) for dim in dims}
    return sum(times * prod(known[dim] for dim in extents) for extents, times in work.items())
