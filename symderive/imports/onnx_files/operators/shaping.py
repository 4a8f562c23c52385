"""Operators that move entries: other shapes, parts, copies; nothing is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import shape_text
from symderive.core.positions import divided
from symderive.errors import ShapeError, SymderiveError
from symderive.imports.margins import NONE
from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.operators.arithmetic import cut_off
from symderive.imports.onnx_files.stored import kind_of
from symderive.imports.onnx_files.values import (
    TRUTH,
    WHOLE,
    Value,
    entries_of,
    is_short,
    known,
    mapped,
    zeros_around,
)
from symderive.imports.reasons import RANDOM
from symderive.networks.operations import Join

FAR = 2**31 - 1


def kept(call: Call) -> list[Value]:
    """The same entries; of a dropout at inference the mask, too.

    Raises:
        Uncounted: a dropout as in training, whose mask is random.
    """
    value = call.input(0)
    if call.op == "Dropout" and call.has(2) and sympy.true in entries_of(call.input(2)):
        raise Uncounted(RANDOM)
    same = Value(value.shape, value.kind, value.array, value.contents, value.weights)
    return [same, *(Value(value.shape, TRUTH) for _ in call.outputs[1:])]


def cast(call: Call) -> Value:
    """The same entries as numbers of another kind."""
    value = call.input(0)
    to = kind_of(int(call.attribute("to", 1))) if call.op == "Cast" else call.input(1).kind
    found = mapped(_casts(to), [value], to)
    return call.view(value, value.shape, None if found is None else found.contents, to)


def _casts(kind: str) -> Callable[[Any], Any]:
    def change(entry: Any) -> Any:
        if entry in (sympy.true, sympy.false):
            entry = sympy.Integer(entry == sympy.true)
        if kind == TRUTH:
            return sympy.true if entry.is_nonzero else sympy.false if entry == 0 else None
        return cut_off(entry) if kind == WHOLE else entry

    return change


def reshape(call: Call) -> Value:
    """Another shape; 0 stands for the axis at that place, −1 for what is left."""
    value, target = call.input(0), call.whole(1, "shape")
    if not call.attribute("allowzero", 0):
        target = [value.shape[place] if size == 0 else size for place, size in enumerate(target)]
    shape = fitted(call, value, target)
    return call.view(value, shape, reshaped(value, shape))


def fitted(call: Call, value: Value, target: Sequence[Any]) -> tuple[Any, ...]:
    """A target shape with what is left in place of −1.

    Raises:
        ShapeError: the numbers of entries differ.
    """
    open_places = [place for place, size in enumerate(target) if size == -1]
    if len(open_places) > 1 or any(size.is_negative for size in target if size != -1):
        raise ShapeError(f"a shape {shape_text(tuple(target))} cannot be made; one size may be −1.")
    rest = sympy.Mul(*(size for size in target if size != -1))
    sizes = list(target)
    if open_places:
        quotient = divided(value.count, rest)
        if quotient is None and value.count != 0:
            whole = sympy.Eq(sympy.Mod(sympy.expand(value.count), rest), 0)
            call.walk.trace.require(
                whole, f"{shape_text(value.shape)} cannot be split into parts of {rest} entries."
            )
            quotient = sympy.cancel(value.count / rest)
        sizes[open_places[0]] = sympy.S.Zero if quotient is None else quotient
    else:
        call.same(value.count, rest, f"{shape_text(value.shape)} in the shape {shape_text(tuple(sizes))}")
    return tuple(sizes)


def reshaped(value: Value, target: Sequence[Any]) -> Any:
    """What a known array holds, in another shape."""
    return (
        None
        if value.contents is None or not is_short(target)
        else value.contents.reshape([int(s) for s in target])
    )


def flatten(call: Call) -> Value:
    """Two axes: those before a place and those from it on."""
    value, axis = call.input(0), int(call.attribute("axis", 1))
    axis = axis + len(value.shape) if axis < 0 else axis
    return call.view(value, (sympy.Mul(*value.shape[:axis]), sympy.Mul(*value.shape[axis:])))


def squeeze(call: Call) -> Value:
    """Without axes of size 1."""
    value, axes = call.input(0), call.whole(1, "axes")
    rank = len(value.shape)
    gone = {call.place(axis, rank) for axis in axes} if axes is not None else _ones(value)
    for place in gone:
        call.same(value.shape[place], sympy.S.One, "an axis that goes")
    shape = [size for place, size in enumerate(value.shape) if place not in gone]
    return call.view(value, shape, reshaped(value, shape))


def _ones(value: Value) -> set[int]:
    if not all(size.is_number or size == 1 for size in value.shape):
        raise SymderiveError("which axes go depends on open sizes; the node has to say axes.")
    return {place for place, size in enumerate(value.shape) if size == 1}


def unsqueeze(call: Call) -> Value:
    """With further axes of size 1."""
    value, axes = call.input(0), call.whole(1, "axes")
    rank = len(value.shape) + len(axes)
    places = {call.place(axis, rank) for axis in axes}
    rest = iter(value.shape)
    shape = [sympy.S.One if place in places else next(rest) for place in range(rank)]
    return call.view(value, shape, reshaped(value, shape))


def transpose(call: Call) -> Value:
    """The axes in another order."""
    value = call.input(0)
    order = list(call.attribute("perm", range(len(value.shape))[::-1]))
    if sorted(order) != list(range(len(value.shape))):
        raise SymderiveError(f"perm {order} is no order of {len(value.shape)} axes.")
    contents = None if value.contents is None else value.contents.transpose(order)
    return call.view(value, (value.shape[place] for place in order), contents)


def concat(call: Call) -> Value:
    """Arrays side by side."""
    values = call.all
    rank = len(values[0].shape)
    axis = call.axis(rank, 0)
    for other in values[1:]:
        for place in range(rank):
            if place != axis:
                call.same(values[0].shape[place], other.shape[place], "arrays side by side")
    arrays = [value.contents for value in values if value.contents is not None]
    if len(arrays) == len(values):
        return known(np.concatenate(arrays, axis), values[0].kind)
    if len(values) == 1:
        return call.view(values[0], values[0].shape)
    parts = tuple(value.shape[axis] for value in values)
    rest = (*values[0].shape[:axis], *values[0].shape[axis + 1 :])
    if any(part == 0 for part in parts):
        raise SymderiveError("an array without entries is joined to others; leave it out.")
    return call.apply(Join(rest, parts, axis), *values)


def split(call: Call) -> list[Value]:
    """Parts along an axis: of given sizes, or of equal ones."""
    value = call.input(0)
    axis, total = call.axis(len(value.shape), 0), None
    total = value.shape[axis]
    sizes = call.whole(1, "split")
    if not sizes:
        each = sympy.floor((total + len(call.outputs) - 1) / len(call.outputs))
        sizes = [each] * (len(call.outputs) - 1)
        sizes.append(sympy.expand(total - sympy.Add(*sizes)))
    call.same(sympy.Add(*sizes), total, "the parts")
    made, start = [], 0
    for size in sizes:
        contents = None
        if value.contents is not None and sympy.sympify(size).is_Integer:
            contents = np.take(value.contents, range(start, start + int(size)), axis)
            start += int(size)
        made.append(call.view(value, (*value.shape[:axis], size, *value.shape[axis + 1 :]), contents))
    return made


def part(call: Call) -> Value:
    """`Slice`: positions from a start to an end, along some axes."""
    value = call.input(0)
    starts, ends = call.whole(1, "starts"), call.whole(2, "ends")
    axes = call.whole(3, "axes", range(len(starts)))
    steps = call.whole(4, "steps", [1] * len(starts))
    shape, contents = list(value.shape), value.contents
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place, jump = call.place(axis, len(shape)), int(step)
        size = shape[place]
        if not all(sympy.sympify(one).is_Integer for one in (start, end)):
            contents = None
        if contents is not None:
            chosen = slice(_ended(start), _ended(end), jump)
            contents = contents[(slice(None),) * place + (chosen,)]
        shape[place] = _length(call, sympy.sympify(start), sympy.sympify(end), jump, size)
    if contents is not None:
        shape = [sympy.Integer(size) for size in contents.shape]
    return call.view(value, shape, contents)


def _ended(position: Any) -> int:
    return max(min(int(position), FAR), -FAR)


def _length(call: Call, start: Any, end: Any, step: int, size: Any) -> Any:
    """How many positions a slice has; that its ends are inside is noted where symbols decide it."""
    if step < 0:
        if start >= FAR or start == -1:
            whole = end <= -FAR or sympy.expand(end + size + 1) == 0
            return sympy.floor((size - 1) / -step) + 1 if whole else _backward(start, end, step, size)
        return _backward(start, end, step, size)
    first, last = (_position(call, one, size) for one in (start, end))
    length = sympy.expand(last - first)
    return length if step == 1 else sympy.floor((length + step - 1) / step)


def _backward(start: Any, end: Any, step: int, size: Any) -> Any:
    if not (size.is_number and start.is_number and end.is_number):
        raise SymderiveError("a slice that goes backward over part of an open axis is not known.")
    return sympy.Integer(len(range(*slice(int(start), int(end), step).indices(int(size)))))


def _position(call: Call, position: Any, size: Any) -> Any:
    """A position of a slice, counted from the front, no less than 0 and no more than the size."""
    if position.is_number and position >= FAR:
        return size
    if position.is_number and position <= -FAR:
        return sympy.S.Zero
    found = position + size if position.is_negative else position
    room = sympy.expand(size - found)
    if room.is_negative:
        return size
    if sympy.expand(found).is_negative:
        return sympy.S.Zero
    if not room.is_nonnegative:
        call.walk.trace.require(sympy.Ge(size, found), f"{found} positions are taken of {size}.")
    if not sympy.expand(found).is_nonnegative:
        call.walk.trace.require(sympy.Ge(found, 0), f"{found} is before the first position.")
    return found


def expand(call: Call) -> Value:
    """Repeated along axes of size 1."""
    value = call.input(0)
    wanted = Value(tuple(call.entries(1, "its shape")), WHOLE)
    shape = call.broadcast([value, wanted])
    contents = None
    if value.contents is not None and is_short(shape):
        contents = np.broadcast_to(value.contents, [int(size) for size in shape])
    return call.view(value, shape, contents)


def tile(call: Call) -> Value:
    """Repeated along all axes."""
    value, times = call.input(0), call.entries(1, "its repeats")
    if value.contents is not None and is_short((value.count, *times)):
        return known(np.tile(value.contents, [int(one) for one in times]), value.kind)
    return call.view(value, (size * often for size, often in zip(value.shape, times, strict=True)))


def pad(call: Call) -> Value:
    """With further positions in front and behind."""
    value = call.input(0)
    pads = call.whole(1, "pads") or []
    rank = len(value.shape)
    axes = [call.place(axis, rank) for axis in (call.entries(3, "its axes") if call.has(3) else range(rank))]
    if len(pads) != 2 * len(axes):
        raise SymderiveError(f"{len(axes)} axes have {len(pads)} pads, of which there are two for each.")
    added = [NONE] * rank
    for axis, front, back in zip(axes, pads, pads[len(axes) :], strict=False):
        added[axis] = (front, back)
    shape = [
        sympy.expand(size + front + back) for size, (front, back) in zip(value.shape, added, strict=True)
    ]
    padded = call.view(value, shape)
    return replace(padded, zeros=zeros_around(value).padded(added)) if _is_by_zeros(call) else padded


def _is_by_zeros(call: Call) -> bool:
    """Whether the further positions of a pad hold zeros."""
    put = entries_of(call.input(2)) if call.has(2) else [call.attribute("value", 0)]
    return call.attribute("mode", "constant") == "constant" and put == [0]


def to_space(call: Call) -> Value:
    """Channels moved to positions."""
    value, block = call.input(0), int(call.attribute("blocksize", 1))
    batch, channels, height, width = call.rank(value, 4, 4)
    return call.view(value, (batch, _divided(channels, block**2), height * block, width * block))


def to_depth(call: Call) -> Value:
    """Positions moved to channels."""
    value, block = call.input(0), int(call.attribute("blocksize", 1))
    batch, channels, height, width = call.rank(value, 4, 4)
    for size in (height, width):
        call.walk.trace.require(sympy.Eq(sympy.Mod(size, block), 0), f"{block} does not divide {size}.")
    return call.view(value, (batch, channels * block**2, height / block, width / block))


def _divided(size: Any, by: int) -> Any:
    found = divided(size, sympy.Integer(by))
    if found is None:
        raise ShapeError(f"{by} does not divide {size} channels.")
    return found


def unchanged(call: Call) -> Value:
    """Entries in another order, or some of them replaced by 0."""
    value = call.input(0)
    return call.view(value, value.shape)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "Identity": kept,
    "Dropout": kept,
    "Cast": cast,
    "CastLike": cast,
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Concat": concat,
    "Split": split,
    "Slice": part,
    "Expand": expand,
    "Tile": tile,
    "Pad": pad,
    "DepthToSpace": to_space,
    "SpaceToDepth": to_depth,
    "Trilu": unchanged,
    "ReverseSequence": unchanged,
}
