"""Programs written out entry by entry in plain SymPy symbols, for comparison with SymPy's own derivatives."""

from __future__ import annotations

from itertools import product

import sympy

from symderive.core.identity import substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Program

Table = dict[Tensor, dict[tuple[int, ...], sympy.Expr]]


def positions(tensor: Tensor) -> list[tuple[int, ...]]:
    """All positions of an array of known sizes."""
    return list(product(*(range(int(size)) for size in tensor.shape)))


def symbols_of(tensor: Tensor) -> dict[tuple[int, ...], sympy.Symbol]:
    """One positive symbol per entry, so that SymPy's logarithms and roots differentiate without cases."""
    return {
        at: sympy.Symbol("_".join([str(tensor.name), *map(str, at)]), positive=True)
        for at in positions(tensor)
    }


def written_out(expr: sympy.Expr, table: Table) -> sympy.Expr:
    """An expression without free indices in terms of symbols."""
    if isinstance(expr, Entry):
        at = tuple(int(axis) for axis in expr.axes)
        return table[expr.tensor].get(at, sympy.S.Zero)
    if isinstance(expr, IndexSum):
        total = sympy.S.Zero
        for at in product(*(range(int(index.dim)) for index in expr.indices)):
            numbers = dict(zip(expr.indices, map(sympy.Integer, at), strict=True))
            total += written_out(substitute(expr.body, numbers), table)
        return total
    if isinstance(expr, Delta):
        left, right = expr.args
        return sympy.Integer(left == right)
    if isinstance(expr, Index):
        raise TypeError(f"{expr} is free")
    return expr.func(*(written_out(arg, table) for arg in expr.args)) if expr.args else expr


def tables(program: Program) -> Table:
    """Every array of a program, entry by entry."""
    table: Table = {tensor: dict(symbols_of(tensor)) for tensor in program.inputs}
    for made in program.definitions:
        table[made.tensor] = {
            at: written_out(made.at([sympy.Integer(k) for k in at]), table) for at in positions(made.tensor)
        }
    return table
