"""Products with windows added up in place, one position of the window at a time.

`Σ_u F[u] E[k − u]` is `out[u:u + n] += F[u] * E` for each u: the array of all windows, which is as many times
larger than `E` as a window has positions, is never made.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sympy

from symderive.codegen.axes import spread
from symderive.codegen.from_forms import constant, length
from symderive.codegen.from_indices import labelled_code
from symderive.codegen.windows import Window, stop_after, window_of
from symderive.core.identity import free_indices, letters, substitute, tensors_of
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.positions import bare, is_surely_nonnegative
from symderive.core.program import Definition, Program


@dataclass(frozen=True)
class Offsets:
    """A sum over windows of an array with zeros around.

    Attributes:
        made: the equation.
        weight: what the windows are multiplied by.
        inner: the array without the zeros.
        windows: for each axis of it the window that slides there, if one does.
        labels: the index of each axis of the array of windows that is not of a window.
        starts: where the array stands in the result for position 0 of a window.
        dropped: the arrays that are not needed.
    """

    made: Definition
    weight: sympy.Expr
    inner: Tensor
    windows: tuple[Window | None, ...]
    labels: tuple[sympy.Expr, ...]
    starts: tuple[sympy.Expr, ...]
    dropped: tuple[Tensor, ...]


def offsets_of(program: Program) -> dict[Tensor, Offsets]:
    """The equations that can be added up so, by what they define."""
    uses = Counter(tensor for made in program.definitions for tensor in tensors_of(made.body))
    single = {
        made.tensor: made
        for made in program.definitions
        if uses[made.tensor] == 1 and made.tensor not in program.outputs and isinstance(made.body, Entry)
    }
    found = ((made.tensor, _offsets(made, single)) for made in program.definitions)
    return {tensor: one for tensor, one in found if one is not None}


def _offsets(made: Definition, single: dict[Tensor, Definition]) -> Offsets | None:
    factors = sympy.Mul.make_args(made.body.body) if isinstance(made.body, IndexSum) else ()
    for factor in factors:
        if not (isinstance(factor, Entry) and factor.tensor in single):
            continue
        read = single[factor.tensor].at(factor.axes)
        if not (isinstance(read, Entry) and read.tensor in single):
            continue
        padding = single[read.tensor]
        if padding.body.tensor.rank != read.tensor.rank:  # an axis is repeated, as by `np.broadcast_to`
            continue
        weight = sympy.Mul(*(one for one in factors if one is not factor))
        dropped = (factor.tensor, read.tensor)
        one = _fitted(made, weight, read, padding, dropped)
        if one is not None:
            return one
    return None


def _fitted(
    made: Definition, weight: sympy.Expr, read: Entry, padding: Definition, dropped: tuple[Tensor, ...]
) -> Offsets | None:
    """The sum by offsets, where every position of the array stands inside of the result."""
    inner = padding.body
    windows = tuple(window_of(axis) for axis in read.axes)
    starts: list[sympy.Expr] = []
    labels: list[sympy.Expr] = []
    summed = made.body.indices
    for window, axis, old, own in zip(windows, read.axes, padding.indices, inner.axes, strict=True):
        before = sympy.expand(old - bare(own))
        size = inner.tensor.shape[len(starts)]
        if window is None:
            if before != 0 or not isinstance(bare(axis), Index) or bare(axis).dim != size:
                return None
            starts.append(sympy.S.Zero)
            labels.append(bare(axis))
            continue
        start = sympy.expand(before - window.offset)
        last = sympy.expand(window.place.dim - start - (window.tap.dim - 1) - size)
        slides = window.step == 1 and window.stride == -1 and window.tap in summed
        if not slides or window.place not in made.indices or free_indices(weight) & {window.place}:
            return None
        if free_indices(before) or not is_surely_nonnegative(start) or not is_surely_nonnegative(last):
            return None
        starts.append(start)
        labels.append(window.place)
    moving = [label for label in labels if label in made.indices]
    if (
        not any(windows)
        or len(set(labels)) != len(labels)
        or len(moving) + len(free_indices(weight) & set(made.indices) - set(moving)) != len(made.indices)
    ):
        return None
    return Offsets(made, weight, inner.tensor, windows, tuple(labels), tuple(starts), dropped)


def offset_lines(found: Offsets, taken: set[str]) -> list[str]:
    """The statements: zeros, and a loop over each axis of the window.

    Args:
        found: the sum.
        taken: names that variables of loops must not have.
    """
    source = (one for one in letters(("u", "v", "t", "s")) if one not in taken)
    made, name = found.made, str(found.made.tensor.name)
    counts = {
        one.tap: sympy.Symbol(next(source), integer=True, nonnegative=True) for one in found.windows if one
    }
    moved: dict[Index, Index] = {}
    slots: dict[Index, str] = {}
    for window, size, start in zip(found.windows, found.inner.shape, found.starts, strict=True):
        if window is not None:
            moved[window.place] = Index(window.place.name, size)
            first = start + counts[window.tap]
            slots[window.place] = f"{constant(first)[0]}:{stop_after(first, size)}"
    axes = (moved.get(label, label) for label in found.labels)
    product = substitute(found.weight, dict(counts)) * Entry(found.inner, *axes)
    left = tuple(index for index in made.body.indices if index not in counts)
    order = tuple(moved.get(index, index) for index in made.indices)
    piece, labels = labelled_code(IndexSum(product, *left) if left else product, order)
    shape = ", ".join(length(size) for size in made.tensor.shape)
    rows = [f"{name} = np.zeros(({shape}{',' * (made.tensor.rank == 1)}))"]
    for depth, (tap, count) in enumerate(counts.items()):
        rows.append(f"{'    ' * depth}for {count} in range({tap.dim}):")
    target = ", ".join(slots.get(index, ":") for index in made.indices)
    rows.append(f"{'    ' * len(counts)}{name}[{target}] += {spread(piece, labels, order)[0]}")
    return rows
