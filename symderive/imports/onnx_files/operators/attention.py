"""Attention as one operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.values import Value
from symderive.layers import Attention
from symderive.networks.operations import Join


def attention(call: Call) -> list[Value]:
    """Scaled dot-product attention, with heads side by side or as an axis, with earlier keys and a mask."""
    if any(call.outputs[3:]):
        raise Uncounted("with its scores as an output")
    q, k, v = (call.input(place) for place in range(3))
    is_flat = len(q.shape) == 3
    heads = int(call.attribute("q_num_heads", 0)) or (1 if is_flat else q.shape[1])
    kv_heads = int(call.attribute("kv_num_heads", 0)) or (heads if is_flat else k.shape[1])
    if is_flat:
        q, k, v = (_split(call, one, n) for one, n in ((q, heads), (k, kv_heads), (v, kv_heads)))
    k, v = (_behind(call, call.given(place), one) for place, one in ((4, k), (5, v)))
    batch, _, queries, width = call.rank(q, 4, 4)
    keys, values = k.shape[2], v.shape[3]
    scores = (batch, sympy.sympify(heads), queries, keys)
    layer = Attention(
        width,
        queries,
        keys,
        values,
        heads=heads,
        kv_heads=kv_heads,
        batch=batch,
        causal=bool(call.attribute("is_causal", 0)),
    )
    if call.attribute("softcap", 0):
        _bounded(call, q, scores)
    if call.has(3):
        _masked(call, q, scores)
    wanted = [q if kv_heads == heads else _grouped(call, q, kv_heads), k, v]
    made = call.view(call.apply(layer, *wanted), (batch, sympy.sympify(heads), queries, values))
    if is_flat:
        made = call.view(made, (batch, queries, heads * values))
    return [made, k, v]


def _split(call: Call, value: Value, heads: Any) -> Value:
    batch, length, width = value.shape
    call.walk.trace.require(
        sympy.Eq(sympy.Mod(width, heads), 0), f"{heads} heads do not divide {width} entries."
    )
    return call.view(value, (batch, sympy.sympify(heads), length, width / heads))


def _grouped(call: Call, value: Value, groups: Any) -> Value:
    batch, heads, length, width = value.shape
    return call.view(value, (batch, groups, heads / groups, length, width))


def _behind(call: Call, past: Value | None, value: Value) -> Value:
    """Keys or values behind those of earlier steps."""
    if past is None:
        return value
    batch, heads, length, width = call.rank(past, 4, 4)
    layer = Join((batch, heads, width), (length, value.shape[2]), 2)
    return call.apply(layer, past, value, name="past")


def _bounded(call: Call, value: Value, scores: tuple[Any, ...]) -> Value:
    """Scores that a tanh keeps below a bound."""
    cap = sympy.Symbol("cap", real=True)
    return pointwise(call, lambda x: cap * sympy.tanh(x / cap), [call.view(value, scores)], name="softcap")


def _masked(call: Call, value: Value, scores: tuple[Any, ...]) -> Value:
    """The addition of a mask to the scores."""
    array = call.view(value, scores)
    return pointwise(call, lambda x, y: x + y, [array, call.input(3)], name="mask")


OPERATORS: Mapping[str, Callable[[Call], Any]] = {"Attention": attention}
