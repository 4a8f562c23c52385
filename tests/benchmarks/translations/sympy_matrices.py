"""NumPy's operations on SymPy's matrix expressions; a vector is a column, a product of two vectors is 1×1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import HadamardPower, HadamardProduct, Lambda, OneMatrix, Symbol, Trace

from tests.benchmarks.translations.numpy_text import NotExpressedError

pi = sympy.pi
_t = Symbol("t", real=True)
FUNCTIONS = {
    "log": sympy.log,
    "exp": sympy.exp,
    "sqrt": sympy.sqrt,
    "tanh": sympy.tanh,
    "abs": sympy.Abs,
    "erf": sympy.erf,
    "expm1": lambda t: sympy.exp(t) - 1,
    "log1p": lambda t: sympy.log(1 + t),
    "gammaln": sympy.loggamma,
    "expit": lambda t: 1 / (1 + sympy.exp(-t)),
    "softplus": lambda t: sympy.log(1 + sympy.exp(t)),
    "relu": lambda t: sympy.Max(0, t),
    "log_ndtr": lambda t: sympy.log((1 + sympy.erf(t / sympy.sqrt(2))) / 2),
}


@dataclass(frozen=True)
class Value:
    """A value: its expression, and its shape as NumPy has it."""

    expr: Any
    shape: tuple[Any, ...]


def array(name: str, shape: tuple[Any, ...]) -> Value:
    if not shape:
        return Value(Symbol(name, real=True), ())
    return Value(sympy.MatrixSymbol(name, shape[0], shape[1] if len(shape) == 2 else 1), shape)


def number(value: Any) -> Value:
    return value if isinstance(value, Value) else Value(sympy.nsimplify(value), ())


def _scalar(value: Value) -> Any:
    return Trace(value.expr) if isinstance(value.expr, sympy.MatrixExpr) else value.expr


def _spread(value: Value, shape: tuple[Any, ...]) -> Any:
    """The expression at a shape that it broadcasts to."""
    rows, columns = shape[0], shape[1] if len(shape) == 2 else 1
    if value.shape == shape:
        return value.expr
    if not value.shape:
        return _scalar(value) * OneMatrix(rows, columns)
    if len(value.shape) == 1:
        return OneMatrix(rows, 1) * value.expr.T
    if value.shape[1] == 1:
        return value.expr * OneMatrix(1, columns)
    raise NotExpressedError("a broadcast")


def _shape(left: Value, right: Value) -> tuple[Any, ...]:
    longer = left.shape if len(left.shape) >= len(right.shape) else right.shape
    shorter = right.shape if longer is left.shape else left.shape
    full = (1,) * (len(longer) - len(shorter)) + tuple(shorter)
    return tuple(b if a == 1 else a for a, b in zip(longer, full, strict=True))


def add(left: Any, right: Any) -> Value:
    left, right = number(left), number(right)
    shape = _shape(left, right)
    if shape:
        return Value(_spread(left, shape) + _spread(right, shape), shape)
    both = all(isinstance(one.expr, sympy.MatrixExpr) for one in (left, right))
    return Value(left.expr + right.expr if both else _scalar(left) + _scalar(right), ())


def sub(left: Any, right: Any) -> Value:
    return add(left, mul(-1, right))


def mul(left: Any, right: Any) -> Value:
    left, right = number(left), number(right)
    shape = _shape(left, right)
    if not left.shape or not right.shape:
        one, other = (left, right) if not left.shape else (right, left)
        plain = isinstance(one.expr, sympy.MatrixExpr)
        if not shape and isinstance(other.expr, sympy.MatrixExpr) and plain:
            return Value(_scalar(one) * _scalar(other), ())
        if not shape and plain:
            one, other = other, one
        return Value(_scalar(one) * other.expr, shape)
    return Value(HadamardProduct(_spread(left, shape), _spread(right, shape)), shape)


def div(left: Any, right: Any) -> Value:
    right = number(right)
    inverse = apply("inverse", right) if right.shape else Value(1 / _scalar(right), ())
    return mul(left, inverse)


def power(base: Any, exponent: Any) -> Value:
    base, exponent = number(base), number(exponent).expr
    if base.shape:
        return Value(HadamardPower(base.expr, exponent), base.shape)
    return Value(_scalar(base) ** exponent, ())


def matmul(left: Value, right: Value) -> Value:
    first = left.expr.T if len(left.shape) == 1 else left.expr
    shape = (*left.shape[:-1], *right.shape[1:])
    made = first * right.expr
    return Value(made.T if len(left.shape) == 1 and len(right.shape) == 2 else made, shape)


def transpose(value: Value) -> Value:
    return Value(value.expr.T, value.shape[::-1])


def apply(name: str, value: Value) -> Value:
    if name == "logsumexp":
        return apply("log", total(apply("exp", value)))
    function = (lambda t: 1 / t) if name == "inverse" else FUNCTIONS[name]
    if not value.shape:
        return Value(function(_scalar(value)), ())
    return Value(value.expr.applyfunc(Lambda(_t, function(_t))), value.shape)


def total(value: Value, axis: int | None = None, keepdims: bool = False) -> Value:
    if not value.shape:
        return value
    if len(value.shape) == 1:
        return Value(OneMatrix(1, value.shape[0]) * value.expr, ())
    rows, columns = value.shape
    if axis == 1:
        return Value(value.expr * OneMatrix(columns, 1), (rows, 1) if keepdims else (rows,))
    if axis is not None or keepdims:
        raise NotExpressedError("a sum over axis 0")
    if isinstance(value.expr, HadamardPower) and value.expr.exp == 2:
        return Value(Trace(value.expr.base.T * value.expr.base), ())
    return Value(OneMatrix(1, rows) * value.expr * OneMatrix(columns, 1), ())


def mean(value: Value) -> Value:
    count = sympy.Mul(*value.shape)
    return div(total(value), Value(count, ()))


def size(value: Value, axis: int) -> Value:
    return Value(value.shape[axis], ())


def trace(value: Value) -> Value:
    return Value(Trace(value.expr), ())


def inv(value: Value) -> Value:
    return Value(value.expr.I, value.shape)


def det(value: Value) -> Value:
    return Value(sympy.Determinant(value.expr), ())


def logdet(value: Value) -> Value:
    return Value(sympy.log(sympy.Determinant(value.expr)), ())


def norm(value: Value) -> Value:
    if len(value.shape) != 1:
        raise NotExpressedError("a norm of a matrix")
    return Value(sympy.sqrt(Trace(value.expr.T * value.expr)), ())


_RELATIONS = {">": sympy.Gt, ">=": sympy.Ge, "<": sympy.Lt, "<=": sympy.Le, "==": sympy.Eq}


def compare(sign: str, left: Any, right: Any) -> Value:
    left, right = number(left), number(right)
    if left.shape or right.shape:
        raise NotExpressedError("a comparison of matrices")
    return Value(_RELATIONS[sign](_scalar(left), _scalar(right)), ())


def where(condition: Value, left: Any, right: Any) -> Value:
    parts = [number(left), number(right)]
    if any(one.shape for one in parts):
        raise NotExpressedError("a case by entry")
    return Value(sympy.Piecewise((parts[0].expr, condition.expr), (parts[1].expr, True)), ())
