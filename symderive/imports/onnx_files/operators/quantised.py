"""Whole numbers in place of real ones: conversions, and products with conversions around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.functions.kinked import larger, smaller
from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.operators.contractions import product
from symderive.imports.onnx_files.operators.convolutions import convolution
from symderive.imports.onnx_files.operators.reductions import reduced
from symderive.imports.onnx_files.values import REAL, WHOLE, Value

LOW, HIGH, SCALE, ZERO = sympy.symbols("low high scale zero", real=True)


def _rounded(entry: Any, scale: Any, zero: Any) -> Any:
    """The nearest whole number to an entry over a scale, moved by the zero point, within bounds."""
    return smaller(larger(sympy.floor(entry / scale + sympy.S.Half) + zero, LOW), HIGH)


def quantise(call: Call) -> Value:
    """Real numbers as whole ones."""
    value = call.input(0)
    if value.weights and not value.is_data:
        return call.view(value, value.shape, kind=WHOLE)
    return pointwise(call, lambda x: _rounded(x, SCALE, ZERO), [value], WHOLE)


def dequantise(call: Call) -> Value:
    """Whole numbers as real ones; stored weights are converted before there are data."""
    value = call.input(0)
    if not value.is_data:
        return call.view(value, value.shape, kind=REAL)
    return pointwise(call, lambda x: (x - ZERO) * SCALE, [value], REAL)


def dynamic(call: Call) -> list[Value]:
    """Real numbers as whole ones, with a scale from the largest and the smallest of them."""
    value = call.input(0)
    every = tuple(range(len(value.shape)))
    high, low = (reduced(call, value, every, kind, keeps=False) for kind in ("max", "min"))
    scale = pointwise(call, lambda x, y: (x - y) / HIGH, [high, low], name="scale")
    zero = pointwise(call, lambda x, y: _rounded(-x, y, LOW), [low, scale], WHOLE, name="zero")
    made = pointwise(call, _rounded, [value, scale, zero], WHOLE, name="rounded")
    return [made, scale, zero]


def quantised_conv(call: Call) -> Value:
    """A convolution of whole numbers, scaled back."""
    made = convolution(call, call.input(0), call.input(3), call.given(8))
    return pointwise(call, lambda x: _rounded(x, SCALE, ZERO), [made], WHOLE, name="rounded")


def quantised_matmul(call: Call) -> Value:
    """A matrix product of whole numbers, scaled back."""
    made = product(call, call.input(0), call.input(3))
    return pointwise(call, lambda x: _rounded(x, SCALE, ZERO), [made], WHOLE, name="rounded")


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "QuantizeLinear": quantise,
    "DequantizeLinear": dequantise,
    "DynamicQuantizeLinear": dynamic,
    "QLinearConv": quantised_conv,
    "QLinearMatMul": quantised_matmul,
}
