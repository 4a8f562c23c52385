"""Brackets in products and sums: ranges of indices that shrink, running sums, masks."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from symderive.codegen.axes import Labelled, Labels
from symderive.codegen.from_forms import ATOM, Code
from symderive.codegen.positions import is_some, with_pads
from symderive.core.identity import free_indices, substitute
from symderive.core.nodes import Index, IndexSum
from symderive.core.positions import Inside, bounds, is_surely_nonnegative, valid_range


@dataclass(frozen=True)
class Restricted:
    """A product over the range of an index in which its brackets are 1.

    Attributes:
        body: the product with the new index.
        order: the order of labels, with the new index in place of the old.
        index: the old index.
        inner: the new one.
        before: how many zeros stand before the range.
        behind: how many stand behind it.
    """

    body: sympy.Expr
    order: Labels
    index: Index
    inner: Index
    before: sympy.Expr
    behind: sympy.Expr


def range_of(bracket: Inside, index: Index) -> tuple[sympy.Expr, sympy.Expr] | None:
    """The range `low ≤ index < high` that a bracket over one index says; None for others."""
    if free_indices(bracket.position) != {index}:
        return None
    step = bracket.position.coeff(index, 1)
    offset = sympy.expand(bracket.position - step * index)
    if free_indices(offset) or abs(step) != 1:
        return None
    return valid_range(step, offset, index.dim, bracket.size)


def restricted(expr: sympy.Mul, order: Labels) -> Restricted | None:
    """The product without its first bracket over one index; None where there is none."""
    for factor in expr.args:
        if not isinstance(factor, Inside) or len(free_indices(factor)) != 1:
            continue
        (index,) = free_indices(factor)
        ends = range_of(factor, index)
        rest = sympy.Mul(*(one for one in expr.args if one is not factor))
        if ends is None or index not in free_indices(rest):
            continue
        low, high = ends
        if not is_some(high - low):
            continue
        inner = Index(index.name, sympy.expand(high - low))
        body = substitute(rest, {index: inner + low})
        if inner not in free_indices(body):
            continue
        new_order = tuple(inner if label == index else label for label in order)
        return Restricted(body, new_order, index, inner, low, sympy.expand(index.dim - high))
    return None


def padded(piece: Code, labels: Labels, part: Restricted) -> Labelled:
    """The code of a restricted product with zeros around it."""
    pads = [
        (part.before, part.behind) if label == part.inner else (sympy.S.Zero, sympy.S.Zero)
        for label in labels
    ]
    whole = tuple(part.index if label == part.inner else label for label in labels)
    return (with_pads(piece[0], pads, [label.dim for label in whole]), ATOM), whole


def over_ranges(expr: IndexSum) -> IndexSum:
    """The sum with bound indices over the ranges in which brackets of one index are 1."""
    body, indices = expr.body, list(expr.indices)
    for place, index in enumerate(indices):
        for factor in sympy.Mul.make_args(body):
            ends = range_of(factor, index) if isinstance(factor, Inside) else None
            if ends is None:
                continue
            rest = sympy.Mul(*(one for one in sympy.Mul.make_args(body) if one is not factor))
            inner = Index(index.name, sympy.expand(ends[1] - ends[0]))
            body = substitute(rest, {index: inner + ends[0]})
            indices[place] = inner
            break
    return expr if body is expr.body else IndexSum(body, *indices)


@dataclass(frozen=True)
class RunningSum:
    """`Σ_{p ≤ i} f(p)`, or from the other end."""

    body: sympy.Expr
    index: Index
    free: Index
    forward: bool

    def code(self, piece: Code, labels: Labels) -> Labelled:
        """The code of the running sum of a piece."""
        axis = labels.index(self.index)
        whole = tuple(self.free if label == self.index else label for label in labels)
        where = "" if len(labels) == 1 else f", axis={axis}"
        if self.forward:
            return (f"np.cumsum({piece[0]}{where})", ATOM), whole
        turn = ", ".join("::-1" if label == self.index else ":" for label in labels)
        read = piece[0] if piece[1] == ATOM else f"({piece[0]})"
        return (f"np.cumsum({read}[{turn}]{where})[{turn}]", ATOM), whole


def running_sum(expr: IndexSum) -> RunningSum | None:
    """A sum that runs up to, or from, a free index of the same extent; None for any other."""
    if len(expr.indices) != 1:
        return None
    (index,) = expr.indices
    for factor in sympy.Mul.make_args(expr.body):
        if not isinstance(factor, Inside):
            continue
        others = free_indices(factor) - {index}
        rest = sympy.Mul(*(one for one in sympy.Mul.make_args(expr.body) if one is not factor))
        if len(others) != 1 or others & free_indices(rest):
            continue
        (free,) = others
        ends = bounds(factor.position)
        upper = ends is not None and is_surely_nonnegative(sympy.expand(factor.size - 1 - ends[1]))
        if not upper or sympy.expand(free.dim - index.dim) != 0:
            continue
        if sympy.expand(factor.position - free + index) == 0:
            return RunningSum(rest, index, free, True)
        if sympy.expand(factor.position + free - index) == 0:
            return RunningSum(rest, index, free, False)
    return None
