"""Reductions over axes, and running sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.values import WHOLE, Value, entries_of, known
from symderive.networks.operations import Reduction, Running

KINDS: Mapping[str, str] = {
    "ReduceSum": "sum",
    "ReduceMean": "mean",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceProd": "prod",
    "ReduceLogSum": "logsum",
    "ReduceLogSumExp": "logsumexp",
    "ReduceL1": "norm1",
    "ReduceL2": "norm2",
    "ReduceSumSquare": "sumsquare",
}
FOLDS: Mapping[str, Callable[..., Any]] = {
    "sum": lambda *x: sympy.Add(*x),
    "prod": math.prod,
    "max": sympy.Max,
    "min": sympy.Min,
}


def reduced(call: Call, value: Value, over: tuple[int, ...], kind: str, keeps: bool = True) -> Value:
    """A reduction over some axes, which stay with the size 1 or go."""
    made = call.apply(Reduction(value.shape, over, kind), value)
    shape = (
        sympy.S.One if place in over else size
        for place, size in enumerate(value.shape)
        if keeps or place not in over
    )
    return call.view(made, shape)


def _reduction(kind: str) -> Callable[[Call], Value]:
    def operator(call: Call) -> Value:
        value, rank = call.input(0), len(call.input(0).shape)
        axes = call.whole(1, "axes", [])
        if not axes and (call.attribute("noop_with_empty_axes", 0) or not rank):
            return call.view(value, value.shape, value.contents)
        over = tuple(sorted({call.place(axis, rank) for axis in axes or range(rank)}))
        keeps = bool(call.attribute("keepdims", 1))
        return _folded(value, kind, over, keeps) or reduced(call, value, over, kind, keeps)

    return operator


def _folded(value: Value, kind: str, over: tuple[int, ...], keeps: bool) -> Value | None:
    """The reduction of a known list of sizes."""
    entries = entries_of(value)
    if kind not in FOLDS or not entries or over != (0,) or len(value.shape) != 1:
        return None
    found = FOLDS[kind](*entries) if kind != "prod" else math.prod(entries)
    return None if found.has(sympy.Max, sympy.Min) else known([found] if keeps else found, value.kind)


def _place(kind: str) -> Callable[[Call], Value]:
    def operator(call: Call) -> Value:
        value = call.input(0)
        axis = call.axis(len(value.shape), 0)
        made = reduced(call, value, (axis,), kind, bool(call.attribute("keepdims", 1)))
        return call.view(made, made.shape, kind=WHOLE)

    return operator


def running(call: Call) -> Value:
    """A running sum."""
    value = call.input(0)
    (axis,) = call.entries(1, "its axis")
    return call.apply(Running(value.shape, call.place(axis, len(value.shape))), value)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    **{name: _reduction(kind) for name, kind in KINDS.items()},
    "ArgMax": _place("argmax"),
    "ArgMin": _place("argmin"),
    "CumSum": running,
}
