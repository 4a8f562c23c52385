"""Sums whose terms lie at evenly spaced positions, added up one position of a window at a time.

`out[k] = Σ_p E[p] W[k − 2p]`, the gradient of a convolution of stride 2, is
`out[u:u + 2 * n - 1:2] += W[u] * E` for each u. Written for each k it would read W at computed positions,
or for each p a slice of W.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from symderive.codegen.axes import Labels, spread
from symderive.codegen.from_forms import constant, length
from symderive.codegen.from_indices import labelled_code
from symderive.codegen.windows import (
    Steps,
    Window,
    at_least_0,
    missing,
    slot,
    steps_of,
    stop_after,
    window_of,
)
from symderive.core.identity import canonical, free_indices, letters, substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.positions import (
    Inside,
    Quotient,
    Remainder,
    bare,
    is_surely_nonnegative,
)
from symderive.core.program import Definition


@dataclass(frozen=True)
class Spaced:
    """A sum `Σ δ_{k, s p + d u + c} f(p, u)`.

    Attributes:
        made: the equation.
        product: what is added up, without the deltas.
        deltas: these.
        bound: the indices that are summed.
        axes: for each axis of the result that a delta restricts where the terms lie on it.
    """

    made: Definition
    product: sympy.Expr
    deltas: tuple[Delta, ...]
    bound: Labels
    axes: Mapping[Index, Steps]

    @property
    def taps(self) -> set[Index]:
        """The indices of the positions in windows."""
        return {one.tap for one in self.axes.values() if isinstance(one, Window)}

    @property
    def summed(self) -> Labels:
        """The bound indices that no axis of the result has."""
        moved = {one.place for one in self.axes.values()} | self.taps
        return tuple(one for one in self.bound if one not in moved)


def parts_of(term: sympy.Expr) -> tuple[sympy.Expr, Labels] | None:
    """A product with one sum at most as what is summed and the bound indices."""
    term = canonical(term)
    factors = sympy.Mul.make_args(term)
    sums = [one for one in factors if isinstance(one, IndexSum)]
    if len(sums) != 1:
        return None if sums else (term, ())
    return sympy.Mul(*(one for one in factors if one is not sums[0]), sums[0].body), sums[0].indices


def spaced_of(made: Definition) -> Spaced | None:
    """An equation as such a sum; None for any other."""
    found = parts_of(made.body)
    if found is None:
        return None
    product, bound = found
    deltas = [one for one in sympy.Mul.make_args(product) if isinstance(one, Delta)]
    axes: dict[Index, Steps] = {}
    for delta in deltas:
        for index, position in (delta.args, delta.args[::-1]):
            where = window_of(position) or steps_of(position)
            if index in made.indices and where is not None and free_indices(position) <= set(bound):
                axes[index] = where
    made_of = [index for one in axes.values() for index in _indices(one)]
    product = sympy.Mul(*(one for one in sympy.Mul.make_args(product) if one not in deltas))
    if (
        not axes
        or len(axes) != len(deltas)
        or len(set(made_of)) != len(made_of)
        or axes.keys() & free_indices(product)
        or product.has(Delta, Inside, Remainder, Quotient)
        or any(margin(index, one) is None for index, one in axes.items())
    ):
        return None
    return Spaced(made, product, tuple(deltas), bound, axes)


def _indices(steps: Steps) -> Labels:
    return (steps.place, steps.tap) if isinstance(steps, Window) else (steps.place,)


def margin(index: Index, steps: Steps) -> tuple[sympy.Expr, sympy.Expr] | None:
    """How many positions lie in front of the axis, and how long an array is from there to the last position.

    Returns:
        None where it is not known.
    """
    ends = [sympy.S.Zero]
    if isinstance(steps, Window):
        ends.append(sympy.expand(steps.stride * (steps.tap.dim - 1)))
    before = missing(-(steps.offset + min(ends)))
    if before is None:
        return None
    last = before + steps.offset + max(ends) + steps.step * (steps.place.dim - 1)
    return before, sympy.expand(last + 1)


def spaced_lines(found: Spaced, taken: set[str]) -> list[str]:
    """The statements: zeros, and a loop over each axis of the window.

    Args:
        found: the sum.
        taken: names that variables of loops must not have.
    """
    source = (one for one in letters(("u", "v", "t", "s")) if one not in taken)
    name = str(found.made.tensor.name)
    counts: dict[Index, sympy.Symbol] = {}
    shape, slots, cut = [], [], []
    for index in found.made.indices:
        steps = found.axes.get(index)
        if steps is None:
            shape.append(length(index.dim))
            slots.append(":")
            cut.append(":")
            continue
        start = steps.offset
        if isinstance(steps, Window):
            counts[steps.tap] = sympy.Symbol(next(source), integer=True, nonnegative=True)
            start += steps.stride * counts[steps.tap]
        before, needed = margin(index, steps) or (sympy.S.Zero, sympy.S.Zero)
        extent, is_whole = _length(sympy.expand(before + index.dim), needed)
        shape.append(extent)
        slots.append(_slots(sympy.expand(start + before), steps))
        end = constant(sympy.expand(before + index.dim))[0]
        cut.append(":" if before == 0 and is_whole else f"{before if before else ''}:{end}")
    moved = {index: one.place for index, one in found.axes.items()}
    order = tuple(moved.get(index, index) for index in found.made.indices)
    product = substitute(_with_slices(found.product, counts), dict(counts))
    piece, labels = labelled_code(IndexSum(product, *found.summed) if found.summed else product, order)
    rows = [f"{name} = np.zeros(({', '.join(shape)}{',' * (len(shape) == 1)}))"]
    for depth, (tap, count) in enumerate(counts.items()):
        rows.append(f"{'    ' * depth}for {count} in range({tap.dim}):")
    rows.append(f"{'    ' * len(counts)}{name}[{', '.join(slots)}] += {spread(piece, labels, order)[0]}")
    return rows if set(cut) == {":"} else [*rows, f"{name} = {name}[{', '.join(cut)}]"]


def _with_slices(product: sympy.Expr, counts: Mapping[Index, sympy.Symbol]) -> sympy.Expr:
    """The product with what a window reads by the code of the slice that it reads."""
    slices = {}
    for one in product.atoms(Entry):
        windows = [window_of(axis) for axis in one.axes]
        taps = {window.tap for window in windows if window is not None}
        pairs = zip(windows, one.axes, strict=True)
        labels = [bare(axis) if window is None else window.place for window, axis in pairs]
        if taps and taps <= counts.keys() and all(isinstance(label, Index) for label in labels):
            read = zip(one.axes, one.tensor.shape, windows, strict=True)
            slots = ", ".join(slot(axis, size, window, counts) for axis, size, window in read)
            part = Tensor(f"{one.tensor.name}[{slots}]", tuple(label.dim for label in labels))
            slices[one] = Entry(part, *labels)
    return product.xreplace(slices)


def _length(own: sympy.Expr, needed: sympy.Expr) -> tuple[str, bool]:
    """The larger of two lengths as code, and whether it is the first."""
    if is_surely_nonnegative(sympy.expand(own - needed)):
        return constant(own)[0], True
    if is_surely_nonnegative(sympy.expand(needed - own)):
        return constant(needed)[0], False
    return f"max({constant(own)[0]}, {constant(needed)[0]})", False


def _slots(start: sympy.Expr, steps: Steps) -> str:
    """The slice of the positions on an axis, from the first one on."""
    begin = constant(start)[0] if start != 0 else ""
    if steps.step == 1:
        return f"{begin}:{stop_after(start, steps.place.dim)}"
    return f"{begin}:{at_least_0(sympy.expand(start + steps.step * (steps.place.dim - 1) + 1))}:{steps.step}"
