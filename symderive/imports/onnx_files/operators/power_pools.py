"""Pools that add up powers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

import sympy

from symderive.functions.kinked import absolute
from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.operators.convolutions import OPERATORS as POOLS
from symderive.imports.onnx_files.values import Value


def lp_pool(call: Call) -> Value:
    """`LpPool`: `(Σ |x|^p)^(1/p)` over windows, by way of their mean."""
    order = sympy.Integer(call.attribute("p", 2))
    count = sympy.prod(call.attribute("kernel_shape", []))
    means = copy(call)
    means.inputs = (pointwise(call, lambda x: absolute(x) ** order, [call.input(0)], name="powers"),)
    mean, *_ = POOLS["AveragePool"](means)
    return pointwise(call, lambda x: (count * x) ** (1 / order), [mean], name="root")


OPERATORS: Mapping[str, Callable[[Call], Any]] = {"LpPool": lp_pool}
