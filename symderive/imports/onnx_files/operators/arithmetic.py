"""Operators entry by entry of one or several arrays: sums, comparisons, choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from symderive.functions.choice import where
from symderive.functions.comparisons import either, equal, greater, greater_equal, less, less_equal, not_equal
from symderive.functions.kinked import absolute, larger, maximum, signum, smaller
from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.values import REAL, TRUTH, WHOLE, Value, entries_of, mapped
from symderive.networks.operations import Pointwise, argument
from symderive.networks.shapes import missing_axes

Body = Callable[..., sympy.Expr]


def pointwise(call: Call, body: Body, values: Sequence[Value], kind: str = "", name: str = "") -> Value:
    """`body` of the entries of some values.

    A known number is a constant; a stored array is a parameter of the step.
    """
    shape = call.broadcast(values)
    numbers = [place for place, value in enumerate(values) if not value.is_data and value.count == 1]
    rest = [place for place in range(len(values)) if place not in numbers]
    ordered = sorted(rest, key=lambda place: not values[place].is_data)
    symbols: list[Any] = [sympy.Symbol(f"c{place + 1}", real=True) for place in range(len(values))]
    for number, place in enumerate(ordered, 1):
        symbols[place] = argument(number)
    arrays = [values[place] for place in ordered]
    own = tuple(number for number, one in enumerate(arrays, 1) if is_parameter(one))
    missing = tuple(missing_axes(one.shape, shape) for one in arrays)
    layer = Pointwise(shape, body(*symbols), missing, own)
    data = [one for one in arrays if not is_parameter(one)]
    parameters = [one for one in arrays if is_parameter(one)]
    return call.apply(layer, *data, weights=parameters, kind=kind or values[0].kind, name=name)


def is_parameter(value: Value) -> bool:
    """Whether a value is made of stored real numbers, before there are data."""
    return bool(value.weights) and value.kind == REAL and not value.is_data


def _ratio(one: Any, other: Any) -> Any:
    return None if other == 0 else one / other


def _whole_ratio(one: Any, other: Any) -> Any:
    """Division of whole numbers, which sizes are: without what is behind the point."""
    return None if other == 0 else cut_off(one / other)


def cut_off(entry: Any) -> Any:
    """A number without what is behind its point; sizes are not negative."""
    return -sympy.floor(-entry) if entry.is_negative else sympy.floor(entry)


def _decided(relation: Any) -> Callable[[Any, Any], Any]:
    """A comparison, where its two sides decide it for all sizes."""

    def compare(left: Any, right: Any) -> Any:
        found = relation(left, right)
        return found if found in (sympy.true, sympy.false) else _by_difference(relation, left, right)

    return compare


def _by_difference(relation: Any, left: Any, right: Any) -> Any:
    if not (isinstance(left, sympy.Expr) and isinstance(right, sympy.Expr)):
        return None
    found = relation(sympy.expand(left - right), 0)
    return found if found in (sympy.true, sympy.false) else None


def _truth(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *entries: sympy.true if function(*(one == sympy.true for one in entries)) else sympy.false


SEVERAL: Mapping[str, tuple[Body, Callable[..., Any]]] = {
    "Add": (lambda x, y: x + y, lambda x, y: x + y),
    "Sub": (lambda x, y: x - y, lambda x, y: x - y),
    "Mul": (lambda x, y: x * y, lambda x, y: x * y),
    "Sum": (lambda *x: sympy.Add(*x), lambda *x: sympy.Add(*x)),
    "Mean": (lambda *x: sympy.Add(*x) / len(x), lambda *x: sympy.Add(*x) / len(x)),
    "Max": (lambda *x: _fold(larger, x), lambda *x: _extreme(sympy.Max, x)),
    "Min": (lambda *x: _fold(smaller, x), lambda *x: _extreme(sympy.Min, x)),
    "Mod": (lambda x, y: x - sympy.floor(x / y) * y, lambda x, y: None if y == 0 else sympy.Mod(x, y)),
    "PRelu": (lambda x, slope: where(greater(x, sympy.S.Zero), x, slope * x), lambda x, y: None),
}
"""What is done with entries, and with entries that are known."""
COMPARISONS: Mapping[str, tuple[Any, Any]] = {
    "Equal": (equal, sympy.Eq),
    "Greater": (greater, sympy.Gt),
    "GreaterOrEqual": (greater_equal, sympy.Ge),
    "Less": (less, sympy.Lt),
    "LessOrEqual": (less_equal, sympy.Le),
}
LOGIC: Mapping[str, tuple[Any, Callable[..., Any]]] = {
    "And": (smaller, lambda x, y: x and y),
    "Or": (either, lambda x, y: x or y),
    "Xor": (not_equal, lambda x, y: x != y),
    "Not": (lambda x: equal(x, sympy.S.Zero), lambda x: not x),
}
SINGLE: Mapping[str, tuple[Body, Callable[[Any], Any]]] = {
    "Abs": (absolute, abs),
    "Neg": (lambda x: -x, lambda x: -x),
    "Floor": (sympy.floor, sympy.floor),
    "Ceil": (sympy.ceiling, lambda x: -sympy.floor(-x)),
    "Round": (lambda x: sympy.floor(x + sympy.S.Half), lambda x: x if x.is_integer else None),
    "Reciprocal": (lambda x: 1 / x, lambda x: _ratio(sympy.S.One, x)),
    "Sqrt": (sympy.sqrt, sympy.sqrt),
    "Exp": (sympy.exp, lambda x: None),
    "Log": (sympy.log, lambda x: None),
    "Sign": (signum, lambda x: sympy.sign(x) if sympy.sign(x).is_number else None),
    "Sin": (sympy.sin, lambda x: None),
    "Cos": (sympy.cos, lambda x: None),
    "Tan": (sympy.tan, lambda x: None),
    "Asin": (sympy.asin, lambda x: None),
    "Acos": (sympy.acos, lambda x: None),
    "Atan": (sympy.atan, lambda x: None),
    "Sinh": (sympy.sinh, lambda x: None),
    "Cosh": (sympy.cosh, lambda x: None),
    "Asinh": (sympy.asinh, lambda x: None),
    "Acosh": (sympy.acosh, lambda x: None),
    "Atanh": (sympy.atanh, lambda x: None),
    "Erf": (sympy.erf, lambda x: None),
}


def _fold(function: Callable[..., Any], entries: Sequence[Any]) -> Any:
    found = entries[0]
    for one in entries[1:]:
        found = function(found, one)
    return found


def _extreme(head: Any, entries: Sequence[Any]) -> Any:
    found = head(*entries)
    return found if not found.has(sympy.Max, sympy.Min) else None


def _entrywise(
    body: Body, fold: Callable[..., Any], kind: str = "", count: int = 0
) -> Callable[[Call], Value]:
    """An operator entry by entry of so many inputs, or of all; of known ones the result is known."""

    def operator(call: Call) -> Value:
        values = [call.input(place) for place in range(count)] if count else call.all
        made = kind or values[0].kind
        found = mapped(fold, values, made)
        return pointwise(call, body, values, made) if found is None else found

    return operator


def quotient(call: Call) -> Value:
    """A quotient; of whole numbers, which sizes are, a whole one."""
    is_whole = call.input(0).kind == WHOLE
    return _entrywise(lambda x, y: x / y, _whole_ratio if is_whole else _ratio, count=2)(call)


def is_nan(call: Call) -> Value:
    """Whether an entry differs from itself: one comparison."""
    return pointwise(call, lambda x: not_equal(x, x), [call.input(0)], TRUTH)


def is_infinite(call: Call) -> Value:
    """Whether the size of an entry is infinite: one comparison."""
    return pointwise(call, lambda x: equal(absolute(x), sympy.Symbol("limit")), [call.input(0)], TRUTH)


def power(call: Call) -> Value:
    """A power; a known whole exponent takes products, one half a root."""
    base, exponent = call.input(0), call.input(1)
    found = mapped(lambda x, y: x**y if (x**y).is_rational else None, [base, exponent], base.kind)
    if found is not None:
        return found
    known = entries_of(exponent)
    if len(known) == 1 and abs(known[0]) <= 1024:
        return pointwise(call, lambda x: x ** known[0], [base])
    return pointwise(call, lambda x, y: sympy.Pow(x, y), [base, exponent])


def choice(call: Call) -> Value:
    """`Where`: one of two entries."""
    values = [call.input(0), call.input(1), call.input(2)]
    found = mapped(lambda c, x, y: x if c == sympy.true else y, values, values[1].kind)
    if found is None and all(value.contents is not None for value in values[1:]):
        found = mapped(lambda x, y: x if x == y else None, values[1:], values[1].kind)
    return pointwise(call, where, values, values[1].kind) if found is None else found


def clip(call: Call) -> Value:
    """Entries between two bounds, which may be left out; above 0 it is `relu`."""
    value = call.input(0)
    bounds: list[tuple[Body, Any]] = []
    for place, (name, head) in enumerate((("min", maximum), ("max", smaller)), 1):
        if name in call.attributes:
            bounds.append((head, sympy.Rational(call.attribute(name))))
        elif call.has(place):
            given = call.input(place)
            bounds.append((head, entries_of(given)[0] if given.contents is not None else given))
    arrays = [bound for _, bound in bounds if isinstance(bound, Value)]

    def body(entry: Any, *others: Any) -> Any:
        rest = iter(others)
        for head, bound in bounds:
            entry = head(entry, next(rest) if isinstance(bound, Value) else bound)
        return entry

    return pointwise(call, body, [value, *arrays]) if bounds else call.view(value, value.shape)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    **{name: _entrywise(*both) for name, both in SEVERAL.items()},
    **{name: _entrywise(head, _decided(one), TRUTH, 2) for name, (head, one) in COMPARISONS.items()},
    **{name: _entrywise(head, _truth(one), TRUTH) for name, (head, one) in LOGIC.items()},
    **{name: _entrywise(*both, count=1) for name, both in SINGLE.items()},
    "Div": quotient,
    "IsNaN": is_nan,
    "IsInf": is_infinite,
    "Pow": power,
    "Where": choice,
    "Clip": clip,
}
