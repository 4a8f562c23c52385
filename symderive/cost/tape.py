"""Size formulas as a list of whole-number operations: fast over NumPy arrays, and never a wrong number.

What formulas have in common is computed once, sums of products by Horner's rule, floors by whole division.
The same operations run on Python's integers, on int64 arrays where nothing can overflow, and on
floating-point numbers that bound every intermediate result, to find out where that is.
"""

from __future__ import annotations

import functools
import math
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy

from symderive.core.dims import Dim, Size
from symderive.core.divisors import Gcd
from symderive.errors import SymderiveError

Term = tuple[int, dict[int, int]]
"""A coefficient, and the exponents of what is in some slots."""


def _greatest_divisor(left: Any, right: Any) -> Any:
    """The greatest common divisor; of Python's integers a Python integer, which has no largest value."""
    return math.gcd(left, right) if isinstance(left, int) and isinstance(right, int) else np.gcd(left, right)


ADD, MULTIPLY, DIVIDE, REST, DIVISOR = "add", "multiply", "divide", "rest", "divisor"
LARGER, SMALLER = "larger", "smaller"
_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    ADD: operator.add,
    MULTIPLY: operator.mul,
    DIVIDE: operator.floordiv,
    REST: operator.mod,
    LARGER: lambda left, right: _chosen(left, right, left >= right),
    SMALLER: lambda left, right: _chosen(left, right, left <= right),
    DIVISOR: _greatest_divisor,
}
LARGEST = 2**63 - 1
"""The largest number of int64."""
_SURELY_FITS = 2.0**62
"""A bound in floating point; its error is far below a factor of 2."""


def _chosen(left: Any, right: Any, is_left: Any) -> Any:
    """One of two numbers, or of each pair in arrays; Python's integers stay what they are."""
    if isinstance(is_left, bool):
        return left if is_left else right
    return np.where(is_left, left, right)


class NotWholeError(SymderiveError):
    """An expression that is not built from whole numbers by these operations."""


@dataclass(frozen=True)
class Tape:
    """Operations on slots; the first slots are the inputs, then come the constants.

    Attributes:
        inputs: the sizes, in the order of their slots.
        constants: the numbers behind them.
        steps: operation and the slots that it reads; each writes the next slot.
        outputs: the slots of the results, then those of what is only looked at.
        results: how many results there are.
        zeros: slots that have to be 0 for the results to be whole.
    """

    inputs: tuple[Dim, ...]
    constants: tuple[int, ...]
    steps: tuple[tuple[str, int, int], ...]
    outputs: tuple[int, ...]
    results: int
    zeros: tuple[int, ...]

    def run(self, values: Sequence[Any]) -> tuple[list[Any], bool]:
        """The results at `values`, and whether all divisions were exact.

        Args:
            values: an int, or an array of whole numbers, for each input.
        """
        slots = [*values, *self.constants]
        for kind, left, right in self.steps:
            slots.append(_OPERATIONS[kind](slots[left], slots[right]))
        exact = all(not np.any(slots[place]) for place in self.zeros)
        return [slots[place] for place in self.outputs], exact

    def reach(self, ranges: Sequence[tuple[int, int]]) -> int | None:
        """A bound of all results, also of those in between, for inputs in these ranges.

        Returns:
            the bound of the absolute values; None where a divisor might be below 1.
        """
        found = [*ranges, *((value, value) for value in self.constants)]
        for kind, left, right in self.steps:
            found.append(_range(kind, found[left], found[right]))
            if kind in (DIVIDE, REST) and found[right][0] < 1:
                return None
        return max((max(-low, high) for low, high in found), default=0)

    def surely_fits(self, values: Sequence[Any]) -> npt.NDArray[np.bool_]:
        """At which of the values every intermediate result is surely within int64."""
        sizes = [_as_float(value) for value in (*values, *self.constants)]
        most = np.maximum.reduce(np.broadcast_arrays(*sizes))
        with np.errstate(over="ignore", invalid="ignore"):
            for kind, left, right in self.steps:
                sizes.append(_bound(kind, sizes[left], sizes[right]))
                most = np.maximum(most, sizes[-1])
        return np.asarray(most < _SURELY_FITS)


def _as_float(value: Any) -> Any:
    if isinstance(value, int):
        return np.float64(abs(value)) if value.bit_length() < 1000 else np.float64(np.inf)
    return value.astype(np.float64)


def _range(kind: str, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """The smallest and the largest result of an operation; a divisor is taken to be at least 1."""
    if kind == ADD:
        return left[0] + right[0], left[1] + right[1]
    if kind == REST:
        return 0, max(right[1], 1) - 1
    if kind in (LARGER, SMALLER):
        pick = max if kind == LARGER else min
        return pick(left[0], right[0]), pick(left[1], right[1])
    if kind == DIVISOR:
        return 0, max(-left[0], left[1], -right[0], right[1])  # gcd(0, n) = n
    if kind == MULTIPLY:
        ends = [one * other for one in left for other in right]
    else:
        ends = [one // max(other, 1) for one in left for other in right]
    return min(ends), max(ends)


def _bound(kind: str, left: Any, right: Any) -> Any:
    """A bound of the absolute value of a result, from those of what it is made of."""
    if kind == ADD:
        return left + right
    if kind == REST:
        return right
    if kind in (LARGER, SMALLER, DIVISOR):
        return np.maximum(left, right)
    return left * right if kind == MULTIPLY else left + 1.0


def tape_of(
    exprs: Sequence[sympy.Expr],
    inputs: Sequence[Dim],
    relations: Mapping[Dim, Size],
    looked_at: Sequence[sympy.Expr] = (),
) -> Tape:
    """The operations that compute some expressions.

    Args:
        exprs: sums, products, whole powers, floors, remainders and divisors of sizes; each a whole number.
        inputs: the sizes that are given.
        relations: what the other sizes are.
        looked_at: expressions whose values are needed beside the results.

    Raises:
        NotWholeError: something else in an expression.

    >>> n, m = Dim("n"), Dim("m")
    >>> tape = tape_of([n * m + n * sympy.floor((m - 1) / 2), m * (m + 1) / 2], [n, m], {})
    >>> tape.run([3, 4]), len(tape.steps)
    (([15, 10], True), 8)
    """
    builder = _Builder(tuple(inputs), dict(relations))
    return builder.tape([builder.slot(expr) for expr in (*exprs, *looked_at)], len(exprs))


@dataclass
class _Builder:
    """Writes the operations of expressions, each once; slots of constants are negative until the end."""

    inputs: tuple[Dim, ...]
    relations: dict[Dim, Size]
    constants: dict[int, int] = field(default_factory=dict)
    steps: list[tuple[str, int, int]] = field(default_factory=list)
    known: dict[Any, int] = field(default_factory=dict)
    zeros: list[int] = field(default_factory=list)

    def tape(self, outputs: Sequence[int], results: int) -> Tape:
        """All operations, with the constants behind the inputs."""
        first = len(self.inputs)

        def final(slot: int) -> int:
            if slot < 0:
                return first - 1 - slot
            return slot if slot < first else slot + len(self.constants)

        return Tape(
            self.inputs,
            tuple(self.constants),
            tuple((kind, final(left), final(right)) for kind, left, right in self.steps),
            tuple(map(final, outputs)),
            results,
            tuple(map(final, self.zeros)),
        )

    def number(self, value: int) -> int:
        """The slot of a constant."""
        return self.constants.setdefault(value, -1 - len(self.constants))

    def step(self, kind: str, left: int, right: int) -> int:
        """The slot of an operation, which may be there already."""
        if kind in (ADD, MULTIPLY):
            left, right = min(left, right), max(left, right)
        key = (kind, left, right)
        if key not in self.known:
            self.steps.append(key)
            self.known[key] = len(self.inputs) + len(self.steps) - 1
        return self.known[key]

    def slot(self, expr: sympy.Expr) -> int:
        """The slot of a whole number."""
        if expr not in self.known:
            self.known[expr] = self._slot(expr)
        return self.known[expr]

    def _slot(self, expr: sympy.Expr) -> int:
        if expr in self.inputs:
            return self.inputs.index(expr)
        if expr in self.relations:
            return self.slot(self.relations[expr])
        if isinstance(expr, sympy.Integer):
            return self.number(int(expr))
        if isinstance(expr, sympy.floor):
            return self.step(DIVIDE, *self._fraction(expr.args[0]))
        if isinstance(expr, sympy.Mod):
            return self.step(REST, *map(self.slot, expr.args))
        if isinstance(expr, (sympy.Max, sympy.Min)):
            kind = LARGER if isinstance(expr, sympy.Max) else SMALLER
            return functools.reduce(
                lambda left, right: self.step(kind, left, right), map(self.slot, expr.args)
            )
        if isinstance(expr, Gcd):
            return self.step(DIVISOR, *map(self.slot, expr.args))
        if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
            raise NotWholeError(f"computing {expr}: {type(expr).__name__} is no operation on whole numbers.")
        over, under = sympy.fraction(sympy.together(expr))
        if under == 1:
            return self._sum([self._term(one) for one in sympy.Add.make_args(over)])
        above, below = self.slot(over), self.slot(under)
        self.zeros.append(self.step(REST, above, below))
        return self.step(DIVIDE, above, below)

    def _fraction(self, expr: sympy.Expr) -> tuple[int, int]:
        over, under = sympy.fraction(sympy.together(expr))
        return self.slot(sympy.expand(over)), self.slot(under)

    def _term(self, expr: sympy.Expr) -> Term:
        number, rest = expr.as_coeff_Mul()
        if not number.is_Integer:
            raise NotWholeError(f"computing {expr}: {number} is not whole.")
        exponents: Counter[int] = Counter()
        for factor in sympy.Mul.make_args(rest):
            base, exponent = factor.as_base_exp()
            if not (exponent.is_Integer and exponent > 0):
                raise NotWholeError(f"computing {expr}: {factor} is no whole power.")
            if base != 1:
                exponents[self.slot(base)] += int(exponent)
        return int(number), dict(exponents)

    def _sum(self, terms: list[Term]) -> int:
        """A sum of products by Horner's rule: what most terms have in common is multiplied once."""
        found = Counter(slot for _, exponents in terms for slot in exponents)
        if not found or (len(terms) > 1 and max(found.values()) == 1):
            slots = [self._product(*term) for term in terms]
        elif len(terms) == 1:
            return self._product(*terms[0])
        else:
            common = max(found, key=lambda slot: (found[slot], -slot))
            inside = [
                (number, _without(exponents, common)) for number, exponents in terms if common in exponents
            ]
            outside = [term for term in terms if common not in term[1]]
            slots = [self.step(MULTIPLY, self._sum(inside), common)]
            slots += [self._sum(outside)] if outside else []
        total = slots[0]
        for slot in slots[1:]:
            total = self.step(ADD, total, slot)
        return total

    def _product(self, number: int, exponents: dict[int, int]) -> int:
        slots = [self._power(slot, exponent) for slot, exponent in exponents.items()]
        if number != 1 or not slots:
            slots.append(self.number(number))
        total = slots[0]
        for slot in slots[1:]:
            total = self.step(MULTIPLY, total, slot)
        return total

    def _power(self, slot: int, exponent: int) -> int:
        if exponent == 1:
            return slot
        half = self._power(slot, exponent // 2)
        square = self.step(MULTIPLY, half, half)
        return self.step(MULTIPLY, square, slot) if exponent % 2 else square


def _without(exponents: dict[int, int], slot: int) -> dict[int, int]:
    """The exponents with that of one slot less by 1."""
    return {one: power - (one == slot) for one, power in exponents.items() if one != slot or power > 1}
