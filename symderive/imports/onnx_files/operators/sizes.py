"""Operators that make arrays of sizes and of numbers: they are known before there are data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.stored import kind_of, stored
from symderive.imports.onnx_files.values import REAL, WHOLE, Value, contents_of, entries_of, is_short, known
from symderive.imports.reasons import RANDOM, SEARCH


def shape(call: Call) -> Value:
    """The sizes of an array, or some of them."""
    sizes = list(call.input(0).shape)
    start, end = call.attribute("start", 0), call.attribute("end")
    return known(sizes[start : len(sizes) if end is None else end])


def count(call: Call) -> Value:
    """How many entries an array has."""
    return known(call.input(0).count)


def constant(call: Call) -> Value:
    """An array that stands in the node."""
    if "value" in call.attributes:
        return stored(call.attribute("value"))
    for name, kind in (
        ("value_int", WHOLE),
        ("value_ints", WHOLE),
        ("value_float", REAL),
        ("value_floats", REAL),
    ):
        if name in call.attributes:
            return known(call.attribute(name), kind)
    raise Uncounted("texts, or a sparse array")


def filled(call: Call) -> Value:
    """An array of one number."""
    sizes = tuple(call.entries(0, "its shape"))
    value = call.attribute("value")
    number = known([0], REAL) if value is None else stored(value)
    if number.contents is None or not is_short(sizes):
        return Value(sizes, number.kind)
    made = contents_of(entries_of(number) * int(sympy.Mul(*sizes)))
    return Value(sizes, number.kind, contents=made.reshape([int(one) for one in sizes]))


def span(call: Call) -> Value:
    """Numbers from a start to a limit."""
    (start,), (limit,), (step,) = (call.entries(place, "its length") for place in range(3))
    length = sympy.floor(sympy.expand((limit - start + step - sympy.sign(step)) / step))
    if call.input(0).kind == REAL:
        length = -sympy.floor(-(limit - start) / step)
    if is_short([length]):
        return known([start + step * place for place in range(int(length))], call.input(0).kind)
    return Value((call.walk.size(length),), call.input(0).kind)


def like_matrix(call: Call) -> Value:
    """A matrix of ones and zeros of the shape of another."""
    return Value(call.input(0).shape, kind_of(int(call.attribute("dtype", 1))))


def random_like(call: Call) -> Value:
    """Random numbers, which are not counted."""
    return _random(call, call.input(0).shape)


def random(call: Call) -> Value:
    """Random numbers, which are not counted."""
    return _random(call, tuple(map(sympy.Integer, call.attribute("shape", []))))


def _random(call: Call, sizes: tuple[Any, ...]) -> Value:
    value = call.walk.opaque(f"{call.op} ({RANDOM})", tuple(map(call.walk.size, sizes)), [])
    return Value(value.shape, REAL, value.array)


def one_hot(call: Call) -> Value:
    """A row with a single one for each number; nothing is computed."""
    value, (depth,) = call.input(0), call.entries(1, "its depth")
    rank = len(value.shape) + 1
    axis = call.axis(rank, -1)
    return call.view(value, (*value.shape[:axis], depth, *value.shape[axis:]), kind=call.input(2).kind)


def of_data(what: str) -> Callable[[Call], Value]:
    """An operation of which only the data say how much it gives."""

    def operator(call: Call) -> Any:
        raise Uncounted(what)

    return operator


def nonzero(call: Call) -> Value:
    """Where entries are not 0: as many positions as there are, a size of its own."""
    found = call.walk.names.fresh("nonzero", call.outputs[0])
    rank = max(1, len(call.input(0).shape))
    value = call.walk.opaque("NonZero (its length only the data say)", (sympy.Integer(rank), found), call.all)
    return Value(value.shape, WHOLE, value.array)


def most_likely(call: Call) -> list[Value]:
    """The largest entries along an axis; how they are found is not counted."""
    value, (chosen,) = call.input(0), call.whole(1, "k")
    axis = call.axis(len(value.shape), -1)
    sizes = (*value.shape[:axis], call.walk.size(chosen), *value.shape[axis + 1 :])
    made = call.walk.opaque(f"TopK ({SEARCH})", sizes, call.all[:1])
    return [call.view(made, sizes, kind=value.kind), call.view(made, sizes, kind=WHOLE)]


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "Shape": shape,
    "Size": count,
    "Constant": constant,
    "ConstantOfShape": filled,
    "Range": span,
    "EyeLike": like_matrix,
    "RandomNormalLike": random_like,
    "RandomUniformLike": random_like,
    "RandomNormal": random,
    "RandomUniform": random,
    "OneHot": one_hot,
    "NonZero": nonzero,
    "TopK": most_likely,
    "Compress": of_data("its length only the data say"),
    "Unique": of_data("its length only the data say"),
    "NonMaxSuppression": of_data("its length only the data say"),
}
