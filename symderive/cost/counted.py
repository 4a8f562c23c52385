"""What every cost answers, of a layer or of a whole network: quantities as formulas and as numbers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.compiled import compiled
from symderive.cost.count import (
    COMPARISONS,
    DIVISIONS,
    ELEMENTWISE_ADDS,
    ELEMENTWISE_MULS,
    MACS,
    NAMED,
    SHORT,
    SUM_ADDS,
)  # fmt: skip
from symderive.cost.evaluation import (
    by_name,
    check_conditions,
    checked_size,
    complete,
    evaluate,
    underived,
)  # fmt: skip
from symderive.cost.formula import Formula
from symderive.cost.memory.quantities import OF_MEMORY, SAVED, Memory
from symderive.cost.memory.summary import formulas_of
from symderive.cost.questions.algebra import Algebra, NoQuantityError
from symderive.cost.training.pulling import Keeper
from symderive.cost.writing import LATEX, TEXT, Writer
from symderive.errors import did_you_mean

if TYPE_CHECKING:
    from symderive.cost.training.step import TrainStep

MULS, ADDS, FLOPS, PARAMS, BUFFERS, ACTIVATIONS = "muls", "adds", "flops", "params", "buffers", "activations"
BACKWARD = "backward_"
"""What stands before a quantity that is meant of the backward pass: `backward_macs`."""
SUMS = {MULS: (MACS, ELEMENTWISE_MULS), ADDS: (SUM_ADDS, ELEMENTWISE_ADDS)}
"""Quantities that are several counts together."""
ARRAYS = (PARAMS, BUFFERS)
"""Quantities that are entries of arrays, and no operations."""
VALID = "valid_macs"
ALWAYS = (MACS, VALID, MULS, ADDS, FLOPS, PARAMS, BUFFERS, ACTIVATIONS)
"""Quantities that every cost has, if only as 0."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Counted(Algebra, Memory):
    """Abstract: formulas in named positive integers, and the numbers put in for them.

    With values put in, the attribute of a quantity is the number. `macs` are the multiply-accumulates of the
    contractions; `muls` and `adds` are all scalar multiplications and additions of the equations as they
    stand; `flops` is 2 · macs.

    Attributes:
        order: the sizes in the order in which they are written.
        relations: what named output sizes are in the input's sizes.
        conditions: what has to hold of the sizes.
        values: numbers put in for symbols.
        keeper: what a layer keeps for its backward pass; see `Memory`.
    """

    order: tuple[Size, ...] = ()
    relations: Mapping[Dim, Size] = field(default_factory=dict)
    conditions: tuple[Any, ...] = ()
    values: Mapping[Dim, int] = field(default_factory=dict)
    keeper: Keeper | None = field(default=None, compare=False, repr=False)

    @abstractmethod
    def formula(self, quantity: str = MACS) -> Formula:
        """The formula of a quantity in symbols.

        Raises:
            SymderiveError: an unknown quantity.
        """

    @property
    @abstractmethod
    def quantities(self) -> tuple[str, ...]:
        """The names of all quantities that are not 0, functions by their own name."""

    @property
    @abstractmethod
    def unknown(self) -> tuple[str, ...]:
        """What was not counted, in words; empty if everything was."""

    @abstractmethod
    def kinds_of_padding(self) -> Iterator[str]:
        """Which products are in `macs` and not in `valid_macs`, in words."""

    @property
    @abstractmethod
    def convention(self) -> str:
        """What is counted, in one line."""

    @property
    def macs(self) -> sympy.Expr:
        """Multiply-accumulates of the contractions; zero padding counts."""
        return self.quantity(MACS)

    @property
    def valid_macs(self) -> sympy.Expr:
        """Multiply-accumulates that are neither against zero padding, nor masked, nor cropped.

        Raises:
            SymderiveError: positions that are not linear in the indices.

        >>> from symderive.cost import cost
        >>> from symderive.layers import Attention, Conv1d
        >>> cost(Conv1d(kernel=3, padding=1)).valid_macs, cost(Attention(causal=True)).valid_macs
        (C_in*C_out*(3*Lprime - 2), H*L*d*(L + 1))
        """
        return self._value(self.valid_formula(self.numbers))

    @abstractmethod
    def valid_formula(self, sizes: Mapping[Dim, Size]) -> Formula:
        """The formula of `valid_macs` with something put in for sizes, which may make it shorter."""

    @property
    def muls(self) -> sympy.Expr:
        """All scalar multiplications: those of the contractions and the elementwise ones."""
        return self.quantity(MULS)

    @property
    def adds(self) -> sympy.Expr:
        """All scalar additions: n − 1 for a sum of n terms, and the elementwise ones (a bias)."""
        return self.quantity(ADDS)

    @property
    def divs(self) -> sympy.Expr:
        """Scalar divisions."""
        return self.quantity(DIVISIONS)

    @property
    def exps(self) -> sympy.Expr:
        """Exponentials that stand in the equations; σ, tanh and the like count under their own names.

        >>> from symderive.cost import cost
        >>> from symderive.layers import Softmax
        >>> found = cost(Softmax("d", "N"))
        >>> found.exps, found.divs, found.comparisons, found.adds
        (N*d, N*d, 0, N*(d - 1))
        """
        return self.quantity("exp")

    @property
    def comparisons(self) -> sympy.Expr:
        """Comparisons of two numbers: n − 1 for a maximum of n; relu and the like have their own names."""
        return self.quantity(COMPARISONS)

    @property
    def flops(self) -> sympy.Expr:
        """Floating-point operations by the convention 1 MAC = 2 flops."""
        return self.quantity(FLOPS)

    @property
    def backward(self) -> sympy.Expr:
        """Multiply-accumulates of the backward pass; see `backward_pass`.

        Any quantity can be asked for by its name: `quantity("backward_adds")`, `compile("backward_macs")`.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Conv2d
        >>> layer = cost(Conv2d(groups="G"))
        >>> layer.backward / layer.macs
        2
        """
        return self.quantity(BACKWARD + MACS)

    @abstractmethod
    def backward_pass(self, input_gradient: bool | None = None) -> Counted:
        """What the backward pass costs, counted from the derived gradient program.

        Args:
            input_gradient: whether gradients by the data are counted; by default those of a layer are, and
                those of a network are not.

        Raises:
            SymderiveError: the cost was counted without a way to differentiate.
        """

    def train_step(
        self,
        optimizer: str = "sgd",
        recompute: bool | str | Collection[str] = False,
        input_gradient: bool | None = None,
    ) -> TrainStep:
        """What a training step costs: forward, backward, and the update of the parameters.

        The layers are those of the network as it is declared: a norm has the statistics that it has there.

        Args:
            optimizer: "sgd", "momentum", "adam" or "adamw".
            recompute: what is not kept and computed again in the backward pass: "full" or True for every
                block of several layers at the top of the network, or names of blocks, layers or equations,
                such as "attention" or ("scores", "weights").
            input_gradient: as in `backward_pass`.

        Returns:
            a tree with the parts `forward`, `again`, `backward` and `update`; `optimizer_state` is the number
            of entries that the optimizer keeps.

        Raises:
            SymderiveError: an unknown optimizer, a name that nothing has, or a cost without derivatives.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> step = cost(Dense("d", "m", batch="B")).train_step("adam")
        >>> step.formula("macs").write(), step.formula("optimizer_state").write()
        ('3 · B · d · m', '2 · d · m + 2 · m')
        """
        from symderive.cost.training.step import train_step

        return train_step(self, optimizer, recompute, input_gradient)

    @property
    def params(self) -> sympy.Expr:
        """Trainable parameters."""
        return self.quantity(PARAMS)

    @property
    def buffers(self) -> sympy.Expr:
        """Entries of the arrays that are kept and not trained: running statistics."""
        return self.quantity(BUFFERS)

    @property
    def activations(self) -> sympy.Expr:
        """Entries of the output; of a network, of the outputs of all its layers."""
        return self.quantity(ACTIVATIONS)

    def _of_memory(self, name: str, asked: Dim, dtype: str) -> tuple[sympy.Expr, ...] | None:
        return formulas_of(replace(self, values=self._numbers_without([asked])), name, dtype)

    @property
    def sized(self) -> dict[str, Any]:
        """What it says of the sizes, for another cost of the same layer or network."""
        return {"order": self.order, "relations": self.relations, "conditions": self.conditions}

    @property
    def symbols(self) -> tuple[Dim, ...]:
        """The sizes: those of the order, and what formulas, relations and conditions are written in."""
        used: set[Dim] = set().union(*(formula.expr.free_symbols for formula in self.counts()))
        used.update(*(meaning.free_symbols for meaning in self.relations.values()), self.relations)
        used.update(*(condition.free_symbols for condition in self.conditions))
        used.update(*(size.free_symbols for size in self.order))
        writer = Writer(order=self.order)
        return tuple(sorted(used, key=writer.rank))

    def __repr__(self) -> str:
        """The MACs on one line; `print` shows everything."""
        sign = "≥" if self.unknown else "="
        return f"<{type(self).__name__}: macs {sign} {self.formula().write()}>"

    def _repr_latex_(self) -> str:
        bound = r"\ge" if self.unknown else "="
        return rf"$\displaystyle \text{{MACs}} {bound} {self.latex()}$"

    @abstractmethod
    def counts(self) -> Iterator[Formula]:
        """The formulas of which all quantities are made."""

    @property
    def all_quantities(self) -> tuple[str, ...]:
        """The names of all quantities: those that every cost has, then the others that are not 0."""
        return tuple(dict.fromkeys((*ALWAYS, *self.quantities)))

    @property
    def symbolic(self) -> Self:
        """The same cost without numbers put in."""
        return replace(self, values={})

    def checked_name(self, quantity: str) -> str:
        """The name of a quantity: `divisions` of `divs`.

        Raises:
            SymderiveError: there is no such quantity.
        """
        if quantity.startswith(BACKWARD):
            return BACKWARD + self.backward_pass().checked_name(quantity.removeprefix(BACKWARD))
        quantity = SHORT.get(quantity, quantity)
        if quantity in OF_MEMORY:
            raise NoQuantityError(
                f"reading a cost: {quantity} has a type of numbers, or conditions of its own; ask memory(), "
                "or for memory on a sheet, or solve a budget for it."
            )
        choices = sorted({*self.all_quantities, *NAMED, SAVED})
        if quantity not in choices:
            near = did_you_mean(quantity, choices)
            hint = near if near != "." else f"; there are {', '.join(choices)}."
            raise NoQuantityError(f"reading a cost: no quantity {quantity[:60]!r}{hint}")
        return quantity

    def quantity(self, name: str) -> sympy.Expr:
        """The value of a quantity: a number where all its sizes have values, otherwise an expression."""
        return self.valid_macs if name == VALID else self._value(self.formula(name))

    def _value(self, formula: Formula) -> sympy.Expr:
        found = self._put_in(formula.expr)
        return sympy.sympify(evaluate(found, {})) if found.has(sympy.Sum) and found.is_number else found

    def check_at(self, conditions: tuple[Any, ...]) -> None:
        """Check conditions with the numbers put in.

        Raises:
            ShapeError: one is false.
        """
        check_conditions(conditions, self.values)

    def subs(self, values: Mapping[Any, Any] | None = None, **named: Any) -> Self:
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

    def compile(self, *quantities: str) -> Callable[..., Any]:
        """A function of the sizes that gives exact whole numbers, fast over arrays.

        Args:
            quantities: which quantities; `macs` where none is named.

        Returns:
            a function that takes sizes by name, ints or integer arrays that broadcast. It gives a Python
            int for ints, otherwise an array: int64 where every value fits, Python ints (dtype object) where
            one does not. Of several quantities it gives a dictionary by name.

        Raises:
            SymderiveError: an unknown quantity; by the function, a name that is none of its sizes.
            ShapeError: by the function, sizes that do not fit each other.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> macs = cost(Dense("d", "m")).compile()
        >>> macs(d=784, m=10), macs(d=10**12, m=10**12)
        (7840, 1000000000000000000000000)
        >>> cost(Dense("d", "m")).compile("macs", "params")(d=[784, 2], m=10)
        {'macs': array([7840,   20]), 'params': array([7850,   30])}
        """
        formulas = {name: self.formula(name) for name in quantities or (MACS,)}
        more = self.saved().conditions if SAVED in formulas else ()
        conditions = tuple(dict.fromkeys((*self.conditions, *more)))
        return compiled(formulas, self.symbols, self.relations, conditions, self.values)

    def to_json(self, dtype: str = "float32") -> str:
        """Everything that is known of the cost, as JSON text; see `symderive.cost.output.export.record`.

        Args:
            dtype: the type of numbers that are computed with, for bytes.

        Raises:
            SymderiveError: an unknown type.

        >>> import json
        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> json.loads(cost(Dense(784, 10)).to_json())["quantities"]["macs"]["substituted"]
        '784 · 10'
        """
        from symderive.cost.output.export import to_json

        return to_json(self, dtype)

    def to_csv(self, dtype: str = "float32") -> str:
        """A line for each part and the total below: numbers, or formulas in Python's notation.

        Args:
            dtype: the type of numbers that are computed with, for bytes.

        Raises:
            SymderiveError: an unknown type.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> for line in cost(Dense(784, 10, bias=False)).to_csv().splitlines():
        ...     print(*line.split(",")[:12], sep=",")
        part,macs,flops,muls,adds,params,activations,sum_adds,parameter_bytes_float32,\
activation_bytes_float32,bytes_read_float32,bytes_written_float32
        y,7840,15680,7840,7830,0,10,7830,,,,
        weight,0,0,0,0,7840,0,0,,,,
        (total),7840,15680,7840,7830,7840,10,7830,31360,40,34496,40
        """
        from symderive.cost.output.export import to_csv

        return to_csv(self, dtype)

    def table(self, *quantities: str, form: str = "text", dtype: str = "float32") -> str:
        r"""Parts by quantities, with the totals below.

        Args:
            quantities: the columns; `params` and `macs` where none is named. Those of `memory` are there too.
            form: `text`, `markdown` or `latex`.
            dtype: the type of numbers that are computed with, for bytes.

        Raises:
            SymderiveError: another form, or an unknown or refused quantity.

        >>> from symderive.layers import Dense
        >>> from symderive.cost import cost
        >>> print(cost(Dense("d", "m")).table("params", "macs", form="markdown"))
        | part | params | macs |
        | --- | ---: | ---: |
        | `y` | $0$ | $d \cdot m$ |
        | `weight` | $d \cdot m$ | $0$ |
        | `bias` | $m$ | $0$ |
        | **total** | $d \cdot m + m$ | $d \cdot m$ |
        <BLANKLINE>
        """
        from symderive.cost.output.export import table

        return table(self, quantities or (PARAMS, MACS), form, dtype)

    def plot(
        self,
        symbol: str,
        sizes: Iterable[int],
        quantity: str = MACS,
        by_part: bool = True,
        dtype: str = "float32",
    ) -> Any:
        """A quantity against one size, stacked by layer or as one line.

        Args:
            symbol: the size; a number that it has is not used, all others need one.
            sizes: its values, as in `range(32, 513, 32)`.
            quantity: which quantity; also one of memory, as `saved_bytes`, and without parts a peak.
            by_part: whether the parts are stacked.
            dtype: the type of numbers that are computed with, for bytes.

        Returns:
            a figure of matplotlib, which `.savefig("cost.pdf")` writes.

        Raises:
            SymderiveError: matplotlib is not installed, another size is open, or an unknown quantity.
            ShapeError: sizes that do not fit each other.
        """
        from symderive.cost.output.plotting import plot

        return plot(self, symbol, sizes, quantity, by_part, dtype)

    @property
    def numbers(self) -> dict[Dim, sympy.Integer]:
        """The values as SymPy's integers, to be put into expressions."""
        return {symbol: sympy.Integer(value) for symbol, value in self.values.items()}

    def _put_in(self, expr: sympy.Expr) -> sympy.Expr:
        return expr.xreplace(self.numbers)

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
