"""Reductions over axes: sum, mean, product, largest entry, norms, variance and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexMax, IndexMin, IndexProduct, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.functions.kinked import absolute
from symderive.layers.equations import count_of, defined, entry_of, indices_over
from symderive.layers.fields import one_of
from symderive.layers.normalisation import moments, squares_of
from symderive.networks.operations.operation import Operation

Over: TypeAlias = tuple[Index, ...]
Equations: TypeAlias = Callable[[Entry, Over, int], tuple[Definition, ...]]


def _of(read: Entry, over: Over, body: sympy.Expr, name: str = "y") -> Definition:
    """The equation of an array with the axes of an entry that are left."""
    return defined(name, tuple(index for index in read.axes if index not in over), body)


def _folded(fold: Callable[..., sympy.Expr]) -> Equations:
    """`y[n] = fold_k x[n, k]`."""
    return lambda read, over, _: (_of(read, over, fold(read, *over)),)


def _first(made: Definition, fold: Callable[[sympy.Expr], sympy.Expr], over: Over) -> tuple[Definition, ...]:
    """What a function makes of each entry, and a function of the sum of that."""
    read = entry_of(made)
    total = _of(read, over, IndexSum(read, *over), "total")
    result = fold(entry_of(total))
    if result == entry_of(total):
        return made, _of(read, over, total.body)
    return made, total, _of(read, over, result)


def _variance(read: Entry, over: Over, correction: int) -> tuple[Definition, ...]:
    """The mean, what is left without it, its squares, and their sum over the count less `correction`."""
    mean, centred, squares, _ = moments(read.tensor, read.axes, over)
    each = entry_of(squares)
    return mean, centred, squares, _of(each, over, IndexSum(each, *over) / (count_of(over) - correction))


def _deviation(read: Entry, over: Over, correction: int) -> tuple[Definition, ...]:
    *made, last = _variance(read, over, correction)
    variance = defined("variance", last.indices, last.body)
    return *made, variance, _of(read, over, sympy.sqrt(entry_of(variance)))


def _mean(read: Entry, over: Over, _: int) -> tuple[Definition, ...]:
    return (_of(read, over, IndexSum(read, *over) / count_of(over)),)


def _log_sum(read: Entry, over: Over, _: int) -> tuple[Definition, ...]:
    total = _of(read, over, IndexSum(read, *over), "total")
    return total, _of(read, over, sympy.log(entry_of(total)))


def _powers(function: Callable[[Entry], sympy.Expr], last: Callable[[sympy.Expr], sympy.Expr]) -> Equations:
    return lambda read, over, _: _first(defined("each", read.axes, function(read)), last, over)


def _itself(expr: sympy.Expr) -> sympy.Expr:
    return expr


def _squares(last: Callable[[sympy.Expr], sympy.Expr]) -> Equations:
    return lambda read, over, _: _first(squares_of(read), last, over)


REDUCTIONS: Mapping[str, Equations] = {
    "sum": _folded(IndexSum),
    "mean": _mean,
    "max": _folded(IndexMax),
    "min": _folded(IndexMin),
    "argmax": _folded(IndexMax),
    "argmin": _folded(IndexMin),
    "prod": _folded(IndexProduct),
    "logsum": _log_sum,
    "logsumexp": _powers(sympy.exp, sympy.log),
    "norm1": _powers(absolute, _itself),
    "norm2": _squares(sympy.sqrt),
    "sumsquare": _squares(_itself),
    "var": _variance,
    "std": _deviation,
}
"""The equations of each kind. The squares of norms are elementwise multiplications, and no MACs."""


@dataclass(frozen=True)
class Reduction(Operation):
    """One number for each position of the axes that are left: `y[n, c] = Σ_{i,j} x[n, c, i, j] / (H·W)`.

    The place of the largest or smallest entry ("argmax", "argmin") takes the comparisons that the entry
    takes, and its equation is that of the entry.

    Args:
        shape: the shape of the input.
        over: the axes that go; negative ones count from the end.
        kind: "sum", "mean", "max", "min", "argmax", "argmin", "prod", "logsum" (log of the sum), "logsumexp",
            "norm1", "norm2", "sumsquare", "var" or "std".
        correction: for "var" and "std", what is taken off the number of entries that is divided by.

    Raises:
        ShapeError: not sizes, or no such axis.
        SymderiveError: an unknown kind.

    >>> Reduction((2, 3, 5, 7), (2, 3)).output_shape
    (2, 3)
    >>> print(Reduction((2, 3), (1,), "norm2").program())
    squares[n1, n2] = x[n1, n2]**2
    total[n1] = Sum[n2](squares[n1, n2])
    y[n1] = sqrt(total[n1])
    """

    over: tuple[int, ...] = (-1,)
    kind: str = "mean"
    correction: int = 0

    def _settle(self) -> None:
        super()._settle()
        one_of(self.kind, REDUCTIONS, "Reduction: unknown kind")
        object.__setattr__(self, "over", self.axis_numbers(self.over))

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axes that are left."""
        return tuple(size for axis, size in enumerate(self.shape) if axis not in self.over)

    def program(self) -> Program:
        """The equations with the input x."""
        indices = indices_over("n", self.shape)
        read = Entry(Tensor("x", self.shape), *indices)
        made = REDUCTIONS[self.kind](read, tuple(indices[axis] for axis in self.over), self.correction)
        return Program((read.tensor,), made, (made[-1].tensor,))
