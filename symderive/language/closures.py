"""An expression as nested Python functions of the values of its indices."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy

from symderive.core.identity import free_indices
from symderive.core.matrix_nodes import CHOLESKY, CholeskyEntry, InverseEntry, LogAbsDet, MatrixNode
from symderive.core.nodes import (
    Binder,
    Delta,
    Entry,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Tensor,
)
from symderive.core.positions import Inside, Loose, Quotient, Remainder
from symderive.core.singular_nodes import SingularNode
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.errors import SymderiveError
from symderive.functions import by_head
from symderive.language.elimination import Rows, cholesky_factor, inverse_and_determinant
from symderive.language.scalars import PLAIN, RELATIONS, exponential, guarded, power, whole
from symderive.language.singular_values import read_off_singular
from symderive.language.tables import Sizes, Table, known_size

Position = list[int]  # the values of all indices in scope
Value = Callable[[Position], float]
Place = Callable[[Position], int]
Positions = Callable[[Position], Iterable[tuple[int, ...]]]


class Reading:
    """Turns an expression into nested Python functions of the values of the indices, once."""

    def __init__(self, tables: Mapping[Tensor, Table], sizes: Sizes, name: str) -> None:
        self.tables, self.sizes, self.name, self.slots = tables, sizes, name, 0

    def value(self, expr: sympy.Basic, scope: Mapping[Index, int]) -> Value:
        """The function that computes `expr`; `scope` says where the value of each index stands."""
        self.slots = max(self.slots, len(scope))
        if isinstance(expr, Entry):
            return self.entry(expr, scope)
        if isinstance(expr, MatrixNode):
            return self.of_matrix(expr, scope)
        if isinstance(expr, IndexSum):
            return self.total(expr, scope)
        if isinstance(expr, IndexProduct):
            return self.multiplied(expr, scope)
        if isinstance(expr, (IndexMax, IndexMin)):
            return self.extreme(expr, scope)
        if isinstance(expr, IndexLogSum):
            return self.log_total(expr, scope)
        if isinstance(expr, SoftmaxEntry):
            return self.value(expr.as_exponential, scope)
        if isinstance(expr, Delta):
            left, right = (self.place(arg, scope) for arg in expr.args)
            return lambda at: 1.0 if left(at) == right(at) else 0.0
        if isinstance(expr, Inside):
            place, extent = (self.place(arg, scope) for arg in expr.args)
            return lambda at: 1.0 if 0 <= place(at) < extent(at) else 0.0
        if isinstance(expr, sympy.Piecewise):
            return self.piecewise(expr, scope)
        if isinstance(expr, sympy.Mul) and any(isinstance(factor, Inside) for factor in expr.args):
            return self.bracketed(expr, scope)
        if isinstance(expr, (Quotient, Remainder)):
            place = self.place(expr, scope)
            return lambda at: float(place(at))
        if isinstance(expr, Index):
            place = self.place(expr, scope)
            return lambda at: float(place(at))
        if not expr.args:
            return self.constant(expr)
        return self.operation(expr, [self.value(arg, scope) for arg in expr.args])

    def bracketed(self, expr: sympy.Mul, scope: Mapping[Index, int]) -> Value:
        """A product with brackets: 0 where one of them is, even where another factor has no value."""
        brackets = [self.value(one, scope) for one in expr.args if isinstance(one, Inside)]
        rest = self.value(sympy.Mul(*(one for one in expr.args if not isinstance(one, Inside))), scope)
        return lambda at: rest(at) if all(bracket(at) for bracket in brackets) else 0.0

    def constant(self, expr: sympy.Basic) -> Value:
        """A number, or a size whose value is known."""
        number = expr.xreplace(self.sizes)
        if not number.is_number:
            raise SymderiveError(f"evaluating {self.name}: {expr} has no value; give it in `sizes`.")
        if not number.is_extended_real:
            raise SymderiveError(f"evaluating {self.name}: {expr} is not a real number.")
        constant = float(number)
        return lambda at: constant

    def operation(self, expr: sympy.Basic, args: list[Value]) -> Value:
        """Sums, products, powers and the functions of the catalogue."""
        if isinstance(expr, sympy.Add):
            return _folded(lambda x, y: x + y, args)
        if isinstance(expr, sympy.Mul):
            return _folded(lambda x, y: x * y, args)
        if isinstance(expr, sympy.Pow):
            base, exponent = args
            return lambda at: power(base(at), exponent(at))
        plain = PLAIN.get(type(expr))
        if plain is not None:
            return _folded(plain, args) if len(args) > 1 else _called(plain, args)
        entry = by_head().get(type(expr))
        if entry is None or entry.scalar is None:
            raise SymderiveError(
                f"evaluating {self.name}: the function {type(expr).__name__} has no scalar value."
            )
        return _called(entry.scalar, args)

    def entry(self, expr: Entry, scope: Mapping[Index, int]) -> Value:
        """The stored number, or 0 where a position lies outside."""
        table = self.tables.get(expr.tensor)
        if table is None:
            raise SymderiveError(f"evaluating {self.name}: {expr.tensor.name} has no value yet.")
        entries, shape = table.entries, table.shape
        places = [self.place(axis, scope) for axis in expr.axes]

        def read(at: Position) -> float:
            offset = 0
            for place, size in zip(places, shape, strict=True):
                spot = place(at)
                if not 0 <= spot < size:
                    return 0.0
                offset = offset * size + spot
            return entries[offset]

        return read

    def of_matrix(self, expr: MatrixNode, scope: Mapping[Index, int]) -> Value:
        """An entry of the inverse, the determinant or its logarithm, by Gaussian elimination."""
        table = self.tables.get(expr.tensor)
        if table is None:
            raise SymderiveError(f"evaluating {self.name}: {expr.tensor.name} has no value yet.")
        places = [self.place(axis, scope) for axis in expr.axes]
        count, (height, size) = len(expr.lead), table.shape[-2:]
        kept: dict[tuple[int, ...], Rows] = {}

        def read(at: Position) -> float:
            spots = [place(at) for place in places]
            which = tuple(spots[:count])
            if which not in kept:
                start = 0
                for spot, extent in zip(which, table.shape[:count], strict=True):
                    start = start * extent + spot
                entries = table.entries[height * size * start : height * size * (start + 1)]
                rows = [entries[size * row : size * (row + 1)] for row in range(height)]
                kept[which] = _read_off(expr, rows)
            row, column = spots[count:] or (0, 0)
            return kept[which][row][column]

        return read

    def place(self, expr: sympy.Expr, scope: Mapping[Index, int]) -> Place:
        """A position along an axis, an exact integer."""
        if isinstance(expr, Index):
            if expr not in scope:
                raise SymderiveError(f"evaluating {self.name}: index {expr.name} is not bound.")
            slot = scope[expr]
            return lambda at: at[slot]
        constant = expr if free_indices(expr) else expr.xreplace(self.sizes)
        if constant.is_Integer:
            fixed = int(constant)
            return lambda at: fixed
        if isinstance(expr, (sympy.Add, sympy.Mul)):
            first, *others = (self.place(arg, scope) for arg in expr.args)
            if isinstance(expr, sympy.Add):
                return lambda at: first(at) + sum(other(at) for other in others)
            return lambda at: math.prod((other(at) for other in others), start=first(at))
        if isinstance(expr, (Quotient, Remainder)):
            inner, size = (self.place(arg, scope) for arg in expr.args)
            if isinstance(expr, Quotient):
                return lambda at: inner(at) // size(at)
            return lambda at: inner(at) % size(at)
        if isinstance(expr, Loose):
            return self.place(expr.args[0], scope)
        if isinstance(expr, Entry):
            value = self.entry(expr, scope)
            return lambda at: whole(value(at), expr)
        raise SymderiveError(f"evaluating {self.name}: the position {expr} is not an integer.")

    def total(self, expr: IndexSum, scope: Mapping[Index, int]) -> Value:
        """The sum over all positions of the bound indices.

        Long products are summed index by index. A sum inside a sum is kept for each position it depends on.
        """
        if len(expr.indices) > 2 and isinstance(expr.body, sympy.Mul):
            return self.total(_index_by_index(expr), scope)
        add_up = self.plain_total(expr, scope)
        own = [scope[index] for index in scope if index in free_indices(expr)]
        if len(own) == len(scope):
            return add_up
        kept: dict[tuple[int, ...], float] = {}

        def remember(at: Position) -> float:
            key = tuple(at[slot] for slot in own)
            if key not in kept:
                kept[key] = add_up(at)
            return kept[key]

        return remember

    def plain_total(self, expr: IndexSum, scope: Mapping[Index, int]) -> Value:
        """The sum over all positions of the bound indices."""
        return self.accumulated(expr, scope, 0.0, operator.add)

    def multiplied(self, expr: IndexProduct, scope: Mapping[Index, int]) -> Value:
        """The product over all positions of the bound indices."""
        return self.accumulated(expr, scope, 1.0, operator.mul)

    def accumulated(
        self,
        expr: Binder,
        scope: Mapping[Index, int],
        start: float,
        join: Callable[[float, float], float],
    ) -> Value:
        """The values at all positions of the bound indices, joined one by one."""
        body, slots, positions = self.bound(expr, scope)

        def accumulate(at: Position) -> float:
            result = start
            for position in positions(at):
                for slot, spot in zip(slots, position, strict=True):
                    at[slot] = spot
                result = join(result, body(at))
            return result

        return accumulate

    def extreme(self, expr: IndexMax | IndexMin, scope: Mapping[Index, int]) -> Value:
        """The largest or smallest value over all positions of the bound indices; NaN where one is NaN."""
        body, slots, positions = self.bound(expr, scope)
        sign = 1.0 if isinstance(expr, IndexMax) else -1.0
        empty = any(not index.within and known_size(index.dim, self.sizes) == 0 for index in expr.indices)
        if empty:
            what = "maximum" if sign > 0 else "minimum"
            raise SymderiveError(f"evaluating {self.name}: a {what} over no positions has no value.")

        def search(at: Position) -> float:
            result = -math.inf
            for position in positions(at):
                for slot, spot in zip(slots, position, strict=True):
                    at[slot] = spot
                here = sign * body(at)
                if here > result or here != here:
                    result = here
                if result != result:
                    break
            return sign * result

        return search

    def log_total(self, expr: IndexLogSum, scope: Mapping[Index, int]) -> Value:
        """`M + log Σ w exp(f − M)` with the largest exponent M; NaN for a negative sum."""
        weight, slots, positions = self.bound(IndexSum(expr.weight, *expr.indices), scope)
        exponent = self.bound(IndexSum(expr.exponent, *expr.indices), scope)[0]

        def add_up(at: Position) -> float:
            terms = []
            for position in positions(at):
                for slot, spot in zip(slots, position, strict=True):
                    at[slot] = spot
                terms.append((weight(at), exponent(at)))
            largest = max((f for _, f in terms if math.isfinite(f)), default=0.0)
            total = sum(w * guarded(exponential, f - largest) for w, f in terms)
            return largest + (math.log(total) if total > 0 else math.nan if total else -math.inf)

        return add_up

    def bound(self, expr: Binder, scope: Mapping[Index, int]) -> tuple[Value, list[int], Positions]:
        """The body with the bound indices in scope, their slots, and all their positions."""
        slots = list(range(len(scope), len(scope) + len(expr.indices)))
        # An index that is bound again hides the outer one; the outer one keeps its slot under another key.
        hidden: dict[Any, int] = {
            (index if index not in expr.indices else ("hidden", index)): slot for index, slot in scope.items()
        }
        inner = {**hidden, **dict(zip(expr.indices, slots, strict=True))}
        body = self.value(expr.body, inner)
        if any(index.within for index in expr.indices):
            return body, slots, self.nested(expr.indices, inner)
        extents = [range(known_size(index.dim, self.sizes)) for index in expr.indices]
        return body, slots, lambda at: itertools.product(*extents)

    def nested(self, indices: Sequence[Index], scope: Mapping[Index, int]) -> Positions:
        """All positions of indices of which some have an extent that depends on other indices."""
        order = sorted(indices, key=lambda index: len(index.within))
        extents = [self.place(index.dim, scope) for index in order]

        def positions(at: Position, depth: int = 0) -> Iterator[tuple[int, ...]]:
            if depth == len(order):
                yield tuple(at[scope[index]] for index in indices)
                return
            for spot in range(extents[depth](at)):
                at[scope[order[depth]]] = spot
                yield from positions(at, depth + 1)

        return positions

    def piecewise(self, expr: sympy.Piecewise, scope: Mapping[Index, int]) -> Value:
        """The first piece whose condition holds; NaN where none does."""
        pieces = [(self.value(piece, scope), self.condition(holds, scope)) for piece, holds in expr.args]

        def choose(at: Position) -> float:
            return next((piece(at) for piece, holds in pieces if holds(at)), math.nan)

        return choose

    def condition(self, expr: sympy.Basic, scope: Mapping[Index, int]) -> Callable[[Position], bool]:
        """The function that decides a condition."""
        if expr in (sympy.true, sympy.false):
            fixed = bool(expr)
            return lambda at: fixed
        if type(expr) in RELATIONS:
            relation = RELATIONS[type(expr)]
            left, right = (self.value(arg, scope) for arg in expr.args)
            return lambda at: relation(left(at), right(at))
        if isinstance(expr, (sympy.And, sympy.Or, sympy.Not)):
            parts = [self.condition(arg, scope) for arg in expr.args]
            if isinstance(expr, sympy.Not):
                return lambda at: not parts[0](at)
            decide = all if isinstance(expr, sympy.And) else any
            return lambda at: decide(part(at) for part in parts)
        raise SymderiveError(f"evaluating {self.name}: the condition {expr} is not supported.")


def _read_off(expr: MatrixNode, rows: Rows) -> Rows:
    """The inverse, the Cholesky factor or its inverse; a determinant or its logarithm as 1×1."""
    if isinstance(expr, SingularNode):
        return read_off_singular(expr, rows)
    if isinstance(expr, CHOLESKY):
        factor = cholesky_factor(rows)
        return factor if isinstance(expr, CholeskyEntry) else inverse_and_determinant(factor)[0]
    inverse, determinant = inverse_and_determinant(rows)
    if isinstance(expr, InverseEntry):
        return inverse
    if isinstance(expr, LogAbsDet):
        determinant = math.log(abs(determinant)) if determinant else -math.inf
    return [[determinant]]


def _index_by_index(expr: IndexSum) -> IndexSum:
    """`Σ_pqr a_p b_pq c_qr` as `Σ_p a_p Σ_q b_pq Σ_r c_qr`: the same sum in far fewer operations."""
    factors, waiting = list(expr.body.args), list(expr.indices)
    while len(waiting) > 1:
        groups = {index: [one for one in factors if index in free_indices(one)] for index in waiting}
        outer = frozenset().union(*(index.within for index in waiting))
        inmost = [index for index in waiting if index not in outer]
        index = min(inmost, key=lambda one: len(frozenset().union(*map(free_indices, groups[one]))))
        waiting.remove(index)
        inner = sympy.Mul(*groups[index])
        factors = [one for one in factors if one not in groups[index]]
        factors.append(IndexSum(inner, index) if groups[index] else index.dim)
    return IndexSum(sympy.Mul(*factors), *waiting)


def _folded(operation: Callable[[float, float], float], args: Sequence[Value]) -> Value:
    if len(args) == 2:
        left, right = args
        return lambda at: operation(left(at), right(at))
    first, *others = args

    def fold(at: Position) -> float:
        result = first(at)
        for other in others:
            result = operation(result, other(at))
        return result

    return fold


def _called(function: Callable[..., float], args: Sequence[Value]) -> Value:
    if len(args) == 1:
        (only,) = args
        return lambda at: guarded(function, only(at))
    return lambda at: guarded(function, *(arg(at) for arg in args))
