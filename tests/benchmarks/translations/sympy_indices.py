"""NumPy's operations on SymPy's `Indexed` and `Sum`: an array is a function of its indices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import sympy

from tests.benchmarks.translations.numpy_text import NotExpressedError
from tests.benchmarks.translations.sympy_matrices import FUNCTIONS

pi = sympy.pi
_LETTERS = count(1)
_RELATIONS = {">": sympy.Gt, ">=": sympy.Ge, "<": sympy.Lt, "<=": sympy.Le, "==": sympy.Eq}


@dataclass(frozen=True)
class Value:
    """A value: the entry at given indices, and the shape."""

    at: Callable[..., Any]
    shape: tuple[Any, ...]


def array(name: str, shape: tuple[Any, ...]) -> Value:
    if not shape:
        symbol = sympy.Symbol(name, real=True)
        return Value(lambda: symbol, ())
    base = sympy.IndexedBase(name)
    return Value(lambda *at: base[at], shape)


def number(value: Any) -> Value:
    if isinstance(value, Value):
        return value
    made = sympy.nsimplify(value)
    return Value(lambda: made, ())


def _both(operation: Callable[..., Any], *values: Any) -> Value:
    given = [number(one) for one in values]
    rank = max(len(one.shape) for one in given)
    padded = [(1,) * (rank - len(one.shape)) + tuple(one.shape) for one in given]
    shape = tuple(next((size for size in sizes if size != 1), 1) for sizes in zip(*padded, strict=True))

    def entry(*at: Any) -> Any:
        parts = []
        for one in given:
            own = at[rank - len(one.shape) :]
            parts.append(
                one.at(*(0 if size == 1 else place for size, place in zip(one.shape, own, strict=True)))
            )
        return operation(*parts)

    return Value(entry, shape)


def add(left: Any, right: Any) -> Value:
    return _both(lambda x, y: x + y, left, right)


def sub(left: Any, right: Any) -> Value:
    return _both(lambda x, y: x - y, left, right)


def mul(left: Any, right: Any) -> Value:
    return _both(lambda x, y: x * y, left, right)


def div(left: Any, right: Any) -> Value:
    return _both(lambda x, y: x / y, left, right)


def power(base: Any, exponent: Any) -> Value:
    return _both(lambda x, y: x**y, base, exponent)


def compare(sign: str, left: Any, right: Any) -> Value:
    return _both(_RELATIONS[sign], left, right)


def where(condition: Value, left: Any, right: Any) -> Value:
    return _both(lambda c, x, y: sympy.Piecewise((x, c), (y, True)), condition, left, right)


def _over(size: Any, body: Callable[[Any], Any]) -> Any:
    j = sympy.Symbol(f"j{next(_LETTERS)}", integer=True)
    return sympy.Sum(body(j), (j, 0, size - 1))


def matmul(left: Value, right: Value) -> Value:
    rank = len(left.shape) - 1
    return Value(
        lambda *at: _over(left.shape[-1], lambda j: left.at(*at[:rank], j) * right.at(j, *at[rank:])),
        (*left.shape[:-1], *right.shape[1:]),
    )


def transpose(value: Value) -> Value:
    return Value(lambda *at: value.at(*at[::-1]), value.shape[::-1])


def apply(name: str, value: Value) -> Value:
    if name == "logsumexp":
        return apply("log", total(apply("exp", value)))
    return _both(FUNCTIONS[name], value)


def total(value: Value, axis: int | None = None, keepdims: bool = False) -> Value:
    if axis is None:
        made = value
        while made.shape:
            made = total(made, axis=len(made.shape) - 1)
        return made
    rest = tuple(1 if place == axis else size for place, size in enumerate(value.shape))

    def entry(*at: Any) -> Any:
        own = list(at) if keepdims else [*at[:axis], None, *at[axis:]]
        return _over(value.shape[axis], lambda j: value.at(*own[:axis], j, *own[axis + 1 :]))

    return Value(entry, rest if keepdims else rest[:axis] + rest[axis + 1 :])


def mean(value: Value) -> Value:
    return div(total(value), Value(lambda: sympy.Mul(*value.shape), ()))


def size(value: Value, axis: int) -> Value:
    return Value(lambda: value.shape[axis], ())


def trace(value: Value) -> Value:
    return Value(lambda: _over(value.shape[0], lambda j: value.at(j, j)), ())


def norm(value: Value) -> Value:
    return apply("sqrt", total(power(value, 2)))


def inv(value: Value) -> Value:
    raise NotExpressedError("an inverse in index notation")


det = logdet = inv
