"""Functions of each entry: activations, arithmetic, comparisons, the functions of `symderive.functions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.functions import by_call
from symderive.functions.choice import where
from symderive.functions.comparisons import equal, greater, greater_equal, less, less_equal, not_equal
from symderive.functions.kinked import absolute, larger, signum, smaller
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.imports.torch_modules.call import Call, Operation, is_tensor, number
from symderive.layers import Activation
from symderive.layers.activation import KINDS
from symderive.networks import Feature
from symderive.networks.operations import argument

X = argument(1)


def _activated(call: Call, function: str) -> Feature:
    return call.step([call.first], Activation, function, call.first.shape, name=function)


def _activation(function: str) -> Operation:
    return lambda call: _activated(call, function)


def of_entries(body: Callable[..., Any], *names: str) -> Operation:
    """An operation on several arguments, each of them a tensor or a number, entry by entry.

    Args:
        body: the function of the entries.
        names: the arguments, in its order.
    """

    def combined(call: Call) -> Feature:
        reads: list[Feature] = []
        entries: list[Any] = []
        for name in names:
            value = call[name]
            if is_tensor(value):
                reads.append(call.record.feature(value))
                entries.append(argument(len(reads)))
            else:
                entries.append(None if value is None else number(value))
        return call.pointwise(sympy.sympify(body(*entries)), *reads)

    return combined


def _gelu(call: Call) -> Feature:
    return _activated(call, "gelu_tanh" if call["approximate"] == "tanh" else "gelu")


def _hardtanh(call: Call) -> Feature:
    low, high = number(call["min_val"]), number(call["max_val"])
    if (low, high) == (0, 6):
        return _activated(call, "relu6")
    return call.pointwise(smaller(larger(X, low), high), call.first)


def _clamped(x: Any, low: Any, high: Any) -> Any:
    bounded = x if low is None or low == -sympy.oo else larger(x, low)
    return bounded if high is None or high == sympy.oo else smaller(bounded, high)


def _power(base: Any, exponent: Any) -> Any:
    return sympy.Pow(base, exponent)


def _quotient(x: Any, y: Any) -> Any:
    return x / y


def _product(x: Any, y: Any) -> Any:
    """A factor that is no whole number is some constant: `x * 0.5` is a product, and no quotient."""
    return x * (sympy.Symbol("c", real=True) if y.is_Rational and not y.is_Integer else y)


def _glu(call: Call) -> Feature:
    """The first half times the sigmoid of the second."""
    half = call.first.with_shape(call.shape)
    return call.pointwise(X * sigmoid(argument(2)), half, half)


def _elu(x: Any, alpha: Any, scale: Any, inner: Any) -> Any:
    return scale * where(greater(x, sympy.S.Zero), x, alpha * (sympy.exp(inner * x) - 1))


_UNARY: Mapping[str, Callable[[Any], Any]] = {
    "neg": lambda x: -x,
    "reciprocal": lambda x: 1 / x,
    "sqrt": sympy.sqrt,
    "rsqrt": lambda x: 1 / sympy.sqrt(x),
    "square": lambda x: x**2,
    "abs": absolute,
    "sign": signum,
    "mish": lambda x: x * sympy.tanh(softplus(x)),
    "log_sigmoid_forward": lambda x: -softplus(-x),
    "selu": lambda x: _elu(x, number(1.6732632423543772), number(1.0507009873554805), 1),
    "erf": sympy.erf,
}
_SAME = (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "sinh", "cosh", "asin", "acos",
    "atan", "asinh", "acosh", "atanh", "floor", "ceil", "round", "trunc", "exp2", "sinc",
)  # fmt: skip
_NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
          "atanh": "arctanh"}  # fmt: skip
_COMPARED = {
    "eq": equal, "ne": not_equal, "lt": less, "le": less_equal, "gt": greater, "ge": greater_equal
}  # fmt: skip


def _catalogued() -> dict[str, Operation]:
    known = by_call()
    names = {name: f"numpy.{_NUMPY.get(name, name)}" for name in _SAME}
    return {name: of_entries(known[call].make, "self") for name, call in names.items() if call in known}


OPERATIONS: Mapping[str, Operation] = {
    **{name: _activation(name) for name in KINDS if name not in ("gelu", "gelu_tanh", "softplus")},
    **{name: of_entries(body, "self") for name, body in _UNARY.items()},
    **{name: of_entries(head, "self", "other") for name, head in _COMPARED.items()},
    **_catalogued(),
    "gelu": _gelu,
    "hardtanh": _hardtanh,
    "softplus": of_entries(lambda x, beta: softplus(beta * x) / beta, "self", "beta"),
    "leaky_relu": of_entries(
        lambda x, slope: where(greater(x, sympy.S.Zero), x, slope * x), "self", "negative_slope"
    ),
    "_prelu_kernel": of_entries(
        lambda x, slope: where(greater(x, sympy.S.Zero), x, slope * x), "self", "weight"
    ),
    "elu": of_entries(_elu, "self", "alpha", "scale", "input_scale"),
    "celu": of_entries(lambda x, alpha: _elu(x, alpha, 1, 1 / alpha), "self", "alpha"),
    "threshold": of_entries(
        lambda x, at, value: where(greater(x, at), x, value), "self", "threshold", "value"
    ),
    "glu": _glu,
    "clamp": of_entries(_clamped, "self", "min", "max"),
    "clamp_min": of_entries(larger, "self", "min"),
    "clamp_max": of_entries(smaller, "self", "max"),
    "add": of_entries(lambda x, y, alpha: x + alpha * y, "self", "other", "alpha"),
    "sub": of_entries(lambda x, y, alpha: x - alpha * y, "self", "other", "alpha"),
    "rsub": of_entries(lambda x, y, alpha: y - alpha * x, "self", "other", "alpha"),
    "mul": of_entries(_product, "self", "other"),
    "true_divide": of_entries(_quotient, "self", "other"),
    "pow": of_entries(_power, "self", "exponent"),
    "maximum": of_entries(larger, "self", "other"),
    "minimum": of_entries(smaller, "self", "other"),
    "addcmul": of_entries(lambda x, y, z, c: x + c * y * z, "self", "tensor1", "tensor2", "value"),
    "addcdiv": of_entries(lambda x, y, z, c: x + c * y / z, "self", "tensor1", "tensor2", "value"),
    "lerp": of_entries(lambda x, y, weight: x + weight * (y - x), "self", "end", "weight"),
}
