"""Matrix products and sums of products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.arithmetic import pointwise
from symderive.imports.onnx_files.values import REAL, WHOLE, Value
from symderive.layers import Dense, Einsum

SCALE = sympy.Symbol("scale", real=True)


def product(call: Call, left: Value, right: Value) -> Value:
    """A matrix product with the axes in front stretched to fit; one with a stored matrix is a dense layer."""
    one, other = call.rank(left, 1), call.rank(right, 1)
    inner = other[-2] if len(other) > 1 else other[0]
    call.same(one[-1], inner, "a matrix product: the inner sizes")
    if right.weights and not right.is_data and len(other) == 2:
        dense = Dense(one[-1], other[1], bias=False, batch=one[:-1])
        return call.apply(dense, left, weights=[right], kind=REAL)
    if left.weights and not left.is_data and len(one) == 2 and len(other) > 1:
        turned = call.view(right, (*other[:-2], other[-1], inner))
        made = call.apply(
            Dense(inner, one[0], bias=False, batch=turned.shape[:-1]), turned, weights=[left], kind=REAL
        )
        return call.view(made, (*other[:-2], one[0], other[-1]))
    fitted = (*other[:-2], one[-1], *other[-1:]) if len(other) > 1 else (one[-1],)
    _check_stretched(call, one[:-2], other[:-2])
    front = _stretched(one[:-2], other[:-2])
    layer = Einsum.matmul((*_like(one[:-2], front), *one[-2:]), (*_like(other[:-2], front), *fitted[-2:]))
    return call.apply(layer, left, right, kind=REAL)


def _check_stretched(call: Call, one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != 1 and right != 1:
            call.same(left, right, "a matrix product: the axes in front")


def _stretched(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    """The axes in front of a product."""
    rank = max(len(one), len(other))
    lined = [(sympy.S.One,) * (rank - len(some)) + tuple(some) for some in (one, other)]
    return tuple(right if left == 1 else left for left, right in zip(*lined, strict=True))


def _like(given: tuple[Any, ...], front: tuple[Any, ...]) -> tuple[Any, ...]:
    """Axes in front, each as it is in the product or 1."""
    return tuple(
        size if size == 1 else whole
        for size, whole in zip(given, front[len(front) - len(given) :], strict=True)
    )


def matmul(call: Call) -> Value:
    """The product of two arrays."""
    return product(call, call.input(0), call.input(1))


def matmul_integer(call: Call) -> Value:
    """The product of arrays of whole numbers, of which zero points are subtracted first."""
    left, right = (_centred(call, call.input(place), call.given(place + 2)) for place in (0, 1))
    made = product(call, left, right)
    return call.view(made, made.shape, kind=WHOLE)


def _centred(call: Call, value: Value, zero: Value | None) -> Value:
    if zero is None or not value.is_data:
        return value
    return pointwise(call, lambda x, y: x - y, [value, zero], name="centred")


def fused_matmul(call: Call) -> Value:
    """The product of two arrays, perhaps turned and scaled."""
    values = [call.input(0), call.input(1)]
    for place, name in enumerate(("transA", "transB")):
        if call.attribute(name, 0):
            values[place] = _turned(call, values[place])
    made = product(call, *values)
    return _scaled(call, made, call.attribute("alpha", 1.0))


def gemm(call: Call) -> Value:
    """`alpha · A B + beta · C`, each matrix perhaps turned."""
    left, right = call.input(0), call.input(1)
    left = _turned(call, left) if call.attribute("transA", 0) else left
    right = _turned(call, right) if call.attribute("transB", 0) else right
    (rows, inner), (other, columns) = call.rank(left, 2, 2), call.rank(right, 2, 2)
    call.same(inner, other, "a matrix product: the inner sizes")
    bias, plain = call.given(2), call.attribute("alpha", 1.0) == call.attribute("beta", 1.0) == 1.0
    if bias is not None and plain and call.belongs(right, bias) and bias.count == columns:
        layer = Dense(inner, columns, bias=True, batch=(rows,))
        return call.apply(layer, left, weights=[right, bias], kind=REAL)
    made = _scaled(call, product(call, left, right), call.attribute("alpha", 1.0))
    if bias is None or call.attribute("beta", 1.0) == 0:
        return made
    if call.attribute("beta", 1.0) == 1:
        return pointwise(call, lambda x, y: x + y, [made, bias], name="bias")
    return pointwise(call, lambda x, y: x + SCALE * y, [made, bias], name="bias")


def _turned(call: Call, value: Value) -> Value:
    *front, rows, columns = call.rank(value, 2)
    return call.view(value, (*front, columns, rows))


def _scaled(call: Call, value: Value, factor: float) -> Value:
    return value if factor == 1 else pointwise(call, lambda x: SCALE * x, [value], name="scale")


def einsum(call: Call) -> Value:
    """A sum of products; from left to right, as ONNX's reference does."""
    layer = Einsum.of(call.attribute("equation", ""), *(value.shape for value in call.all))
    return call.apply(layer, *call.all)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "MatMul": matmul,
    "MatMulInteger": matmul_integer,
    "com.microsoft:FusedMatMul": fused_matmul,
    "Gemm": gemm,
    "Einsum": einsum,
}
