"""What a slice means on an axis of a symbolic size: how many positions, the first of them, the step."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.positions import Quotient, is_surely_nonnegative
from symderive.errors import ShapeError, SymderiveError


@dataclass(frozen=True)
class Run:
    """The positions `start, start + step, …`, `count` of them."""

    start: sympy.Expr
    step: int
    count: Size

    def at(self, index: sympy.Expr) -> sympy.Expr:
        """The position that is reached after `index` steps."""
        return sympy.expand(self.start + self.step * index)


def run_of(key: slice, size: Size, what: str) -> Run:
    """The positions of a slice.

    Args:
        key: the slice; its ends may be integers or expressions in sizes.
        size: the size of the axis.
        what: what is being indexed, for messages.

    Raises:
        ShapeError: no position is left.
        SymderiveError: a step that does not fit the size, or an end that is not a size.

    >>> n = sympy.Symbol("n", integer=True, positive=True)
    >>> run_of(slice(1, None), n, "x"), run_of(slice(None, None, -1), n, "x").start
    (Run(start=1, step=1, count=n - 1), n - 1)
    """
    step = 1 if key.step is None else _integer(key.step, f"{what}: the step")
    if step == 0:
        raise SymderiveError(f"{what}: the step of {_shown(key)} is 0; leave it out or give another integer.")
    ends = [None if one is None else _end(one, f"{what}: {_shown(key)}") for one in (key.start, key.stop)]
    if size.is_Integer and all(end is None or end.is_Integer for end in ends):
        begin_at, end_at = (None if one is None else int(one) for one in ends)
        start, stop, step = slice(begin_at, end_at, step).indices(int(size))
        return _run(sympy.Integer(start), sympy.Integer(stop), step, what, key)
    first, last = (sympy.S.Zero, size) if step > 0 else (sympy.expand(size - 1), sympy.S.NegativeOne)
    begin = first if ends[0] is None else _clipped(ends[0], size, step)
    end = last if ends[1] is None else _clipped(ends[1], size, step)
    return _run(begin, end, step, what, key)


def _run(start: sympy.Expr, stop: sympy.Expr, step: int, what: str, key: slice) -> Run:
    length = sympy.expand((stop - start) * (1 if step > 0 else -1))
    if is_surely_nonnegative(-length):
        raise ShapeError(f"{what}: {_shown(key)} leaves no position; give ends with something between them.")
    count = -Quotient(-length, abs(step))
    if count.has(Quotient):
        raise SymderiveError(
            f"{what}: how many positions {_shown(key)} takes is not known, because {length} need not be a "
            f"multiple of {abs(step)}; declare the axis with a size such as {abs(step)}*m, or as a number."
        )
    return Run(start, step, sympy.expand(count))


def _integer(value: Any, what: str) -> int:
    if isinstance(value, sympy.Integer):
        return int(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise SymderiveError(f"{what} is {value}, not an integer; steps of symbolic size are not supported.")
    return operator.index(value)


def _end(value: Any, what: str) -> sympy.Expr:
    if not isinstance(value, bool) and hasattr(value, "__index__"):
        return sympy.Integer(operator.index(value))
    if isinstance(value, sympy.Expr) and value.is_integer and not value.has(sympy.Float):
        return sympy.expand(value)
    raise SymderiveError(f"{what}: {value} is not a position; give integers or sizes from dims().")


def _clipped(end: sympy.Expr, size: Size, step: int) -> sympy.Expr:
    """An end counted from the front; one that is surely past the last position is cut off."""
    if not is_surely_nonnegative(end) and is_surely_nonnegative(-1 - end):
        end = sympy.expand(size + end)
    largest = size if step > 0 else sympy.expand(size - 1)
    return largest if is_surely_nonnegative(sympy.expand(end - largest)) else end


def _shown(key: slice) -> str:
    parts = ["" if part is None else str(part) for part in (key.start, key.stop)]
    return "[" + ":".join(parts if key.step is None else [*parts, str(key.step)]) + "]"
