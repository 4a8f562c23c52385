"""Activations, and normalised exponentials along an axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.functions.choice import where
from symderive.functions.comparisons import greater, less
from symderive.functions.kinked import absolute, larger, relu, smaller
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.values import Value
from symderive.layers import Activation, Softmax
from symderive.networks.operations import Reduction

ZERO, ONE = sympy.S.Zero, sympy.S.One
ALPHA, BETA, GAMMA = sympy.symbols("alpha beta gamma", positive=True)


def activation(function: str) -> Callable[[Call], Value]:
    """One of the activations that are layers."""

    def operator(call: Call) -> Value:
        value = call.input(0)
        return call.apply(Activation(function, value.shape), value)

    return operator


def _of_one(body: Callable[[sympy.Expr], sympy.Expr]) -> Callable[[Call], Value]:
    return lambda call: pointwise(call, body, [call.input(0)])


def _usually(
    function: str, usual: Mapping[str, tuple[float, float]], body: Callable[[Any], Any]
) -> Callable[[Call], Value]:
    """A layer where the parameters are those of it, else a function with constants.

    Args:
        function: the layer.
        usual: for each parameter what it is where it is left out, and what it is in the layer.
        body: the function.
    """

    def operator(call: Call) -> Value:
        given = (
            abs(call.attribute(name, default) - value) < 1e-6 for name, (default, value) in usual.items()
        )
        return activation(function)(call) if all(given) else _of_one(body)(call)

    return operator


def gelu(call: Call) -> Value:
    """`x Φ(x)`, or its approximation."""
    return activation("gelu_tanh" if call.attribute("approximate") == "tanh" else "gelu")(call)


def fast_gelu(call: Call) -> Value:
    """The approximation by tanh, perhaps of the entries with a bias."""
    return _with_bias(call, "gelu_tanh")


def bias_gelu(call: Call) -> Value:
    """`x Φ(x)` of the entries with a bias."""
    return _with_bias(call, "gelu")


def _with_bias(call: Call, function: str) -> Value:
    value = call.input(0)
    if call.has(1):
        value = pointwise(call, lambda x, y: x + y, [value, call.input(1)], name="bias")
    return call.apply(Activation(function, value.shape), value)


def softmax(call: Call) -> Value:
    """Shares along an axis; before version 13 along all axes from that one on."""
    value = call.input(0)
    shape = value.shape
    axis = call.axis(len(shape), 1 if call.version < 13 else -1)
    if call.version < 13:
        layer = Softmax(sympy.Mul(*shape[axis:]), (sympy.Mul(*shape[:axis]),))
    else:
        layer = Softmax(shape[axis], shape[:axis], shape[axis + 1 :])
    return call.view(call.apply(layer, value), shape)


def log_softmax(call: Call) -> Value:
    """The entries less the logarithm of the sum of their exponentials."""
    value = call.input(0)
    rank = len(value.shape)
    axis = call.axis(rank, 1 if call.version < 13 else -1)
    return log_shares(call, value, tuple(range(axis, rank)) if call.version < 13 else (axis,))


def log_shares(call: Call, value: Value, over: tuple[int, ...]) -> Value:
    """The logarithms of a softmax along some axes."""
    total = call.apply(Reduction(value.shape, over, "logsumexp"), value, name="logsumexp")
    kept = tuple(ONE if place in over else size for place, size in enumerate(value.shape))
    return pointwise(call, lambda x, y: x - y, [value, call.view(total, kept)], name="sub")


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "Relu": activation("relu"),
    "Sigmoid": activation("sigmoid"),
    "Tanh": activation("tanh"),
    "Softplus": activation("softplus"),
    "HardSwish": activation("hardswish"),
    "Gelu": gelu,
    "com.microsoft:Gelu": gelu,
    "com.microsoft:FastGelu": fast_gelu,
    "com.microsoft:BiasGelu": bias_gelu,
    "com.microsoft:QuickGelu": _of_one(lambda x: x * sigmoid(ALPHA * x)),
    "Swish": _usually("silu", {"alpha": (1, 1)}, lambda x: x * sigmoid(ALPHA * x)),
    "HardSigmoid": _usually(
        "hardsigmoid",
        {"alpha": (0.2, 1 / 6), "beta": (0.5, 0.5)},
        lambda x: larger(ZERO, smaller(ONE, ALPHA * x + BETA)),
    ),
    "LeakyRelu": _of_one(lambda x: where(less(x, ZERO), ALPHA * x, x)),
    "ThresholdedRelu": _of_one(lambda x: where(greater(x, ALPHA), x, ZERO)),
    "Elu": _of_one(lambda x: where(less(x, ZERO), ALPHA * (sympy.exp(x) - 1), x)),
    "Celu": _of_one(lambda x: relu(x) + smaller(ZERO, ALPHA * (sympy.exp(x / ALPHA) - 1))),
    "Selu": _of_one(lambda x: GAMMA * where(greater(x, ZERO), x, ALPHA * (sympy.exp(x) - 1))),
    "Softsign": _of_one(lambda x: x / (1 + absolute(x))),
    "Mish": _of_one(lambda x: x * sympy.tanh(softplus(x))),
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
}
