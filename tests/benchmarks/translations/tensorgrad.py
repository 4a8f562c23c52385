"""tensorgrad's answers: NumPy's operations on tensors with named edges."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np
import tensorgrad.functions as F
from sympy import Symbol
from tensorgrad import Derivative, Variable
from tensorgrad.extras.to_index import to_index_free
from tensorgrad.extras.to_latex import to_latex_index_free

from tests.benchmarks.translations.numpy_text import NotExpressedError, translated
from tests.benchmarks.translations.tensorgrad_numbers import value

DISTRIBUTION = "tensorgrad"
pi = math.pi
_EDGES = count(1)
_UNREADABLE = ("Rename", "Delta", "δ", "_{", "pow(", "Fraction", "Expr", "gt0")


@dataclass(frozen=True)
class Value:
    """A tensor, the edge of each of its NumPy axes (None for one of size 1), and their sizes."""

    expr: Any
    edges: tuple[str | None, ...]
    shape: tuple[Any, ...]


def _fresh(value: Value) -> Value:
    new = {edge: f"e{next(_EDGES)}" for edge in value.edges if edge}
    return Value(value.expr.rename(**new), tuple(edge and new[edge] for edge in value.edges), value.shape)


def number(value: Any) -> Value:
    if isinstance(value, Value):
        return value
    exact = Fraction(value).limit_denominator(10**9) if isinstance(value, float) else value
    return Value(F.Product([]) * exact, (), ())


def _aligned(left: Any, right: Any) -> tuple[Value, Value, tuple[Any, ...], tuple[Any, ...]]:
    """Two values whose axes that belong together have one edge name."""
    left, right = _fresh(number(left)), _fresh(number(right))
    rank = max(len(left.shape), len(right.shape))
    renamed, edges, shape = {}, [], []
    for place in range(-rank, 0):
        here = left.edges[place] if -place <= len(left.edges) else None
        there = right.edges[place] if -place <= len(right.edges) else None
        if here and there:
            renamed[there] = here
        edges.append(here or there)
        sizes = [one.shape[place] for one in (left, right) if -place <= len(one.shape)]
        shape.append(next((size for size in sizes if size != 1), 1))
    return left, Value(right.expr.rename(**renamed), (), ()), tuple(edges), tuple(shape)


def _spread(expr: Any, edges: tuple[Any, ...], shape: tuple[Any, ...]) -> Any:
    missing = {edge: size for edge, size in zip(edges, shape, strict=True) if edge and edge not in expr.edges}
    return expr @ F.Ones(**missing) if missing else expr


def add(left: Any, right: Any) -> Value:
    one, other, edges, shape = _aligned(left, right)
    return Value(_spread(one.expr, edges, shape) + _spread(other.expr, edges, shape), edges, shape)


def sub(left: Any, right: Any) -> Value:
    return add(left, mul(-1, right))


def mul(left: Any, right: Any) -> Value:
    one, other, edges, shape = _aligned(left, right)
    return Value(one.expr * other.expr, edges, shape)


def div(left: Any, right: Any) -> Value:
    one, other, edges, shape = _aligned(left, right)
    return Value(one.expr / other.expr, edges, shape)


def power(base: Any, exponent: Any) -> Value:
    if not isinstance(exponent, (int, float)):
        raise NotImplementedError("a power whose exponent is no number")
    base = number(base)
    exact = exponent if isinstance(exponent, int) else Fraction(exponent)
    return Value(F.pow(base.expr, exact), base.edges, base.shape)


def matmul(left: Value, right: Value) -> Value:
    one, other = _fresh(left), _fresh(right)
    inner = other.expr.rename(**{other.edges[0]: one.edges[-1]})
    return Value(one.expr @ inner, one.edges[:-1] + other.edges[1:], one.shape[:-1] + other.shape[1:])


def transpose(value: Value) -> Value:
    return Value(value.expr, value.edges[::-1], value.shape[::-1])


def apply(name: str, value: Value) -> Value:
    if name == "logsumexp":
        return apply("log", total(apply("exp", value)))
    functions = {
        "exp": F.exp,
        "log": F.log,
        "sqrt": F.sqrt,
        "tanh": F.tanh,
        "erf": F.erf,
        "abs": F.abs,
        "relu": F.relu,
        "expit": F.sigmoid,
        "expm1": lambda x: F.exp(x) - 1,
        "softplus": lambda x: F.log(F.exp(x) + 1),
        "log1p": lambda x: F.log(x + 1),
    }
    if name not in functions:
        raise NotImplementedError(f"no function {name}")
    return Value(functions[name](value.expr), value.edges, value.shape)


def total(value: Value, axis: int | None = None, keepdims: bool = False) -> Value:
    axes = range(len(value.shape)) if axis is None else [axis]
    made = F.sum(value.expr, [value.edges[one] for one in axes if value.edges[one]])
    keep = [place for place in range(len(value.shape)) if place not in axes]
    if keepdims:
        edges = tuple(edge if place in keep else None for place, edge in enumerate(value.edges))
        return Value(
            made, edges, tuple(size if place in keep else 1 for place, size in enumerate(value.shape))
        )
    return Value(made, tuple(value.edges[one] for one in keep), tuple(value.shape[one] for one in keep))


def mean(value: Value) -> Value:
    return Value(F.mean(value.expr), (), ())


def size(value: Value, axis: int) -> Value:
    return Value(F.sum(F.Ones(e=value.shape[axis])), (), ())


def trace(value: Value) -> Value:
    return Value(F.trace(value.expr), (), ())


def inv(value: Value) -> Value:
    return Value(F.inverse(value.expr), value.edges[::-1], value.shape)


def det(value: Value) -> Value:
    return Value(F.det(value.expr), (), ())


def logdet(value: Value) -> Value:
    return Value(F.log(F.det(value.expr)), (), ())


def norm(value: Value) -> Value:
    return Value(F.sqrt(F.frobenius2(value.expr)), (), ())


def where(*parts: Any) -> Value:
    raise NotExpressedError("a case by entry")


compare = where


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """The values at the points of a case, the printed text, and whether it is matrix notation."""
    sizes: dict[str, Any] = {}
    arrays: dict[str, Value] = {}
    variables: dict[str, Any] = {}
    for name, shape in case["shapes"].items():
        edges = tuple(
            f"{size}{'_' * place if size in shape[:place] else ''}" for place, size in enumerate(shape)
        )
        dims = tuple(sizes.setdefault(size, Symbol(size)) for size in shape)
        variables[name] = Variable(name, **dict(zip(edges, dims, strict=True)))
        arrays[name] = Value(variables[name], edges, dims)
    made = translated(case["function"], arrays, sys.modules[__name__]).expr
    order: list[str] = []
    for number_, name in enumerate(case["variables"]):
        new = {edge: f"g{number_}{edge}" for edge in arrays[name].edges}
        order += new.values()
        made = Derivative(made, variables[name], new)
    made = made.full_simplify()
    values = []
    for point in case["points"]:
        given = {name: (np.asarray(one), list(arrays[name].edges)) for name, one in point.items()}
        array, edges = value(
            made, given, {sizes[name]: size for name, size in case["sizes"].items() if name in sizes}
        )
        values.append(np.transpose(array, [edges.index(edge) for edge in order]).tolist())
    texts = [to_latex_index_free(made), *_in_words(made)]
    readable = [text for text in texts if not any(word in text for word in _UNREADABLE)]
    return {"values": values, "text": (readable or texts)[0], "readable": bool(readable)}


def _in_words(made: Any) -> list[str]:
    """Its other form without indices, which cannot print everything."""
    try:
        return [to_index_free(made)]
    except (NotImplementedError, IndexError):
        return []
