"""Losses as one operator, and the largest entry as a row with a single one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.activations import log_shares
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.operators.reductions import reduced
from symderive.imports.onnx_files.values import Value


def _chosen(call: Call, logs: Value) -> Value:
    """`−logs[n, target[n]]`, perhaps weighted; the mean is over the weights of what was chosen."""
    places, kind = call.input(1), call.attribute("reduction", "mean")
    x, over = call.view(logs, places.shape), tuple(range(len(places.shape)))
    if not call.has(2):
        each = pointwise(call, lambda x: -x, [x], name="chosen")
        return each if kind == "none" else reduced(call, each, over, kind, keeps=False)
    weights = call.view(call.input(2), places.shape)
    each = pointwise(call, lambda x, y: -x * y, [x, weights], name="chosen")
    if kind == "none":
        return each
    total = reduced(call, each, over, "sum", keeps=False)
    if kind == "sum":
        return total
    return pointwise(
        call, lambda x, y: x / y, [total, reduced(call, weights, over, "sum", keeps=False)], name="mean"
    )


def of_logs(call: Call) -> Value:
    """`NegativeLogLikelihoodLoss`: the entries that targets choose, with the other sign."""
    return _chosen(call, call.input(0))


def cross_entropy(call: Call) -> list[Value]:
    """`SoftmaxCrossEntropyLoss`: the same of the logarithms of a softmax, and these."""
    logs = log_shares(call, call.input(0), (1,))
    return [_chosen(call, logs), logs]


def hardmax(call: Call) -> Value:
    """A one where the largest entry is: the comparisons that find it."""
    value = call.input(0)
    rank = len(value.shape)
    axis = call.axis(rank, 1 if call.version < 13 else -1)
    over = tuple(range(axis, rank)) if call.version < 13 else (axis,)
    return call.view(reduced(call, value, over, "argmax"), value.shape)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "NegativeLogLikelihoodLoss": of_logs,
    "SoftmaxCrossEntropyLoss": cross_entropy,
    "Hardmax": hardmax,
}
