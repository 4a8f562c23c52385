"""Computed positions as NumPy code: slices where they are ranges, `np.arange` in arithmetic else."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from symderive.codegen.axes import Labelled, Labels, arranged, spread, within
from symderive.codegen.from_forms import ATOM, PRODUCT, SUM, UNARY, constant, length
from symderive.codegen.lengths import is_length
from symderive.core.identity import free_indices
from symderive.core.nodes import Delta, Index
from symderive.core.positions import (
    Inside,
    Quotient,
    Remainder,
    bare,
    bounds,
    is_readable,
    is_surely_nonnegative,
    valid_range,
)
from symderive.errors import SymderiveError


def position(expr: sympy.Expr, order: Labels, kind: str = "int") -> Labelled:
    """The positions as an array of integers (or floats) over the indices that they are made of."""
    expr = bare(expr)
    if not free_indices(expr):
        return constant(expr), ()
    if isinstance(expr, Index):
        size = length(expr.dim)
        return (f"np.arange({size})" if kind == "int" else f"np.arange({size}, dtype=float)", ATOM), (expr,)
    if not isinstance(expr, (sympy.Add, sympy.Mul, Quotient, Remainder)):
        raise SymderiveError(f"writing code: the position {expr} has no code.")
    if isinstance(expr, sympy.Add):
        return _sum(expr, order, kind)
    pieces = [position(arg, order, kind) for arg in expr.args]
    labels = arranged((label for _, own in pieces for label in own), order)
    args = [spread(piece, own, labels) for piece, own in pieces]
    if isinstance(expr, sympy.Mul) and expr.args[0] == -1:
        rest, own = position(-expr, order, kind)
        return (f"-{within(rest, UNARY)}", UNARY), own
    if isinstance(expr, sympy.Mul):
        return (" * ".join(within(piece, UNARY) for piece in args), PRODUCT), labels
    sign = "//" if isinstance(expr, Quotient) else "%"
    return (f"{within(args[0], UNARY)} {sign} {within(args[1], UNARY)}", PRODUCT), labels


def _sum(expr: sympy.Add, order: Labels, kind: str) -> Labelled:
    """`np.arange(n)[:, None] - np.arange(m) + 1`: what is added first, numbers last."""
    moving = [term for term in expr.args if free_indices(term)]
    terms = sorted(moving, key=lambda one: (one.could_extract_minus_sign(), str(one)))
    offset = sympy.Add(*(term for term in expr.args if term not in moving))
    flips = [bool(term.could_extract_minus_sign()) for term in terms]
    if flips[0] and offset != 0:
        terms, flips, offset = [offset, *terms], [False, *flips], sympy.S.Zero
    elif offset != 0:
        flips.append(bool(offset.is_number and offset < 0))
        terms.append(offset)
    pieces = [position(-term if flip else term, order, kind) for term, flip in zip(terms, flips, strict=True)]
    labels = arranged((label for _, own in pieces for label in own), order)
    written = ""
    for (piece, own), flip in zip(pieces, flips, strict=True):
        text = within(spread(piece, own, labels), PRODUCT)
        written += f" {'-' if flip else '+'} {text}" if written else f"{'-' if flip else ''}{text}"
    return (written, SUM), labels


def both(tests: Sequence[str]) -> str:
    """All of several conditions."""
    return tests[0] if len(tests) == 1 else " & ".join(f"({one})" for one in tests)


def comparisons(written: str, place: sympy.Expr, size: sympy.Expr) -> list[str]:
    """The comparisons that say whether a position is inside, less those that the ranges decide."""
    ends = bounds(place)
    tests = []
    if ends is None or not is_surely_nonnegative(ends[0]):
        tests.append(f"{written} >= 0")
    if ends is None or not is_surely_nonnegative(sympy.expand(size - 1 - ends[1])):
        tests.append(f"{written} < {within(constant(size), SUM)}")
    return tests


def exists(brackets: Sequence[Inside]) -> str:
    """Whether fixed positions exist, as `m >= 6 and n >= 3`."""
    tests = []
    for bracket in brackets:
        for slack in (bracket.position, bracket.size - 1 - bracket.position):
            terms = sympy.Add.make_args(sympy.expand(slack))
            less = sympy.Add(*(-one for one in terms if one.could_extract_minus_sign()))
            if not is_surely_nonnegative(sympy.Add(*terms)):
                tests.append(f"{constant(sympy.Add(*terms, less))[0]} >= {constant(less)[0]}")
    return " and ".join(tests)


def test(expr: Inside, order: Labels) -> Labelled:
    """A bracket as an array of truth values."""
    diagonal = _triangle(expr)
    if diagonal is not None:
        (i, j), offset = diagonal
        arguments = _tri(i, j, offset)
        return (f"np.tri({arguments}, dtype=bool)", ATOM), (i, j)
    ends = bounds(expr.position)
    if ends is not None and is_surely_nonnegative(sympy.expand(expr.size - 1 - ends[1])):
        return _at_least(expr.position, order)
    piece, labels = position(expr.position, order)
    return (both(comparisons(within(piece, SUM), expr.position, expr.size)), 0), labels


def _at_least(place: sympy.Expr, order: Labels) -> Labelled:
    """`place >= 0` with the indices on the left, as `np.arange(n) >= 1` or `np.arange(n) < n - 1`."""
    moving = sympy.Add(*(term for term in sympy.Add.make_args(place) if free_indices(term)))
    offset = sympy.expand(place - moving)
    if all(term.could_extract_minus_sign() for term in sympy.Add.make_args(moving)):
        piece, labels = position(-moving, order)
        return (f"{within(piece, SUM)} < {constant(sympy.expand(offset + 1))[0]}", 0), labels
    piece, labels = position(moving, order)
    return (f"{within(piece, SUM)} >= {constant(sympy.expand(-offset))[0]}", 0), labels


def bracket(expr: Inside, order: Labels) -> Labelled:
    """A bracket as an array of ones and zeros."""
    diagonal = _triangle(expr)
    if diagonal is not None:
        (i, j), offset = diagonal
        return (f"np.tri({_tri(i, j, offset)})", ATOM), (i, j)
    mask, labels = test(expr, order)
    return (f"np.where({mask[0]}, 1.0, 0.0)", ATOM), labels


def _tri(i: Index, j: Index, offset: sympy.Expr) -> str:
    rows, columns, k = length(i.dim), length(j.dim), constant(offset)[0]
    if offset == 0:
        return rows if rows == columns else f"{rows}, {columns}"
    return f"{rows}, {columns}, {k}"


def _triangle(expr: Inside) -> tuple[tuple[Index, Index], sympy.Expr] | None:
    """`[j ≤ i + offset]` as ((i, j), offset); None for any other bracket."""
    found = sorted(free_indices(expr.position), key=lambda index: (index.name, str(index.dim)))
    ends = bounds(expr.position)
    upper = ends is not None and is_surely_nonnegative(sympy.expand(expr.size - 1 - ends[1]))
    if len(found) != 2 or not upper:
        return None
    for i, j in (found, found[::-1]):
        offset = sympy.expand(expr.position - i + j)
        if not free_indices(offset):
            return (i, j), offset
    return None


def delta(expr: Delta, order: Labels) -> Labelled:
    """Kronecker's delta: the identity matrix, one with a shifted diagonal, or a comparison."""
    left, right = expr.args
    for i, place in ((left, right), (right, left)):
        if isinstance(i, Index) and len(free_indices(place)) == 1:
            (j,) = free_indices(place)
            offset = sympy.expand(place - j)
            if j != i and not free_indices(offset):
                return _shifted_identity(i, j, offset, order)
    pieces = [position(arg, order) for arg in expr.args]
    labels = arranged((label for _, own in pieces for label in own), order)
    pieces.sort(key=lambda pair: not pair[1])  # np.arange(n) == 0
    first, second = (within(spread(piece, own, labels), SUM) for piece, own in pieces)
    return (f"np.where({first} == {second}, 1.0, 0.0)", ATOM), labels


def _shifted_identity(i: Index, j: Index, offset: sympy.Expr, order: Labels) -> Labelled:
    """`i = j + offset`: in row j the 1 stands in column j + offset."""
    rows, columns = length(j.dim), length(i.dim)
    if offset != 0:
        return (f"np.eye({rows}, {columns}, {constant(offset)[0]})", ATOM), (j, i)
    if rows == columns:
        return (f"np.eye({rows})", ATOM), arranged((i, j), order)
    return (f"np.eye({rows}, {columns})", ATOM), (j, i)


def parts_read(
    name: str, axes: Sequence[sympy.Expr], sizes: Sequence[sympy.Expr]
) -> tuple[str, Labels] | None:
    """The code that reads ranges of positions, with zeros where they go outside; None where it takes more."""
    slots: list[str] = []
    labels: list[Index] = []
    pads: list[tuple[sympy.Expr, sympy.Expr]] = []
    for axis, size in zip(axes, sizes, strict=True):
        place = bare(axis)
        if not free_indices(place):
            if not is_readable(place, size):
                return None
            slots.append(constant(place)[0])
            continue
        read = _range_read(place, size)
        if read is None:
            return None
        slot, index, pad = read
        slots.append(slot)
        labels.append(index)
        pads.append(pad)
    written = name if all(slot == ":" for slot in slots) else f"{name}[{', '.join(slots)}]"
    return with_pads(written, pads, [label.dim for label in labels]), tuple(labels)


def with_pads(
    written: str, pads: Sequence[tuple[sympy.Expr, sympy.Expr]], extents: Sequence[sympy.Expr]
) -> str:
    """The code in a call of `np.pad`, where there is something to pad.

    Args:
        written: the code of the array.
        pads: how many zeros stand before it and behind it, for each axis.
        extents: the lengths with zeros. Where an axis may be shorter than its zeros, such as two zeros before
            n − 2 entries of which there are none for n = 1, it is cut off.
    """
    if all(before == after == 0 for before, after in pads):
        return written
    cuts = [
        ":" if is_length(sympy.expand(extent - before - after)) else f":{length(extent)}"
        for (before, after), extent in zip(pads, extents, strict=True)
    ]
    cut = f"[{', '.join(cuts)}]" if set(cuts) != {":"} else ""
    widths = [f"({constant(before)[0]}, {constant(after)[0]})" for before, after in pads]
    return f"np.pad({written}, {widths[0] if len(widths) == 1 else '(' + ', '.join(widths) + ')'}){cut}"


Range = tuple[str, Index, tuple[sympy.Expr, sympy.Expr]]


def _range_read(place: sympy.Expr, size: sympy.Expr) -> Range | None:
    """`s i + c` on an axis as a slice, with the numbers of zeros before and behind."""
    if len(free_indices(place)) != 1:
        return None
    (index,) = free_indices(place)
    step = place.coeff(index, 1) if not isinstance(place, Index) else sympy.S.One
    offset = sympy.expand(place - step * index)
    if free_indices(offset) or not step.is_Integer or step == 0:
        return None
    ends = valid_range(step, offset, index.dim, size)
    if ends is None or (abs(step) != 1 and ends != (0, index.dim)):
        return None
    low, high = ends
    if not is_some(high - low):
        return None
    first, last = sympy.expand(step * low + offset), sympy.expand(step * (high - 1) + offset)
    pads = (low, sympy.expand(index.dim - high))
    return slice_text(first, last, step, size), index, pads


def is_some(count: sympy.Expr) -> bool:
    """Whether a number of positions grows with the sizes: `n − 3` of an axis that is sliced, not `2 − d`."""
    found = sympy.expand(count)
    symbols = sorted(found.free_symbols, key=str)
    if not symbols:
        return bool(found.is_nonnegative)
    return all(found.coeff(symbol).is_nonnegative for symbol in symbols)


def slice_text(first: sympy.Expr, last: sympy.Expr, step: sympy.Expr, size: sympy.Expr) -> str:
    """`first:last + 1:step` as people write it."""
    down = step.is_negative
    start = "" if first == (sympy.expand(size - 1) if down else 0) else constant(first)[0]
    end = sympy.expand(last + (-1 if down else 1))
    behind = sympy.expand(end - size)
    if end == (-1 if down else size) or (down and not is_surely_nonnegative(end)):
        stop = ""
    else:
        stop = constant(behind)[0] if behind.is_Integer and behind < 0 else constant(end)[0]
    if step == 1:
        return f"{start}:{stop}"
    return f"{start}:{stop}:{step}"
