"""Parts that are the same for several positions in a row, computed once for each run of them.

What depends on `⌊i / 2⌋` only, such as the number of entries of a window that attain its maximum, is an array
with one entry for every two positions: `D[⌊i / 2⌋]`.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from symderive.codegen.new_arrays import NewArrays
from symderive.codegen.new_names import NewNames
from symderive.codegen.rolled import placed
from symderive.codegen.shared_parts import labels_of, put_in
from symderive.core.identity import free_indices, substitute, with_args
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Binder, Entry, Index, Tensor, TensorNode
from symderive.core.positions import Inside, Quotient, bare, divided
from symderive.core.program import Definition, Program


def with_coarse_named(program: Program, names: NewNames) -> Program:
    """The program with such parts as arrays of their own; equal ones are made once."""
    if not any(made.body.has(Quotient) for made in program.definitions):
        return program
    namer = _Namer(names)
    definitions: list[Definition] = []
    instead: dict[Tensor, Definition] = {}
    for made in program.definitions:
        body = namer.named(put_in(made.body, instead), made.indices)
        definitions += namer.taken()
        whole = isinstance(body, Entry) and body.tensor in namer.known.values()
        if whole and made.tensor not in program.outputs and not _is_read_whole(made.tensor, program):
            instead[made.tensor] = made.with_body(body)
        else:
            definitions.append(made.with_body(body))
    return Program(program.inputs, tuple(definitions), program.outputs)


def _is_read_whole(tensor: Tensor, program: Program) -> bool:
    """Whether an inverse or the like refers to an array."""
    return any(node.tensor == tensor for made in program.definitions for node in made.body.atoms(MatrixNode))


def runs_of(expr: sympy.Expr) -> dict[Index, sympy.Expr] | None:
    """The indices that occur in `⌊i / s⌋` only, where s divides their extent, and these s.

    Returns:
        None where one of them occurs in another way too.
    """
    steps: dict[Index, sympy.Expr] = {}
    for one in expr.atoms(Quotient):
        index, step = (bare(arg) for arg in one.args)
        fits = isinstance(index, Index) and step.is_Integer and divided(index.dim, step) is not None
        if not fits or steps.setdefault(index, step) != step:
            return None
    marked = expr.xreplace({one: sympy.Dummy(integer=True) for one in expr.atoms(Quotient)})
    return None if free_indices(marked) & steps.keys() or marked.has(Quotient) else steps


class _Namer(NewArrays):
    """Makes the arrays of such parts."""

    def named(self, expr: sympy.Expr, indices: Sequence[Index]) -> sympy.Expr:
        """An expression with its largest parts of this kind by name."""
        if not expr.has(Quotient) or isinstance(expr, (TensorNode, Inside, Quotient)) or expr.is_Boolean:
            return expr
        if self.is_one(expr, indices):
            return self.array(expr, indices)
        if isinstance(expr, Binder):
            return expr
        if isinstance(expr, sympy.Mul):
            whole = [one for one in expr.args if self.is_part(one, indices)]
            if len(whole) > 1 and not all(isinstance(one, Entry) for one in whole):
                rest = [self.named(one, indices) for one in expr.args if one not in whole]
                return sympy.Mul(self.array(sympy.Mul(*whole), indices), *rest)
        if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow, sympy.Function)):
            return expr
        return with_args(
            expr, [self.named(arg, indices) if isinstance(arg, sympy.Expr) else arg for arg in expr.args]
        )

    def is_part(self, expr: sympy.Expr, indices: Sequence[Index]) -> bool:
        """Whether the free indices of an expression that it divides occur in no other way."""
        steps = runs_of(expr) if expr.has(Quotient) and free_indices(expr) <= set(indices) else None
        return bool(steps) and steps is not None and steps.keys() <= free_indices(expr)

    def is_one(self, expr: sympy.Expr, indices: Sequence[Index]) -> bool:
        """Whether an expression is such a part and more than an entry that is read, or a multiple of one."""
        arrays = [one for one in sympy.Mul.make_args(expr) if free_indices(one)]
        plain = len(arrays) == 1 and isinstance(arrays[0], Entry)
        return not plain and self.is_part(expr, indices)

    def array(self, expr: sympy.Expr, indices: Sequence[Index]) -> sympy.Expr:
        """An entry of the array that holds a part."""
        steps = runs_of(expr) or {}
        own = [index for index in indices if index in labels_of(expr)]
        short = {one: Index(one.name, divided(one.dim, step)) for one, step in steps.items()}
        labels = tuple(short.get(index, index) for index in own)
        body = substitute(expr, {one: steps[one] * inner for one, inner in short.items()})
        places = (placed(Quotient(one, steps[one]), short[one].dim) if one in steps else one for one in own)
        return Entry(self.tensor(body, labels), *places)


def repeated_read(name: str, entry: Entry) -> tuple[str, tuple[Index, ...]] | None:
    """The code that reads `D[⌊i / s⌋]`; None for other positions."""
    steps = runs_of(entry)
    written, labels = name, []
    for place, (axis, size) in enumerate(zip(entry.axes, entry.tensor.shape, strict=True)):
        where = bare(axis)
        if isinstance(where, Quotient) and steps:
            index = bare(where.args[0])
            if sympy.expand(steps[index] * size - index.dim) != 0:
                return None
            written = f"np.repeat({written}, {steps[index]}, axis={place})"
            labels.append(index)
        elif isinstance(where, Index) and where.dim == size:
            labels.append(where)
        else:
            return None
    return (written, tuple(labels)) if written != name and len(set(labels)) == len(labels) else None
