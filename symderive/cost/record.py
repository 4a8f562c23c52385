"""The record of a cost: formulas in symbols, and the numbers put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Index, Tensor
from symderive.cost.count import ELEMENTWISE_ADDS, ELEMENTWISE_MULS, MACS, SUM_ADDS, Part
from symderive.cost.evaluation import by_name, check_conditions, checked_size, complete, underived, whole
from symderive.cost.formula import Formula, Product
from symderive.cost.valid import padded_axes, share_of_a_triangle, valid_products
from symderive.cost.writing import LATEX, TEXT, Writer
from symderive.errors import SymderiveError, did_you_mean

MULS, ADDS, FLOPS, PARAMS, BUFFERS = "muls", "adds", "flops", "params", "buffers"
_SUMS = {MULS: (MACS, ELEMENTWISE_MULS), ADDS: (SUM_ADDS, ELEMENTWISE_ADDS)}


@dataclass(frozen=True)
class Cost:
    """What a layer or program costs.

    A quantity is a formula in named positive integers; with values put in, its attribute is the number.
    `macs` are the multiply-accumulates of the contractions; `muls` and `adds` are all scalar
    multiplications and additions of the equations as they stand; `flops` is 2 · macs.

    Attributes:
        parts: the counts of each equation; the total is their sum.
        trained: the trainable arrays.
        order: the sizes in the order in which they are written.
        relations: what named output sizes are in the input's sizes.
        conditions: what has to hold of the sizes.
        values: numbers put in for symbols.
        kept: the arrays that are kept from one call to the next and not trained.
    """

    parts: tuple[Part, ...]
    trained: tuple[Tensor, ...] = ()
    order: tuple[Size, ...] = ()
    relations: Mapping[Dim, Size] = field(default_factory=dict)
    conditions: tuple[Any, ...] = ()
    values: Mapping[Dim, int] = field(default_factory=dict)
    kept: tuple[Tensor, ...] = ()

    @property
    def macs(self) -> sympy.Expr:
        """Multiply-accumulates of the contractions; zero padding counts."""
        return self.quantity(MACS)

    @property
    def muls(self) -> sympy.Expr:
        """All scalar multiplications: those of the contractions and the elementwise ones."""
        return self.quantity(MULS)

    @property
    def adds(self) -> sympy.Expr:
        """All scalar additions: n − 1 for a sum of n terms, and the elementwise ones (a bias)."""
        return self.quantity(ADDS)

    @property
    def flops(self) -> sympy.Expr:
        """Floating-point operations by the convention 1 MAC = 2 flops."""
        return self.quantity(FLOPS)

    @property
    def params(self) -> sympy.Expr:
        """Trainable parameters."""
        return self.quantity(PARAMS)

    @property
    def buffers(self) -> sympy.Expr:
        """Entries of the arrays that are kept and not trained: running statistics."""
        return self.quantity(BUFFERS)

    @property
    def valid_macs(self) -> sympy.Expr:
        """Multiply-accumulates that are not against zero padding.

        Raises:
            SymderiveError: there is padding and a size is still a symbol.
        """
        return sympy.Add(*(self._valid(part) for part in self.parts))

    @property
    def parameters(self) -> Formula:
        """The number of trainable entries, one term per array."""
        return self._entries(self.trained)

    def _entries(self, tensors: tuple[Tensor, ...]) -> Formula:
        return Formula(tuple(Product.of(tensor.shape, self.order) for tensor in tensors), self.order)

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

    @property
    def symbols(self) -> tuple[Dim, ...]:
        """The sizes: those of the order, and what formulas, relations and conditions are written in."""
        formulas = [
            self.parameters,
            self._entries(self.kept),
            *(formula for part in self.parts for formula in part.counts.values()),
        ]
        used: set[Dim] = set().union(*(formula.expr.free_symbols for formula in formulas))
        used.update(*(meaning.free_symbols for meaning in self.relations.values()), self.relations)
        used.update(*(condition.free_symbols for condition in self.conditions))
        used.update(*(size.free_symbols for size in self.order))
        writer = Writer(order=self.order)
        return tuple(sorted(used, key=writer.rank))

    @property
    def symbolic(self) -> Cost:
        """The same cost without numbers put in."""
        return replace(self, values={})

    def formula(self, quantity: str = MACS) -> Formula:
        """The formula of a quantity in symbols, summed over the parts.

        Raises:
            SymderiveError: an unknown quantity.
        """
        if quantity == PARAMS:
            return self.parameters
        if quantity == BUFFERS:
            return self._entries(self.kept)
        if quantity not in (*_SUMS, MACS, FLOPS) and quantity not in self.quantities:
            choices = sorted({*self.quantities, MACS, MULS, ADDS, FLOPS, PARAMS, BUFFERS})
            raise SymderiveError(f"reading a cost: no quantity {quantity!r}{did_you_mean(quantity, choices)}")
        terms = (self.part_formula(part, quantity) for part in self.parts)
        return reduce(lambda left, right: left + right, terms, Formula(order=self.order))

    def part_formula(self, part: Part, quantity: str = MACS) -> Formula:
        """What one part adds to a quantity; parameters belong to no part."""
        if quantity == FLOPS:
            return part.formula(MACS).times(2)
        terms = (part.formula(name) for name in _SUMS.get(quantity, (quantity,)))
        return reduce(lambda left, right: left + right, terms, Formula(order=self.order))

    def quantity(self, name: str) -> sympy.Expr:
        """The value of a quantity: a number where all its sizes have values, otherwise an expression."""
        return self._put_in(self.formula(name).expr)

    def subs(self, values: Mapping[Any, Any] | None = None, **named: Any) -> Cost:
        """The cost with numbers put in; output sizes follow from input sizes.

        Args:
            values: numbers by symbol or name.
            named: numbers by name.

        Returns:
            a cost that remembers its formulas and has these values.

        Raises:
            SymderiveError: a name that is not a size of this cost.
            ShapeError: not a positive whole number, sizes that contradict each other, or a condition that
                fails.

        >>> from symderive.layers import Conv2d
        >>> from symderive.cost import cost
        >>> cost(Conv2d()).subs(C_in=3, C_out=256, k=5, H=12, W=12).macs
        1228800
        """
        known = {symbol.name: symbol for symbol in self.symbols}
        given = by_name({**(values or {}), **named}, known)
        sizes = {symbol: checked_size(symbol.name, value) for symbol, value in given.items()}
        scalars = {symbol: int(value) for symbol, value in sizes.items()}
        values_put_in = complete({**underived(self.values, self.relations), **scalars}, self.relations)
        check_conditions(self.conditions, values_put_in)
        return replace(self, values=values_put_in)

    def compile(self, quantity: str = MACS) -> Callable[..., Any]:
        """A function of the sizes that gives exact whole numbers.

        Args:
            quantity: which quantity.

        Returns:
            a function that takes sizes by name, ints or integer arrays that broadcast. It gives a Python
            int for ints, otherwise an array: int64 where every value fits, Python ints (dtype object) where
            one does not.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> macs = cost(Dense("d", "m")).compile()
        >>> macs(d=784, m=10), macs(d=10**12, m=10**12)
        (7840, 1000000000000000000000000)
        """
        formula, known = self.formula(quantity), {symbol.name: symbol for symbol in self.symbols}

        def function(**sizes: Any) -> Any:
            given = {symbol.name: value for symbol, value in underived(self.values, self.relations).items()}
            chosen = by_name({**given, **sizes}, known)
            values = {symbol: checked_size(symbol.name, value) for symbol, value in chosen.items()}
            values = complete(values, self.relations)
            check_conditions(self.conditions, values)
            return _packed(whole(formula.value(values), formula.write()))

        function.__name__ = quantity
        function.__doc__ = f"{quantity} = {formula.write()}"
        return function

    def _put_in(self, expr: sympy.Expr) -> sympy.Expr:
        return expr.xreplace({symbol: sympy.Integer(value) for symbol, value in self.values.items()})

    def _valid(self, part: Part) -> sympy.Expr:
        total = sympy.S.Zero
        padded = [(one, padded_axes(one, self.relations)) for one in part.contractions]
        if not any(axes for _, axes in padded):
            return self._put_in(part.formula(MACS).expr)
        for contraction, axes in padded:
            whole = sympy.Mul(*(index.dim for index in (*contraction.free, *contraction.bound)))
            share = share_of_a_triangle(axes)
            if share is not None:
                total += self._put_in(whole * share)
            else:
                total += valid_products(contraction, axes, self.values)
        return total

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

    def valid_text(self) -> str:
        """How many products are valid, in words; empty where all are, or a size has no number."""
        macs = self.macs
        if not self.is_padded or not macs.is_Integer:
            return ""
        valid, kinds = int(self.valid_macs), " and ".join(self.kinds_of_padding())
        return f"{TEXT.number(valid)}, without the {TEXT.number(int(macs) - valid)} {kinds}"

    def condition_text(self, condition: Any, is_latex: bool = False) -> str:
        """A condition as people say it."""
        return Writer(LATEX if is_latex else TEXT, self.order).condition(condition)

    def latex(self, quantity: str = MACS) -> str:
        r"""The formula of a quantity in LaTeX, with the numbers and the result where values are put in.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> print(cost(Dense("d", "m")).subs(d=3, m=4).latex())
        d \cdot m = 3 \cdot 4 = 12
        """
        return " = ".join(self._sides(quantity, LATEX))

    def _sides(self, quantity: str, style: Any) -> Iterator[str]:
        formula = self.formula(quantity)
        yield formula.write(style)
        if self.values and formula.terms:
            yield formula.write(style, self.values)
            value = self.quantity(quantity)
            if value.is_Integer:
                yield style.number(int(value))

    def __str__(self) -> str:
        from symderive.cost.report import table_of

        return table_of(self)


def _packed(result: Any) -> Any:
    if not isinstance(result, np.ndarray):
        return int(result)
    fits = all(abs(one) <= np.iinfo(np.int64).max for one in result.ravel())
    return result.astype(np.int64) if fits else result


__all__ = ["ADDS", "BUFFERS", "FLOPS", "MACS", "MULS", "PARAMS", "Cost"]
