"""The record of a cost: formulas in symbols, and the numbers put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Index, Tensor
from symderive.cost.collecting import substituted
from symderive.cost.count import ELEMENTWISE_ADDS, MACS, Part
from symderive.cost.counted import (
    ACTIVATIONS,
    ADDS,
    BACKWARD,
    BUFFERS,
    FLOPS,
    MULS,
    PARAMS,
    SUMS,
    VALID,
    Counted,
)
from symderive.cost.formula import Formula, Product, highest_first
from symderive.cost.memory.kernels import Kernel, kernels
from symderive.cost.memory.peak import Peak
from symderive.cost.memory.quantities import READ, SAVED
from symderive.cost.memory.saved import Saved, of_layer
from symderive.cost.memory.widths import width_of
from symderive.cost.protocols import Costable
from symderive.cost.training.pulling import Keeper, Pull
from symderive.cost.valid import padded_axes, set_apart, valid_products
from symderive.cost.writing import Writer
from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.cost.training.backward import BackwardCost


@dataclass(frozen=True, repr=False)
class Cost(Counted):
    """What a layer or program costs.

    A quantity is a formula in named positive integers; with values put in, its attribute is the number.
    `macs` are the multiply-accumulates of the contractions; `muls` and `adds` are all scalar
    multiplications and additions of the equations as they stand; `flops` is 2 · macs.

    Attributes:
        parts: the counts of each equation; the total is their sum.
        trained: the trainable arrays.
        kept: the arrays that are kept from one call to the next and not trained.
        outputs: the arrays that are the result.
        layer: the layer that it is the cost of, if it is one.
        pull: what the backward pass is counted from.
    """

    parts: tuple[Part, ...]
    trained: tuple[Tensor, ...] = ()
    kept: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    layer: Costable | None = field(default=None, compare=False, repr=False)
    pull: Pull | None = field(default=None, compare=False, repr=False)

    def backward_pass(self, input_gradient: bool | None = None) -> BackwardCost:
        """What the backward pass costs, with the adjoint of each operand apart in `by_operand`.

        Args:
            input_gradient: whether the adjoints of the data are counted; by default they are.

        Raises:
            SymderiveError: the cost was counted without a way to differentiate.
        """
        from symderive.cost.training.backward import backward_cost

        return backward_cost(self, () if input_gradient is False else None)

    @property
    def parameters(self) -> Formula:
        """The number of trainable entries, a term for the arrays of each size."""
        return self._entries(self.trained)

    def _entries(self, tensors: tuple[Tensor, ...]) -> Formula:
        return Formula(tuple(Product.of(tensor.shape, self.order) for tensor in tensors), self.order).joined()

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of all quantities that are not 0, functions by their own name."""
        names = dict.fromkeys(name for part in self.parts for name in part.counts)
        arrays = [name for name, some in ((PARAMS, self.trained), (BUFFERS, self.kept)) if some]
        return (*names, *arrays)

    @property
    def unknown(self) -> tuple[str, ...]:
        """What was not counted, in words; empty if everything was."""
        return tuple(dict.fromkeys(one for part in self.parts for one in part.unknown))

    def counts(self) -> Iterator[Formula]:
        """The formulas of which all quantities are made."""
        yield self.parameters
        yield self._entries(self.kept)
        for part in self.parts:
            yield from part.counts.values()

    @property
    def symbols(self) -> tuple[Dim, ...]:
        """The sizes, and behind them those that only positions are written in, such as a dilation."""
        found, writer = super().symbols, Writer(order=self.order)
        contractions = (one for part in self.parts for one in part.contractions)
        axes = (axis for one in contractions for entry in one.entries for axis in entry.axes)
        inside = {size for axis in axes for size in axis.free_symbols if isinstance(size, Dim)}
        return (*found, *sorted(inside.difference(found), key=writer.rank))

    def formula(self, quantity: str = MACS) -> Formula:
        """The formula of a quantity in symbols, summed over the parts.

        Raises:
            SymderiveError: an unknown quantity.
        """
        if quantity.startswith(BACKWARD):
            return self.backward_pass().formula(quantity.removeprefix(BACKWARD))
        arrays = {PARAMS: self.trained, BUFFERS: self.kept, ACTIVATIONS: self.outputs}
        quantity = self.checked_name(quantity)
        if quantity in arrays:
            return self._entries(arrays[quantity])
        if quantity == SAVED:
            return self.saved_formula()
        terms = (self.part_formula(part, quantity) for part in self.parts)
        return reduce(lambda left, right: left + right, terms, Formula(order=self.order)).joined()

    def part_formula(self, part: Part, quantity: str = MACS) -> Formula:
        """What one part adds to a quantity; parameters belong to no part."""
        if quantity == FLOPS:
            return part.formula(MACS).times(2)
        if quantity == VALID:
            return replace(self, parts=(part,)).valid_formula({})
        terms = (part.formula(name) for name in SUMS.get(quantity, (quantity,)))
        return reduce(lambda left, right: left + right, terms, Formula(order=self.order))

    @cached_property
    def kernels(self) -> tuple[Kernel, ...]:
        """The passes over memory, in order."""
        return kernels(self.parts, self.outputs if self.layer is None else self.layer.results)

    def traffic(self, quantity: str, dtype: str) -> Formula:
        """The formula of the bytes that are read or written; see `bytes_read`."""
        moved = [
            (tensor, shape)
            for one in self.kernels
            for tensor, shape in (
                one.reads if quantity == READ else ((made, made.shape) for made in one.writes)
            )
        ]
        terms = (Product.of(shape, self.order).times(width_of(one.domain, dtype)) for one, shape in moved)
        return Formula(highest_first(Formula(tuple(terms), self.order).joined().terms), self.order)

    def peak(self, training: bool = False, dtype: str | None = None) -> Peak:
        """The most entries, or bytes, that are alive at one time; see `Memory.peak`."""
        from symderive.cost.training.step import as_tree

        return as_tree(self).peak(training, dtype)

    def _saved(self, keeper: Keeper, again: tuple[str, ...]) -> Saved:
        if self.layer is None:
            raise SymderiveError("what is kept for the backward pass: there is no layer; give one.")
        return of_layer(self.layer, keeper, again)

    def valid_formula(self, sizes: Mapping[Dim, Size]) -> Formula:
        """The formula of `valid_macs` with something put in for sizes, which may make it shorter."""
        if not self.is_padded:
            return _with_sizes(self.formula(MACS), sizes)
        apart, names = set_apart(sizes, {*self.symbols, *self.relations})
        found = (
            valid_products(one, self.relations, self.conditions, apart)
            for part in self.parts
            for one in part.contractions
        )
        made = Formula(tuple(Product.of(factors, self.order) for factors in found), self.order).joined()
        return _with_sizes(made, names)

    @property
    def is_padded(self) -> bool:
        """Whether a product may be against zero padding."""
        return any(padded_axes(one, self.relations) for part in self.parts for one in part.contractions)

    @property
    def convention(self) -> str:
        """What is counted, in one line."""
        contractions = [one for part in self.parts for one in part.contractions]
        if not contractions:
            return "multiplications of a contraction; there is none, all operations stand under their names"
        notes, absent = [], []
        if any(part.formula(ELEMENTWISE_ADDS).terms for part in self.parts):
            notes.append("elementwise additions (a bias) are in adds, not in MACs")
        else:
            absent.append("bias")
        if self.is_padded:
            notes += [f"products {which} count" for which in self.kinds_of_padding()]
        elif any(
            not isinstance(axis, Index)
            for one in contractions
            for entry in one.entries
            for axis in entry.axes
        ):
            absent.append("zero padding")
        none = [f"{' and '.join(absent)}: none"] if absent else []
        return "; ".join(["multiplications of the contraction", *notes, *none])

    def kinds_of_padding(self) -> Iterator[str]:
        """Which products are in `macs` and not in `valid_macs`, in words."""
        found = [
            (one, axis)
            for part in self.parts
            for one in part.contractions
            for axis in padded_axes(one, self.relations)
        ]
        if any(axis not in one.lands and axis not in one.chosen for one, axis in found):
            yield "against zero padding"
        if any(axis in one.lands for one, axis in found):
            yield "that are cropped"
        if any(axis in one.chosen for one, axis in found):
            yield "that are masked"

    def __str__(self) -> str:
        from symderive.cost.output.report import table_of

        return table_of(self)


def _with_sizes(formula: Formula, sizes: Mapping[Dim, Size]) -> Formula:
    """A formula with others put in for sizes, all at once."""
    if not sizes:
        return formula
    return Formula(tuple(substituted(term, sizes) for term in formula.terms), formula.order)


__all__ = ["ADDS", "BUFFERS", "FLOPS", "MACS", "MULS", "PARAMS", "Cost"]
