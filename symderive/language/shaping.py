"""The same entries in another shape: reshape, ravel, new axes, repetition, Kronecker products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import Size, as_size, same_size, shape_text
from symderive.core.nodes import Entry, Index
from symderive.core.positions import Quotient, Remainder, divided
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import broadcast, free_axes, normal_axes, stretched
from symderive.language.numbers import refuse


def reshape(a: Any, shape: Any = None, order: Any = "C", **other: Any) -> Array:
    """The entries in row-major order in another shape, as `numpy.reshape`; one size may be −1.

    Raises:
        ShapeError: the numbers of entries differ, or are not known to agree.
    """
    shape = other.pop("newshape", shape)
    refuse(other, "reshape")
    given = as_array(a, "reshape")
    wanted = _wanted(given, shape if isinstance(shape, (tuple, list)) else (shape,))
    if order == "F":
        return reshape(given.T, wanted[::-1]).T
    if order != "C":
        raise SymderiveError(f'reshape: the order {order!r} is not supported; use "C" or "F".')
    indices = free_axes(wanted)
    axes: list[sympy.Expr] = []
    old, new = 0, 0
    for olds, news in _groups(given.shape, wanted):
        axes += _positions(given.shape[old : old + olds], indices[new : new + news])
        old, new = old + olds, new + news
    return define(indices, Entry.at(given.tensor, *axes), (given,))


def _wanted(given: Array, shape: Sequence[Any]) -> tuple[Size, ...]:
    if any(isinstance(size, Array) for size in shape):
        raise ShapeError("reshape: a symbolic array is no size; give integers or sizes from dims().")
    open_axes = [place for place, size in enumerate(shape) if size == -1]
    if len(open_axes) > 1:
        raise ShapeError("reshape: only one size can be -1.")
    sizes = [None if size == -1 else as_size(size, "reshape") for size in shape]
    known = sympy.Mul(*(size for size in sizes if size is not None))
    text = "×".join("-1" if size is None else str(size) for size in sizes) or "a scalar"
    message = (
        f"reshape: {shape_text(given.shape)} has {given.size} entries, which is not known to "
        f"fit into {text}; give sizes whose product is the same."
    )
    if open_axes:
        rest = divided(given.size, known)
        if rest is None:
            raise ShapeError(message)
        sizes[open_axes[0]] = as_size(rest, "reshape")
    made = tuple(size for size in sizes if size is not None)
    if not same_size(sympy.Mul(*made), given.size):
        raise ShapeError(message)
    return made


def _groups(old: Sequence[Size], new: Sequence[Size]) -> list[tuple[int, int]]:
    """How many old axes become how many new ones, group by group with equal numbers of entries."""
    found: list[tuple[int, int]] = []
    start, begin = 0, 0
    while start < len(old) or begin < len(new):
        rest = len(old) - start + len(new) - begin
        pairs = [(one, total - one) for total in range(1, rest + 1) for one in range(total + 1)]
        for many, more in pairs:
            if many > len(old) - start or more > len(new) - begin:
                continue
            left, right = old[start : start + many], new[begin : begin + more]
            if same_size(sympy.Mul(*left), sympy.Mul(*right)):
                found.append((many, more))
                start, begin = start + many, begin + more
                break
    return found


def _positions(old: Sequence[Size], new: Sequence[Index]) -> list[sympy.Expr]:
    """The positions on the old axes for indices over the new ones."""
    flat = sympy.S.Zero
    for index in new:
        flat = sympy.expand(flat * index.dim + index)
    places: list[sympy.Expr] = []
    for size in reversed(old[1:]):
        places.append(Remainder(flat, size))
        flat = Quotient(flat, size)
    return [flat, *reversed(places)] if old else []


def ravel(a: Any, order: Any = "C") -> Array:
    """All entries in a row, as `numpy.ravel`."""
    given = as_array(a, "ravel")
    return given if given.ndim == 1 else reshape(given, (given.size,), order)


def with_new_axis(value: Array, place: int) -> Array:
    """The array with an axis of size 1 before the given place."""
    return value[(*[slice(None)] * place, None, Ellipsis)]


def expand_dims(a: Any, axis: Any) -> Array:
    """New axes of size 1, as `numpy.expand_dims`."""
    value = as_array(a, "expand_dims")
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    for place in sorted(normal_axes(axes, value.ndim + len(axes), "expand_dims")):
        value = with_new_axis(value, place)
    return value


def squeeze(a: Any, axis: Any = None) -> Array:
    """The array without axes of size 1, as `numpy.squeeze`.

    Raises:
        ShapeError: an axis of another size is named.
    """
    value = as_array(a, "squeeze")
    if axis is None:
        axes = tuple(place for place, size in enumerate(value.shape) if size == 1)
    else:
        axes = normal_axes(axis if isinstance(axis, (tuple, list)) else (axis,), value.ndim, "squeeze")
    for place in axes:
        if value.shape[place] != 1:
            raise ShapeError(f"squeeze: axis {place} has size {value.shape[place]}, not 1.")
    return value[tuple(0 if place in axes else slice(None) for place in range(value.ndim))] if axes else value


def _at_least(rank: int) -> Callable[..., Any]:
    def made(*arrays: Any) -> Any:
        values = [as_array(one, f"atleast_{rank}d") for one in arrays]
        raised = []
        for value in values:
            while value.ndim < rank:
                value = with_new_axis(value, 0)
            raised.append(value)
        return raised[0] if len(raised) == 1 else tuple(raised)

    return made


def broadcast_to(array: Any, shape: Any, **other: Any) -> Array:
    """The array repeated along axes of size 1 and new ones, as `numpy.broadcast_to`."""
    refuse({key: value for key, value in other.items() if key != "subok"}, "broadcast_to")
    value = as_array(array, "broadcast_to")
    sizes = tuple(
        as_size(size, "broadcast_to") for size in (shape if isinstance(shape, (tuple, list)) else (shape,))
    )
    whole = broadcast([value.shape, sizes], "broadcast_to")
    if len(whole) != len(sizes) or not all(same_size(*pair) for pair in zip(whole, sizes, strict=True)):
        raise ShapeError(
            f"broadcast_to: {shape_text(value.shape)} does not broadcast to {shape_text(sizes)}."
        )
    indices = free_axes(sizes)
    own = indices[len(indices) - value.ndim :]
    entry = Entry(
        value.tensor, *(stretched(index, size) for index, size in zip(own, value.shape, strict=True))
    )
    return define(indices, entry, (value,))


def moveaxis(a: Any, source: Any, destination: Any) -> Array:
    """Axes in another order, as `numpy.moveaxis`."""
    value = as_array(a, "moveaxis")
    from_axes = normal_axes(
        source if isinstance(source, (tuple, list)) else (source,), value.ndim, "moveaxis"
    )
    to_axes = normal_axes(
        destination if isinstance(destination, (tuple, list)) else (destination,), value.ndim, "moveaxis"
    )
    if len(from_axes) != len(to_axes):
        raise ShapeError("moveaxis: give as many destinations as sources.")
    order = [axis for axis in range(value.ndim) if axis not in from_axes]
    for place, axis in sorted(zip(to_axes, from_axes, strict=True)):
        order.insert(place, axis)
    return value.transpose(tuple(order))


def kron(a: Any, b: Any) -> Array:
    """The Kronecker product of vectors or matrices, as `numpy.kron`."""
    left, right = as_array(a, "kron"), as_array(b, "kron")
    if left.ndim != right.ndim or not left.ndim:
        raise ShapeError(
            f"kron: takes two arrays with as many axes, not {shape_text(left.shape)} and "
            f"{shape_text(right.shape)}."
        )
    sizes = [sympy.expand(one * two) for one, two in zip(left.shape, right.shape, strict=True)]
    indices = free_axes(sizes)
    pairs = list(zip(indices, right.shape, strict=True))
    outer = Entry.at(left.tensor, *(Quotient(index, size) for index, size in pairs))
    inner = Entry.at(right.tensor, *(Remainder(index, size) for index, size in pairs))
    return define(indices, outer * inner, (left, right))


def repeat(a: Any, repeats: Any, axis: Any = None) -> Array:
    """Every entry several times, as `numpy.repeat` with one number for all entries."""
    value = as_array(a, "repeat")
    if axis is None:
        value, axis = ravel(value), 0
    return _copied(value, repeats, axis, "repeat", lambda index, size, count: Quotient(index, count))


def tile(A: Any, reps: Any) -> Array:
    """The array several times behind itself, as `numpy.tile`."""
    value = as_array(A, "tile")
    counts = list(reps) if isinstance(reps, (tuple, list)) else [reps]
    while len(counts) < value.ndim:
        counts.insert(0, 1)
    while value.ndim < len(counts):
        value = with_new_axis(value, 0)
    for axis, count in enumerate(counts):
        if count != 1:
            value = _copied(value, count, axis, "tile", lambda index, size, count: Remainder(index, size))
    return value


def _copied(
    value: Array, count: Any, axis: Any, what: str, place: Callable[[Index, Size, Size], sympy.Expr]
) -> Array:
    if isinstance(count, (list, np.ndarray, Array)):
        raise SymderiveError(f"{what}: a number for each entry is not supported; give one number.")
    (along,) = normal_axes((axis,), value.ndim, what)
    times = as_size(count, what)
    size = value.shape[along]
    indices = free_axes(
        [sympy.expand(one * times) if number == along else one for number, one in enumerate(value.shape)]
    )
    axes = [place(index, size, times) if number == along else index for number, index in enumerate(indices)]
    return define(indices, Entry.at(value.tensor, *axes), (value,))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.reshape: reshape,
    np.ravel: ravel,
    np.expand_dims: expand_dims,
    np.squeeze: squeeze,
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.broadcast_to: broadcast_to,
    np.moveaxis: moveaxis,
    np.kron: kron,
    np.repeat: repeat,
    np.tile: tile,
}
