"""Programs whose rows are only summed over, computed in blocks of rows that stay in the cache.

Every equation is of one of four kinds: it has no rows; it is computed row by row; it is a sum over the rows
of such; or it comes after these sums. The sums are collected block by block, so nothing as long as the data
is ever held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy

from symderive.codegen.contraction_order import usual_size
from symderive.codegen.from_forms import UNARY, constant
from symderive.codegen.new_names import NewNames
from symderive.core.dims import Dim
from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import Binder, Delta, Entry, Index, IndexSum, Tensor, TensorNode
from symderive.core.program import Definition, Program

_IN_CACHE = 2**15  # entries of a block: 256 KB in double precision
_FEWEST = 256  # rows


@dataclass(frozen=True)
class RowBlocks:
    """The equations by when they are computed.

    Attributes:
        rows: the number of rows.
        height: the name of the number of rows in a block.
        before: without rows.
        inside: in each block, of the rows of the block.
        sums: in each block too, added up.
        behind: after the last block.
        width: the number of entries of the widest array in one row.
        start_name: the variable that holds the first row of a block.
        rows_name: that holds its rows.
        step_name: that holds the number of rows in a block.
    """

    rows: sympy.Symbol
    height: sympy.Symbol
    before: tuple[Definition, ...]
    inside: tuple[Definition, ...]
    sums: tuple[Definition, ...]
    behind: tuple[Definition, ...]
    width: sympy.Expr
    start_name: str
    rows_name: str
    step_name: str

    @property
    def step(self) -> str:
        """Code of the number of rows of which one array stays in the cache."""
        written, level = constant(self.width)
        return f"max({_FEWEST}, {_IN_CACHE} // {written if level >= UNARY else f'({written})'})"

    def owned(self, outputs: Iterable[Tensor]) -> set[str]:
        """The names of the sums that one later equation reads and nothing else."""
        reads = [tensor for made in self.behind for tensor in tensors_of(made.body)]
        kept = set(outputs)
        sums = (made.tensor for made in self.sums)
        return {str(tensor.name) for tensor in sums if tensor not in kept and reads.count(tensor) == 1}


def in_blocks(program: Program, names: NewNames) -> RowBlocks | None:
    """The program by blocks of rows; None where no size is only summed over.

    Args:
        program: the equations as they are computed.
        names: for the sums that have no name.
    """
    sizes = dict.fromkeys(
        size for tensor in program.inputs for size in tensor.shape[:1] if isinstance(size, sympy.Symbol)
    )
    for size in sizes:
        found = _Sorting(program, size, names).blocks()
        if found is not None:
            return found
    return None


class _NotByRowsError(Exception):
    """An equation mixes rows other than by a sum."""


class _Sorting:
    """Sorts the equations of a program by their dependence on the rows."""

    def __init__(self, program: Program, rows: sympy.Symbol, names: NewNames) -> None:
        self.program, self.rows, self.names = program, rows, names
        self.part = "rows"
        self.by_rows: set[Tensor] = set()
        self.late: set[Tensor] = set()
        self.kinds: dict[str, list[Definition]] = {"before": [], "inside": [], "sums": [], "behind": []}

    def blocks(self) -> RowBlocks | None:
        """The equations sorted; None where one of them is of no kind."""
        try:
            for tensor in self.program.inputs:
                if self.has_rows(tensor):
                    self.by_rows.add(tensor)
            for made in self.program.definitions:
                self.sort(made)
        except _NotByRowsError:
            return None
        if not self.kinds["sums"] or any(tensor in self.by_rows for tensor in self.program.outputs):
            return None
        height = Dim(self.names.like("block"))
        self.part = self.names.like("rows")
        widths = [sympy.Mul(*tensor.shape) / self.rows for tensor in self.by_rows]
        return RowBlocks(
            self.rows,
            height,
            tuple(self.kinds["before"]),
            tuple(self.within(made, height) for made in self.kinds["inside"]),
            tuple(self.within(made, height) for made in self.kinds["sums"]),
            tuple(self.kinds["behind"]),
            max(widths, key=lambda one: (usual_size(one), str(one))),
            self.names.like("start"),
            self.part,
            self.names.like("rows_per_block"),
        )

    def has_rows(self, tensor: Tensor) -> bool:
        """Whether one axis of an array runs over the rows.

        Raises:
            _NotByRowsError: several do, or an axis depends on their number in another way.
        """
        touched = [size for size in tensor.shape if self.rows in size.free_symbols]
        if touched and touched != [self.rows]:
            raise _NotByRowsError
        return bool(touched)

    def sort(self, made: Definition) -> None:
        """Put one equation where it belongs."""
        if self.has_rows(made.tensor):
            (row,) = (index for index in made.indices if index.dim == self.rows)
            self.check(made.body, row)
            if tensors_of(made.body) & self.late:
                raise _NotByRowsError
            self.by_rows.add(made.tensor)
            self.kinds["inside"].append(made)
            return
        body = self.with_sums(made.body, made)
        if (
            isinstance(body, Entry)
            and body.axes == made.indices
            and body.tensor in self.late
            and self.is_new(body)
        ):
            old = self.kinds["sums"].pop()
            self.late.discard(old.tensor)
            self.kinds["sums"].append(Definition(made.tensor, old.indices, old.body, made.rule))
            self.late.add(made.tensor)
            return
        self.check(body, None)
        late = bool(tensors_of(body) & self.late)
        if late:
            self.late.add(made.tensor)
        self.kinds["behind" if late else "before"].append(made.with_body(body))

    def is_new(self, entry: Entry) -> bool:
        """Whether an entry is that of the sum made last."""
        return bool(self.kinds["sums"] and self.kinds["sums"][-1].tensor == entry.tensor)

    def with_sums(self, expr: sympy.Expr, made: Definition) -> sympy.Expr:
        """An expression with every sum over the rows as an entry of an array of its own."""
        if isinstance(expr, IndexSum):
            rows = [index for index in expr.indices if index.dim == self.rows]
            if rows:
                if len(rows) > 1:
                    raise _NotByRowsError
                self.check(expr.body, rows[0])
                if tensors_of(expr.body) & self.late:
                    raise _NotByRowsError
                labels = tuple(index for index in made.indices if index in free_indices(expr))
                if set(labels) != free_indices(expr):
                    raise _NotByRowsError
                tensor = self.names.tensor(labels)
                self.kinds["sums"].append(Definition(tensor, labels, expr, made.rule))
                self.late.add(tensor)
                return Entry(tensor, *labels)
        if not expr.args or isinstance(expr, (TensorNode, Delta, Index)):
            return expr
        if isinstance(expr, Binder) and not isinstance(expr, IndexSum):
            return expr
        return expr.func(*(self.with_sums(arg, made) for arg in expr.args))

    def check(self, expr: sympy.Basic, row: Index | None) -> None:
        """See that rows are read at `row` only and that nothing else depends on their number or order.

        Raises:
            _NotByRowsError: something does.
        """
        if isinstance(expr, TensorNode):
            plain = isinstance(expr, Entry)
            for axis, size in zip(expr.axes, expr.tensor.shape, strict=True):
                if size == self.rows and (axis != row or not plain):
                    raise _NotByRowsError
                if size != self.rows and not _is_free_of(axis, self.rows):
                    raise _NotByRowsError
            return
        if isinstance(expr, Index):
            if expr.dim == self.rows or self.rows in expr.dim.free_symbols:
                raise _NotByRowsError
            return
        inner: Iterable[sympy.Basic] = expr.args
        if isinstance(expr, Binder):
            if any(self.rows in index.dim.free_symbols for index in expr.indices):
                raise _NotByRowsError
            inner = (expr.body,)
        for arg in inner:
            self.check(arg, row)

    def within(self, made: Definition, height: sympy.Symbol) -> Definition:
        """An equation for the rows of one block; what is given is read at `rows`."""
        inputs = {
            tensor: Tensor(_read(tensor, self.rows, self.part), self.shape(tensor, height), tensor.domain)
            for tensor in self.program.inputs
            if tensor in self.by_rows
        }
        new = {
            tensor: Tensor(tensor.name, self.shape(tensor, height), tensor.domain) for tensor in self.by_rows
        }
        body = _moved(made.body, {**new, **inputs}, self.rows, height)
        indices = tuple(Index(one.name, height) if one.dim == self.rows else one for one in made.indices)
        return Definition(new.get(made.tensor, made.tensor), indices, body, made.rule)

    def shape(self, tensor: Tensor, height: sympy.Symbol) -> tuple[sympy.Expr, ...]:
        """The shape of the part of an array in one block."""
        return tuple(height if size == self.rows else size for size in tensor.shape)


def _is_free_of(axis: sympy.Basic, rows: sympy.Symbol) -> bool:
    return (
        all(rows not in one.dim.free_symbols for one in axis.atoms(Index)) and rows not in axis.free_symbols
    )


def _read(tensor: Tensor, rows: sympy.Symbol, part: str) -> str:
    place = tensor.shape.index(rows)
    return f"{tensor.name}[{':, ' * place}{part}]"


def _moved(
    expr: sympy.Expr, tensors: dict[Tensor, Tensor], rows: sympy.Symbol, height: sympy.Symbol
) -> sympy.Expr:
    if isinstance(expr, Index):
        return Index(expr.name, height) if expr.dim == rows else expr
    if isinstance(expr, Entry):
        axes = (_moved(axis, tensors, rows, height) for axis in expr.axes)
        return Entry(tensors.get(expr.tensor, expr.tensor), *axes)
    if not expr.args or isinstance(expr, TensorNode):
        return expr
    return expr.func(*(_moved(arg, tensors, rows, height) for arg in expr.args))
