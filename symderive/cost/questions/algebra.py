"""What one asks of the formulas of a cost: growth, budgets, crossings, elasticities, exactly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.count import MACS
from symderive.cost.evaluation import by_name, check_conditions, complete, underived
from symderive.cost.floors import one_floor
from symderive.cost.formula import Formula
from symderive.cost.memory.quantities import OF_MEMORY
from symderive.cost.questions.budget import (
    Solution,
    alternatives,
    closed_form,
    largest_of_all,
    may_forbid,
    together,
)
from symderive.cost.questions.crossing import Crossing, crossing
from symderive.cost.questions.growth import MOST_TERMS, Growth, elasticity_of, grown, with_signs
from symderive.cost.questions.terms import read_budget, read_terms
from symderive.cost.ratio import Ratio, common_values, differing_extents, ratio
from symderive.cost.writing import TEXT, Writer
from symderive.errors import SymderiveError, did_you_mean

Asked = str | Dim
"""A size by name or symbol."""


class NoQuantityError(SymderiveError):
    """A cost has no quantity of this name."""


class Algebra(ABC):
    """Abstract: questions to formulas in sizes.

    A quantity may be a text, as `3 * flops / (6 * params)`. Numbers that were put in for sizes are used, but
    for the size that a question is about.
    """

    order: tuple[Size, ...]
    relations: Mapping[Dim, Size]
    conditions: tuple[Any, ...]
    values: Mapping[Dim, int]

    @abstractmethod
    def formula(self, quantity: str = MACS) -> Formula:
        """The formula of a quantity in symbols."""

    @property
    @abstractmethod
    def symbols(self) -> tuple[Dim, ...]:
        """The sizes."""

    @property
    @abstractmethod
    def unknown(self) -> tuple[str, ...]:
        """What was not counted."""

    @property
    @abstractmethod
    def all_quantities(self) -> tuple[str, ...]:
        """The names of all quantities, also of those that are 0."""

    def expression(self, text: str) -> sympy.Expr:
        """A quantity, or an expression in quantities and sizes, in symbols.

        Args:
            text: names of quantities and sizes, numbers, `+ - * / **` and brackets.

        Raises:
            SymderiveError: something else in the text, or a name that is neither.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> cost(Dense("d", "m")).expression("2 * macs / params")
        2*d*m/(d*m + m)
        """
        return read_terms(text, self._meaning)

    def _meaning(self, name: str) -> sympy.Expr:
        sizes = {symbol.name: symbol for symbol in self.symbols}
        if name in sizes and name not in self.all_quantities:
            return sizes[name]
        try:
            return self.formula(name).expr
        except NoQuantityError:
            if name in OF_MEMORY:
                raise
            choices = (*self.all_quantities, *sizes)
            raise NoQuantityError(
                f"reading a cost: {name!r} is neither a quantity nor a size{did_you_mean(name, choices)} "
                f"The sizes are {', '.join(sizes) or 'all numbers'}; "
                f"the quantities {', '.join(self.all_quantities)}."
            ) from None

    @abstractmethod
    def _of_memory(self, name: str, asked: Dim, dtype: str) -> tuple[sympy.Expr, ...] | None:
        """A quantity of memory, the largest of these, while a size is open; None where it is none.

        Raises:
            SymderiveError: it is refused, or has this formula for some sizes only.
        """

    def leading(self, symbols: Asked | Iterable[Asked], quantity: str = MACS) -> Growth:
        """The leading term as one or several sizes grow.

        Args:
            symbols: the sizes that grow, all at the same rate: a name, or several of them.
            quantity: a quantity, or an expression in quantities.

        Raises:
            SymderiveError: a size or quantity that it does not have, or a formula that is no quotient of
                polynomials in these sizes.

        >>> from symderive.layers import MultiHeadAttention
        >>> from symderive.cost import cost
        >>> print(cost(MultiHeadAttention()).leading("L"))
        macs ~ 2 · L² · d   (L → ∞); needs H divides d
        """
        return self.asymptotics(symbols, quantity, terms=1)

    def asymptotics(self, symbols: Asked | Iterable[Asked], quantity: str = MACS, terms: int = 2) -> Growth:
        """The largest terms as one or several sizes grow, and the order of what follows.

        Args:
            symbols: the sizes that grow, all at the same rate: a name, or several of them.
            quantity: a quantity, or an expression in quantities, as in `3 * flops / (6 * params)`.
            terms: how many terms, at most 12.

        Raises:
            SymderiveError: as `leading`, or another number of terms.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> print(cost(Dense("d", "m")).asymptotics("d", "flops / params"))
        flops / params = 2 − 2/d + O(1/d²)   (d → ∞)
        """
        if not isinstance(terms, int) or not 1 <= terms <= MOST_TERMS:
            raise SymderiveError(f"growing sizes: {terms!r} terms; give a number from 1 to {MOST_TERMS}.")
        asked = self._asked(
            [symbols] if isinstance(symbols, str) or not isinstance(symbols, Iterable) else list(symbols)
        )
        self._refuse_bounded(asked)
        expr = self._open(self.expression(quantity), asked)
        found, degrees, is_exact = grown(expr, asked, terms)
        return Growth(
            quantity, tuple(asked), tuple(found), is_exact, self._written_order, self._needs(),
            tuple(degrees), self.unknown,
        )  # fmt: skip

    def elasticity(self, symbol: Asked, quantity: str = MACS) -> sympy.Expr:
        """`x/f · ∂f/∂x`: by how many per cent a quantity grows when a size grows by one per cent.

        Args:
            symbol: the size.
            quantity: a quantity, or an expression in quantities.

        Returns:
            an expression in the sizes that have no number; a rational number where all have one.

        Raises:
            SymderiveError: a size or quantity that it does not have, or the size stands inside a floor.

        >>> from symderive.layers import MultiHeadAttention
        >>> from symderive.cost import cost
        >>> attention = cost(MultiHeadAttention())
        >>> attention.elasticity("L"), attention.subs(d=64, L=128, H=8).elasticity("L")
        (2*(L + d)/(L + 2*d), 3/2)
        """
        (asked,) = self._asked([symbol])
        found = elasticity_of(self._open(self.expression(quantity), [asked]), asked)
        values = {one: sympy.Integer(value) for one, value in self.values.items()}
        return with_signs(found.xreplace(values))

    def ratio(self, other: Self, quantity: str = MACS) -> Ratio:
        """This cost over another one, in its shortest form.

        Args:
            other: the denominator; symbols of the same name are the same size.
            quantity: which quantity.

        Raises:
            SymderiveError: the other cost is 0, or a size has different values in the two.

        >>> from symderive.layers import Conv2d, SeparableConv2d
        >>> from symderive.cost import cost
        >>> print(cost(SeparableConv2d()).ratio(cost(Conv2d())))
        1/C_out + 1/k²
        """
        return ratio(self, other, quantity)

    def solve(self, budget: str, for_: Asked, dtype: str = "float32") -> Solution:
        """The largest whole number for a size with which a quantity stays within a budget.

        Args:
            budget: a quantity or an expression in quantities, also those of `memory`, `<=` or `<`, and a
                number: `"macs <= 1e9"`, `"saved_bytes <= 16 GiB"`.
            for_: the size; a number that it has is not used.
            dtype: the type of numbers that are computed with, for bytes.

        Returns:
            the number with its evidence, or, while other sizes are open, a floor of them.

        Raises:
            SymderiveError: no budget, a size or quantity that it does not have, a quantity of memory that
                is refused, every size is within the budget, or no closed form in the open sizes.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> dense = cost(Dense("d", "m", batch="n"))
        >>> print(dense.subs(d=784, m=10).solve("macs <= 1e6", for_="n"))
        largest n with macs ≤ 1,000,000: n = 127; there macs = 995,680; at n = 128 macs = 1,003,520
        >>> dense.solve("macs < 1e6", for_="n").expr
        ceiling(1000000/(d*m)) - 1
        """
        (symbol,) = self._asked([for_])
        peaks: dict[sympy.Dummy, tuple[sympy.Expr, ...]] = {}

        def meaning(name: str) -> sympy.Expr:
            formulas = self._of_memory(name, symbol, dtype)
            if formulas is None or len(formulas) == 1:
                return self._meaning(name) if formulas is None else formulas[0]
            peaks[peak := sympy.Dummy(name, positive=True)] = formulas
            return peak

        read = read_budget(budget, meaning)
        goals = [replace(one, expr=self._open(one.expr, [symbol])) for one in alternatives(read, peaks)]
        free = set().union(*(one.expr.free_symbols for one in goals))
        if symbol not in free:
            raise SymderiveError(
                f"solving {read.quantity}: it does not depend on {symbol}; "
                f"it is {Writer(TEXT, self._written_order).write(goals[0].expr)}."
            )
        goal = together(goals)
        conditions = self._conditions(symbol)
        decided = [one for one in conditions if one.free_symbols == {symbol}]
        is_bound = any(may_forbid(one, symbol) for one in conditions if one not in decided)
        shared: dict[str, Any] = {
            "order": self._written_order,
            "conditions": self._needs(),
            "unknown": self.unknown,
            "is_bound": is_bound,
        }
        if free == {symbol}:
            found, reached, beyond = largest_of_all(goals, symbol, decided)
            value = None if found is None else sympy.Integer(found)
            return Solution(symbol, goal, value, reached, beyond, **shared)
        form = closed_form(goal, symbol)
        fits = None if form.is_Integer and form < 1 else form
        writer = Writer(TEXT, self._written_order)
        where = tuple(
            f"{writer.write(name)} = {writer.write(self.relations[name])}"
            for name in sorted(free & self.relations.keys(), key=writer.rank)
        )
        return Solution(symbol, goal, fits, where=where, **shared)

    def crossover(
        self, other: Self, for_: Asked, quantity: str = MACS, names: Sequence[str] = ("this", "the other")
    ) -> Crossing:
        """From which size on this cost is above another one, and whether for all larger sizes.

        Args:
            other: what it is compared with; symbols of the same name are the same size.
            for_: the size that changes; a number that it has is not used.
            quantity: which quantity.
            names: how the two are called.

        Raises:
            SymderiveError: a size or quantity that one of them does not have, or an answer that cannot be
                proved.

        >>> from symderive.networks import network
        >>> from symderive.cost import cost
        >>> block = cost(network("gpt"))["blocks"]
        >>> print(block["attention"].crossover(block["dense1"], "T", names=("attention", "dense1")))
        macs: attention > dense1 for all T; needs h divides d
        """
        if not isinstance(other, Algebra):
            raise SymderiveError(
                f"crossover: a cost is compared with a cost, not with {type(other).__name__}."
            )
        common_values(self, other)
        (symbol,) = self._asked([for_])
        sides = [
            one._open(one.expression(quantity).xreplace(differing_extents(one, another)), [symbol])
            for one, another in ((self, other), (other, self))
        ]
        left, right = names
        needs = tuple(dict.fromkeys((*self._needs(), *other._needs())))
        return Crossing(
            left, right, quantity, symbol, *crossing(one_floor(sympy.expand(sides[0] - sides[1])), symbol),
            self._written_order, needs, tuple(dict.fromkeys((*self.unknown, *other.unknown))),
        )  # fmt: skip

    @property
    def _written_order(self) -> tuple[Size, ...]:
        """The sizes in writing order, and beside the name of an extent the sizes that it follows from."""
        order: list[Size] = []
        for size in self.order:
            behind = self.relations.get(size, sympy.S.One).free_symbols
            order += [size, *sorted(behind, key=str)]
        return tuple(dict.fromkeys(order))

    def _asked(self, symbols: Sequence[Asked]) -> list[Dim]:
        """The sizes that a question is about.

        Raises:
            SymderiveError: none of its sizes, or one that follows from the others.
        """
        known = {symbol.name: symbol for symbol in self.symbols}
        found = list(by_name(dict.fromkeys(symbols), known, "asking about a cost"))
        if not found:
            raise SymderiveError("asking about a cost: no size is named; name at least one.")
        for symbol in found:
            if symbol in self.relations:
                inputs = ", ".join(sorted(str(one) for one in self.relations[symbol].free_symbols))
                raise SymderiveError(
                    f"asking about a cost: {Writer().write(symbol)} follows from other sizes; "
                    f"ask about {inputs}."
                )
        return found

    def _numbers_without(self, asked: Sequence[Dim]) -> dict[Dim, int]:
        given = underived(self.values, self.relations)
        kept = {symbol: value for symbol, value in given.items() if symbol not in asked}
        return complete(kept, self.relations)

    def _open(self, expr: sympy.Expr, asked: Sequence[Dim]) -> sympy.Expr:
        """An expression with all numbers but those asked about, and extents as far as these are in them."""
        numbers = {symbol: sympy.Integer(value) for symbol, value in self._numbers_without(asked).items()}
        meanings = {
            name: one_floor(meaning.xreplace(numbers))
            for name, meaning in self.relations.items()
            if meaning.free_symbols & set(asked)
        }
        return expr.xreplace(meanings).xreplace(numbers)

    def _conditions(self, symbol: Dim) -> list[Any]:
        """The conditions in the size asked about; those without it are checked.

        Raises:
            ShapeError: one of them does not hold.
        """
        values = self._numbers_without([symbol])
        check_conditions(self.conditions, values)
        numbers = {one: sympy.Integer(value) for one, value in values.items()}
        return [
            condition.func(
                *(one_floor(side.xreplace(dict(self.relations)).xreplace(numbers)) for side in condition.args)
            )
            for condition in self.conditions
            if not values.keys() >= condition.free_symbols
        ]

    def _refuse_bounded(self, symbols: Sequence[Dim]) -> None:
        """Refuse sizes that a condition keeps from growing.

        Raises:
            SymderiveError: a condition fails where they are large.
        """
        for condition in self.conditions:
            if isinstance(condition, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)):
                room = self._open((condition.gts - condition.lts).xreplace(dict(self.relations)), symbols)
                (most,), _, _ = grown(room, symbols, 1)
                if room.free_symbols & set(symbols) and (-most).is_positive:
                    names = " and ".join(Writer().write(one) for one in symbols)
                    raise SymderiveError(
                        f"growing {names}: {Writer().condition(condition)} is needed, which fails where "
                        f"{names} {'is' if len(symbols) == 1 else 'are'} large; let more sizes grow."
                    )

    def _needs(self) -> tuple[str, ...]:
        """The conditions that are not known to hold with the numbers put in, in words."""
        writer = Writer(TEXT, self._written_order)
        open_ones = (one for one in self.conditions if not self.values.keys() >= one.free_symbols)
        return tuple(dict.fromkeys(writer.condition(one) for one in open_ones))
