"""Exact values of size expressions: Python integers and fractions, also over arrays of them."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import Dim, Size
from symderive.core.divisors import Gcd
from symderive.cost.writing import Writer
from symderive.errors import ShapeError, SymderiveError, did_you_mean

_invert = np.frompyfunc(lambda value: Fraction(1) / value, 1, 1)
_floor = np.frompyfunc(math.floor, 1, 1)
_gcd = np.frompyfunc(math.gcd, 2, 1)
_outermost = {sympy.Max: np.frompyfunc(max, 2, 1), sympy.Min: np.frompyfunc(min, 2, 1)}
MOST_TERMS = 100_000
"""How many terms of a sum are added up."""
COMPARE: dict[type[sympy.Basic], Callable[[Any, Any], Any]] = {
    sympy.Ge: operator.ge,
    sympy.Le: operator.le,
    sympy.Gt: operator.gt,
    sympy.Lt: operator.lt,
    sympy.Eq: operator.eq,
    sympy.Ne: operator.ne,
}
"""What decides a condition."""


def evaluate(expr: sympy.Expr, values: Mapping[Dim, Any]) -> Any:
    """The exact value of an expression in sizes.

    Args:
        expr: sums, products, whole powers, floors, remainders, divisors, maxima and minima of sizes and
            numbers, and sums over a place.
        values: for each symbol an int, or an object array of ints; arrays broadcast.

    Returns:
        an int or Fraction, or an object array of them. Nothing overflows.

    Raises:
        SymderiveError: a symbol without a value, or something else in the expression.
    """
    if isinstance(expr, sympy.Symbol):
        if expr not in values:
            raise SymderiveError(f"evaluating a cost: {expr} has no value; give it as {expr}=….")
        return values[expr]
    if isinstance(expr, sympy.Rational):
        return int(expr.p) if expr.q == 1 else Fraction(int(expr.p), int(expr.q))
    if isinstance(expr, sympy.Add):
        return sum(evaluate(arg, values) for arg in expr.args)
    if isinstance(expr, sympy.Mul):
        return math.prod(evaluate(arg, values) for arg in expr.args)
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        base = evaluate(expr.base, values)
        return base ** int(expr.exp) if expr.exp > 0 else _invert(base) ** int(-expr.exp)
    if isinstance(expr, sympy.floor):
        return _floor(evaluate(expr.args[0], values))
    if isinstance(expr, sympy.Mod):
        return evaluate(expr.args[0], values) % evaluate(expr.args[1], values)
    if isinstance(expr, (sympy.Max, sympy.Min)):
        return functools.reduce(_outermost[type(expr)], (evaluate(arg, values) for arg in expr.args))
    if isinstance(expr, sympy.Sum):
        return _summed(expr, values)
    if isinstance(expr, Gcd):
        return _gcd(*(evaluate(arg, values) for arg in expr.args))
    raise SymderiveError(f"evaluating a cost: {type(expr).__name__} in {expr} is not known.")


def _summed(expr: sympy.Sum, values: Mapping[Dim, Any]) -> Any:
    ((place, first, last),) = expr.limits
    ends = evaluate(first, values), evaluate(last, values)
    if np.ndim(ends[0]) or np.ndim(ends[1]):
        raise SymderiveError(
            f"evaluating a cost: a sum over {place} takes one number for each size; give one."
        )
    places = range(int(ends[0]), int(ends[1]) + 1)
    if len(places) > MOST_TERMS:
        raise SymderiveError(f"evaluating a cost: a sum of {len(places)} terms; take smaller sizes.")
    return sum(evaluate(expr.function, {**values, place: at}) for at in places)


def whole(value: Any, what: str) -> Any:
    """`value`, a number or an object array of numbers, as int.

    Raises:
        ShapeError: a fraction; a size does not divide another one.
    """
    for one in np.ravel(value):
        if one != int(one):
            raise ShapeError(
                f"{what} comes to {one}, not a whole number; choose sizes that divide each other."
            )
    return np.frompyfunc(int, 1, 1)(value)


def checked_size(name: str, value: Any) -> Any:
    """Sizes given by a user: an int, or for an array an object array of ints.

    Raises:
        ShapeError: not positive whole numbers.
    """
    entries = np.asarray(value, dtype=object)
    for one in entries.ravel():
        if (
            isinstance(one, (bool, np.bool_))
            or not isinstance(one, (int, np.integer, sympy.Integer))
            or one < 1
        ):
            raise ShapeError(f"{name} = {one!r}: sizes are positive whole numbers.")
    return np.frompyfunc(int, 1, 1)(entries)


def by_name(
    given: Mapping[Any, Any], known: Mapping[str, Dim], doing: str = "putting numbers into a cost"
) -> dict[Dim, Any]:
    """Values keyed by symbol from values keyed by symbol or name.

    Raises:
        SymderiveError: a name that does not occur.
    """
    chosen: dict[Dim, Any] = {}
    for key, value in given.items():
        name = str(getattr(key, "name", key))
        if name not in known:
            raise SymderiveError(
                f"{doing}: no size is called {name[:60]!r}{did_you_mean(name, known)} "
                f"The sizes are {', '.join(known) or 'all numbers already'}."
            )
        chosen[known[name]] = value
    return chosen


def complete(values: Mapping[Dim, Any], relations: Mapping[Dim, Size]) -> dict[Dim, Any]:
    """`values` and what the relations make of them.

    Raises:
        ShapeError: a given size contradicts its relation.
    """
    known = dict(values)
    for symbol, meaning in relations.items():
        if not known.keys() >= meaning.free_symbols:
            continue
        size = whole(evaluate(meaning, known), f"{symbol} = {meaning}")
        given = known.setdefault(symbol, size)
        if np.any(np.not_equal(given, size)):
            raise ShapeError(
                f"{Writer().write(symbol)} = {given} was given, but {Writer().write(meaning)} = {size}; "
                "leave one of the sizes out."
            )
    return known


def underived(values: Mapping[Dim, Any], relations: Mapping[Dim, Size]) -> dict[Dim, Any]:
    """`values` without those that follow from the others."""
    return {
        symbol: value
        for symbol, value in values.items()
        if symbol not in relations or not values.keys() >= relations[symbol].free_symbols
    }


def holds(condition: Any, values: Mapping[Dim, Any]) -> bool:
    """Whether a condition holds, for all values where some are arrays.

    >>> n = Dim("n")
    >>> holds(sympy.Ge(n, 3), {n: 3}), holds(sympy.Eq(sympy.Mod(n, 2), 0), {n: 3})
    (True, False)
    """
    if isinstance(condition, (bool, np.bool_, sympy.logic.boolalg.BooleanAtom)):
        return bool(condition)
    compare = COMPARE[type(condition)]
    return bool(np.all(compare(evaluate(condition.lhs, values), evaluate(condition.rhs, values))))


def _first_false(condition: Any, symbols: list[Dim], values: Mapping[Dim, Any]) -> Iterator[Any]:
    """The numbers with which a condition is false; of arrays the first ones."""
    columns = [np.ravel(one) for one in np.broadcast_arrays(*(values[symbol] for symbol in symbols))]
    rows = zip(*columns, strict=True)
    return iter(
        next(row for row in rows if not holds(condition, dict(zip(symbols, map(int, row), strict=True))))
    )


def check_conditions(conditions: tuple[Any, ...], values: Mapping[Dim, Any]) -> None:
    """Check what can be decided with `values`.

    Raises:
        ShapeError: a condition is false; says which and with which numbers.
    """
    for condition in conditions:
        if not values.keys() >= condition.free_symbols:
            continue
        if not holds(condition, values):
            used = sorted(condition.free_symbols, key=str)
            given = ", ".join(
                f"{Writer().write(symbol)} = {number}"
                for symbol, number in zip(used, _first_false(condition, used, values), strict=True)
            )
            raise ShapeError(
                f"these sizes do not fit: {Writer().condition(condition)} is needed, but {given}."
            )
