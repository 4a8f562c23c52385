"""Counting operations: a fold over the equations of a program.

What is counted is the equation as it stands: an expression is evaluated once for every value of the indices
that occur in it, and an expression that occurs twice is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from symderive.core.dims import Size
from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import Delta, Entry, Index, IndexMax, IndexMin, IndexProduct, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.cost.choices import (
    Range,
    at_pinned,
    is_one_of_several,
    landing,
    looked_up,
    pinned,
    without_brackets,
)
from symderive.cost.formula import Formula, Product
from symderive.cost.summed import positions
from symderive.functions import by_head

MACS = "macs"
SUM_ADDS = "sum_adds"
ELEMENTWISE_MULS = "elementwise_muls"
ELEMENTWISE_ADDS = "elementwise_adds"
DIVISIONS = "divisions"
NEGATIONS = "negations"
COMPARISONS = "comparisons"
EXPS = "exp"
NAMED = (DIVISIONS, EXPS, COMPARISONS)
"""Operations that can be asked for by name also where there are none."""
SHORT = {"divs": DIVISIONS, "exps": EXPS}
"""Quantities that have the name of their attribute too."""


@dataclass(frozen=True)
class Contraction:
    """A sum of products, or an outer product: where multiply-accumulates happen.

    Attributes:
        entries: the entries multiplied.
        bound: the indices summed over; none for an outer product.
        free: the indices of the result; those that a delta fixes are left out.
        lands: where each product is added, if deltas say it: position and size of each axis.
        chosen: the ranges that brackets ask for; outside of them the product is not there.
    """

    entries: tuple[Entry, ...]
    bound: tuple[Index, ...]
    free: tuple[Index, ...]
    lands: tuple[Range, ...] = ()
    chosen: tuple[Range, ...] = ()


@dataclass(frozen=True)
class Part:
    """The counts of one equation.

    Attributes:
        definition: the equation.
        counts: quantity → formula; a quantity that is not there is 0.
        contractions: the sums of products in it.
        unknown: what was not counted, in words.
    """

    definition: Definition
    counts: dict[str, Formula]
    contractions: tuple[Contraction, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the array that the equation defines."""
        return str(self.definition.tensor.name)

    def formula(self, quantity: str) -> Formula:
        """The count of one quantity; an empty formula is 0."""
        return self.counts.get(quantity, Formula())


def count(program: Program, order: Iterable[Size] = ()) -> tuple[Part, ...]:
    """Count the operations of each equation.

    Args:
        program: the equations.
        order: the sizes in the order in which they are written in a product; by default free indices but the
            last, summed indices, last free index, as in n · d · m for a matrix product.

    Returns:
        one part per equation, in order.

    >>> from symderive.layers import Dense
    >>> (part,) = count(Dense("d", "m", batch="n").program())
    >>> {name: formula.write() for name, formula in part.counts.items()}
    {'elementwise_adds': 'n · m', 'sum_adds': 'n · m · (d − 1)', 'macs': 'n · d · m'}
    """
    return tuple(_Fold(definition, tuple(order)).part() for definition in program.definitions)


def count_pulled(
    definition: Definition, adjoint: Tensor, is_contraction: bool, order: Iterable[Size] = ()
) -> Part:
    """Count what one equation adds to the adjoint of an array that it reads.

    Its products with its own adjoint are multiply-accumulates if the equation is a contraction, and
    multiplications otherwise: a norm has none of the former forward, and so none backward.

    Args:
        definition: the adjoint, and what is added to it.
        adjoint: the adjoint of the equation.
        is_contraction: whether the equation multiplies and accumulates what is read.
        order: as in `count`.
    """
    return _Fold(definition, tuple(order), (adjoint, is_contraction)).part()


def count_additions(definition: Definition, terms: Sequence[sympy.Expr], order: Iterable[Size] = ()) -> Part:
    """Count only what it takes to add some terms up, each of which is counted elsewhere.

    Args:
        definition: what they add up to.
        terms: the terms.
        order: as in `count`.
    """
    fold = _Fold(definition, tuple(order))
    fold.additions(terms)
    return fold.finished()


@dataclass
class _Fold:
    """One walk over a right-hand side, adding up as it goes."""

    definition: Definition
    order: tuple[Size, ...]
    pulled: tuple[Tensor, bool] | None = None
    counts: dict[str, list[Product]] = field(default_factory=dict)
    contractions: list[Contraction] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def part(self) -> Part:
        """Walk the equation once."""
        self.visit(self.definition.body)
        return self.finished()

    def finished(self) -> Part:
        """What was added up so far."""
        counts = {name: Formula(tuple(terms), self.order) for name, terms in self.counts.items()}
        return Part(self.definition, counts, tuple(self.contractions), tuple(dict.fromkeys(self.unknown)))

    def visit(self, expr: sympy.Expr) -> None:
        """Count what it takes to evaluate `expr`; what no rule covers is listed.

        What no array is in is free: it is known before there are data, and computed once for all of them.
        """
        if not tensors_of(expr) and not expr.atoms(Delta, AppliedUndef):
            return
        for kind, handle in _HANDLERS:
            if isinstance(expr, kind):
                handle(self, expr)
                return
        self.uncounted(expr)

    def uncounted(self, expr: sympy.Expr) -> None:
        """List `expr` as not counted, with all that is inside it."""
        self.unknown.append(f"{type(expr).__name__} in the equation of {self.definition.tensor.name}")

    def add(self, quantity: str, indices: Iterable[Index], times: int = 1, less: Size | None = None) -> None:
        """Count `times` operations for each value of the indices; `less` is a further factor."""
        if not times or less == 0:
            return
        sizes = positions(indices, sympy.S.One if less is None else less)
        if sizes is None:
            self.unknown.append(
                f"{quantity} over positions without a closed form in {self.definition.tensor.name}"
            )
            return
        product = Product.of(sizes, self.order).times(times)
        terms = self.counts.setdefault(quantity, [])
        for place, term in enumerate(terms):
            if term.factors == product.factors:
                terms[place] = Product(term.factors, term.coefficient + product.coefficient)
                return
        terms.append(product)

    def loop(self, expr: sympy.Expr) -> tuple[Index, ...]:
        """The free indices of `expr`, those of the equation's left-hand side first and in its order."""
        found = free_indices(expr)
        found = found.union(*(index.within for index in found))
        own = [index for index in self.definition.indices if index in found]
        return (*own, *sorted(found.difference(own), key=lambda index: (str(index.name), str(index.dim))))

    def leaf(self, expr: sympy.Expr) -> None:
        """A constant, an index or an entry costs nothing."""

    def is_contraction(self, factors: Iterable[sympy.Expr], otherwise: bool) -> bool:
        """Whether the products of some factors are multiply-accumulates; `otherwise` by their form."""
        if self.pulled is None or not any(self.pulled[0] in tensors_of(one) for one in factors):
            return otherwise
        return self.pulled[1]

    def sum_of_terms(self, expr: sympy.Add) -> None:
        self.additions(expr.args)
        for term in expr.args:
            coefficient, rest = term.as_coeff_Mul()
            self.visit(rest if coefficient == -1 else term)

    def additions(self, terms: Sequence[sympy.Expr]) -> None:
        """One less than there are terms, at every position; a term that a delta fixes is at few of them."""
        if len(terms) < 2 or is_one_of_several(terms):
            return
        loop, fixed = (
            self.loop(sympy.Tuple(*terms)),
            [pinned(term, self.definition.indices) for term in terms],
        )
        everywhere = sum(not some for some in fixed)
        self.add(ELEMENTWISE_ADDS, loop, max(0, everywhere - 1))
        for some in [one for one in fixed if one][0 if everywhere else 1 :]:
            self.add(ELEMENTWISE_ADDS, (index for index in loop if index not in some))

    def product(self, expr: sympy.Mul) -> None:
        fixed = pinned(expr, self.definition.indices)
        if fixed:  # elsewhere it is 0
            self.visit(at_pinned(expr, fixed))
            return
        above, below, signs = _split(expr)
        above, chosen = without_brackets(above)
        self.add(NEGATIONS, self.loop(expr), signs)
        self.add(DIVISIONS, self.loop(expr), len(below))
        entries = tuple(factor for factor in above if isinstance(factor, Entry))
        is_pair = len(above) == len(entries) == 2 and not below
        outer = is_pair and (self.definition.accumulates or _is_outer(*entries))
        data = [factor for factor in above if tensors_of(factor)]
        is_contraction = len(data) > 1 and self.is_contraction(above, outer)
        self.add(ELEMENTWISE_MULS, self.loop(expr), max(0, len(above) - 1 - is_contraction))
        if is_contraction:
            self.add(MACS, self.loop(expr))
            self.contractions.append(Contraction(entries, (), self.loop(expr), chosen=chosen))
        inner = len(self.contractions)
        for factor in _distinct([*above, *below]):
            self.visit(factor)
        self.contractions[inner:] = [_chosen_by(one, chosen) for one in self.contractions[inner:]]

    def power(self, expr: sympy.Pow) -> None:
        exponent = expr.exp
        if exponent.is_Integer:
            self.add(ELEMENTWISE_MULS, self.loop(expr), abs(int(exponent)) - 1)
            self.add(DIVISIONS, self.loop(expr), 1 if exponent < 0 else 0)
            self.visit(expr.base)
            return
        self.add("sqrt" if abs(exponent) == sympy.Rational(1, 2) else "pow", self.loop(expr))
        self.add(DIVISIONS, self.loop(expr), 1 if exponent == sympy.Rational(-1, 2) else 0)
        for argument in expr.args:
            self.visit(argument)

    def index_sum(self, expr: IndexSum) -> None:
        """`Σ` of n terms is n − 1 additions; of products of two or more entries, n multiply-accumulates.

        Where a delta says where each product is added, as in `Σ_{u,j} a[u] b[j] δ(i, 2j + u)`, there is one
        product for each u and j, and one addition to a sum that begins with 0, also where it lands outside.
        A sum over a position that an array holds, as in `Σ_v E[v] δ(v, x[n])`, reads one entry.
        """
        above, below, signs = _split(expr.body)
        above, chosen = without_brackets(above)
        lands, bound, fixing = self._fixed(expr)
        above = [factor for factor in above if factor not in fixing]
        loop = tuple(index for index in self.loop(expr) if index not in lands)
        around = self._written(expr)
        if lands:
            self.add(SUM_ADDS, around)
        elif bound:
            self.add(SUM_ADDS, loop, less=sympy.Mul(*(index.dim for index in bound)) - 1)
        data = [factor for factor in above if tensors_of(factor)]
        if len(data) < 2 or not bound:
            self.visit(sympy.Mul(*above, *(1 / factor for factor in below)) if fixing else expr.body)
            return
        is_contraction = self.is_contraction(above, True)
        self.add(ELEMENTWISE_MULS, around, len(above) - 1 - is_contraction)
        self.add(NEGATIONS, around, signs)
        self.add(DIVISIONS, around, len(below))
        if is_contraction:
            self.add(MACS, around)
            entries = tuple(factor for factor in above if isinstance(factor, Entry))
            places = tuple(
                (position, index.dim)
                for index, (_, position) in lands.items()
                if not isinstance(position, Entry)  # what an array holds is a position inside
            )
            self.contractions.append(Contraction(entries, bound, loop, places, chosen))
        for factor in _distinct([*above, *below]):
            self.visit(factor)

    def _fixed(
        self, expr: IndexSum
    ) -> tuple[dict[Index, tuple[Delta, sympy.Expr]], tuple[Index, ...], list[Delta]]:
        """Where products land, the indices that are really summed, and the deltas that say so."""
        factors = sympy.Mul.make_args(expr.body)
        lands, read = landing(factors, expr.indices), looked_up(factors, expr.indices)
        bound = tuple(index for index in expr.indices if index not in read)
        return lands, bound, [*(delta for delta, _ in lands.values()), *read.values()]

    def _written(self, expr: IndexSum) -> tuple[Index, ...]:
        """All indices of a contraction; without a given order, the summed ones before the last free one."""
        lands, bound, _ = self._fixed(expr)
        loop = [index for index in self.loop(expr) if index not in lands]
        return (*loop[:-1], *bound, *loop[-1:]) if len(loop) > 1 else (*loop, *bound)

    def index_max(self, expr: IndexMax) -> None:
        self.add(COMPARISONS, self.loop(expr), less=sympy.Mul(*(index.dim for index in expr.indices)) - 1)
        self.visit(expr.body)

    def index_product(self, expr: IndexProduct) -> None:
        self.add(
            ELEMENTWISE_MULS, self.loop(expr), less=sympy.Mul(*(index.dim for index in expr.indices)) - 1
        )
        self.visit(expr.body)

    def extremum(self, expr: sympy.Expr) -> None:
        self.add(COMPARISONS, self.loop(expr), len(expr.args) - 1)
        for argument in expr.args:
            self.visit(argument)

    def function(self, expr: sympy.Function) -> None:
        entry = by_head().get(type(expr))
        self.add(type(expr).__name__.lower() if entry is None else entry.name, self.loop(expr))
        for argument in expr.args:
            self.visit(argument)


def _split(expr: sympy.Expr) -> tuple[list[sympy.Expr], list[sympy.Expr], int]:
    """Factors above and below the fraction line, whole powers written out, and whether the sign changes.

    Numbers and sizes are one constant, which is multiplied once; `x/4`, `x/(k·l)` and `x/√d` are a division.
    So are divisors that depend on positions alone, `x[i, j]/(h(i)·w(j))`.
    """
    factors = sympy.Mul.make_args(expr)
    over, under = _fraction(sympy.Mul(*(factor for factor in factors if _is_constant(factor))))
    signs = 1 if over == -1 else 0
    above: list[sympy.Expr] = [] if over in (1, -1) else [over]
    below: list[sympy.Expr] = [] if under == 1 else [under]
    for factor in factors:
        if _is_constant(factor):
            continue
        if not (isinstance(factor, sympy.Pow) and factor.exp.is_Integer):
            above.append(factor)
        else:
            (above if factor.exp > 0 else below).extend([factor.base] * abs(int(factor.exp)))
    known = [factor for factor in below if not tensors_of(factor)]  # before there are data
    if len(known) > 1:
        below = [*(factor for factor in below if factor not in known), sympy.Mul(*known)]
    return above, below, signs


def _fraction(fixed: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """A constant as a sign or a factor, and what is divided by: one of the two, as it is one operation.

    One with a denominator divides: `x/√d`, `x/√3`, and `2x/3` as x divided by 3/2.
    """
    if fixed.is_number and not fixed.is_Rational:
        divides = (fixed**-2).is_Integer
    else:
        divides = sympy.fraction(fixed)[1] != 1
    sign = sympy.S.NegativeOne if divides and fixed.could_extract_minus_sign() else sympy.S.One
    return (sign, sign / fixed) if divides else (fixed, sympy.S.One)


def _is_constant(expr: sympy.Expr) -> bool:
    """Whether there is no array and no index in it, so that it is computed once and costs nothing."""
    return not tensors_of(expr) and not free_indices(expr)


def _chosen_by(contraction: Contraction, ranges: Iterable[Range]) -> Contraction:
    """A contraction with the brackets that stand around it and are about its indices."""
    own = {*contraction.free, *contraction.bound}
    around = tuple(one for one in ranges if free_indices(one[0]) <= own)
    return replace(contraction, chosen=(*contraction.chosen, *around)) if around else contraction


def _distinct(factors: list[sympy.Expr]) -> list[sympy.Expr]:
    """The factors without the repetitions that a power wrote out: its base is evaluated once."""
    return list(dict.fromkeys(factors))


def _is_outer(left: Entry, right: Entry) -> bool:
    """Whether each of two entries has an index that the other lacks."""
    one, other = free_indices(left), free_indices(right)
    return bool(one - other) and bool(other - one)


_HANDLERS: tuple[tuple[Any, Callable[[_Fold, sympy.Expr], None]], ...] = (
    ((Entry, Index, Inside, sympy.Symbol, sympy.Number, sympy.NumberSymbol), _Fold.leaf),
    (sympy.Add, _Fold.sum_of_terms),
    (sympy.Mul, _Fold.product),
    (sympy.Pow, _Fold.power),
    (IndexSum, _Fold.index_sum),
    ((IndexMax, IndexMin), _Fold.index_max),
    (IndexProduct, _Fold.index_product),
    ((sympy.Max, sympy.Min), _Fold.extremum),
    ((sympy.Piecewise, AppliedUndef), _Fold.uncounted),
    (sympy.Function, _Fold.function),
)
