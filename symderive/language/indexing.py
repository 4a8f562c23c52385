"""`X[...]`: slices, single positions, lists of positions and new axes."""

from __future__ import annotations

import operator
from typing import Any, TypeAlias

import numpy as np
import sympy

from symderive.core.dims import Size, as_size, shape_text
from symderive.core.nodes import Delta, Entry, Index
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes, normal_axes
from symderive.language.numbers import refuse
from symderive.language.slices import Run, run_of

_WHOLE = slice(None)
_MOST = 200  # positions in a list
Part: TypeAlias = Run | sympy.Expr | tuple[sympy.Expr, ...]


def take(value: Array, key: Any) -> Array:
    """Indexing with slices, integers, a list of integers, `...` and `None`.

    Raises:
        ShapeError: too many positions, or a position outside a known size.
        SymderiveError: a kind of indexing that is not supported.
    """
    keys = _expanded(value, key if isinstance(key, tuple) else (key,))
    sizes: list[Size] = []
    parts: list[tuple[Part, int]] = []
    axis = 0
    for one in keys:
        if one is None:
            sizes.append(sympy.S.One)
            continue
        part = _part(value, one, axis)
        parts.append((part, len(sizes)))
        if isinstance(part, Run):
            sizes.append(part.count)
        elif isinstance(part, tuple):
            sizes.append(sympy.Integer(len(part)))
        axis += 1
    indices = free_axes([as_size(size, f"indexing {value.label}") for size in sizes])
    return define(indices, _body(value, parts, indices), (value,))


def taken(a: Any, indices: Any, axis: Any = None, **other: Any) -> Array:
    """The entries at an integer or a list of integers along an axis, as `numpy.take`."""
    refuse(other, "take")
    value = as_array(a, "take")
    if axis is None:
        if value.ndim != 1:
            raise SymderiveError("take: give the axis of an array with several.")
        axis = 0
    (along,) = normal_axes((axis,), value.ndim, "take")
    return take(value, (*[slice(None)] * along, indices))


def _body(value: Array, parts: list[tuple[Part, int]], indices: tuple[Index, ...]) -> sympy.Expr:
    """The entry at the positions; for a list one term for each of its positions."""
    listed = next(((part, spot) for part, spot in parts if isinstance(part, tuple)), None)
    if listed is None:
        return Entry.at(value.tensor, *(_place(part, spot, indices) for part, spot in parts))
    places, spot = listed
    terms = []
    for number, position in enumerate(places):
        axes = [
            position if isinstance(part, tuple) else _place(part, own, indices) for part, own in parts
        ]  # fmt: skip
        terms.append(Delta(indices[spot], number) * Entry.at(value.tensor, *axes))
    return (
        sympy.Add(*terms)
        if len(places) > 1
        else Entry.at(
            value.tensor,
            *(places[0] if isinstance(part, tuple) else _place(part, own, indices) for part, own in parts),
        )
    )


def _place(part: Part, spot: int, indices: tuple[Index, ...]) -> sympy.Expr:
    return part.at(indices[spot]) if isinstance(part, Run) else part


def _part(value: Array, key: Any, axis: int) -> Part:
    size, what = value.shape[axis], f"indexing {value.label}"
    if isinstance(key, slice):
        return run_of(key, size, what)
    if is_position(key) or _is_size(key):
        return _position(value, key, axis)
    return tuple(_position(value, one, axis) for one in _listed(key, what))


def _listed(key: Any, what: str) -> list[Any]:
    if isinstance(key, Array):
        raise SymderiveError(
            f"{what}: positions from a symbolic array ({key.label}) are not known; "
            "use a slice, or multiply by a one-hot matrix."
        )
    given = np.asarray(key)
    if given.ndim != 1 or given.dtype.kind not in "iu" or not given.size:
        kind = "truth values" if given.dtype.kind == "b" else type(key).__name__
        kind = f"the number {key}" if given.ndim == 0 and isinstance(key, (float, sympy.Number)) else kind
        raise SymderiveError(
            f"{what}: {kind} as a position is not supported; use slices, integers, one list of integers, "
            "`None` or `...`."
        )
    if given.size > _MOST:
        raise SymderiveError(f"{what}: a list of {given.size} positions; at most {_MOST} are written out.")
    return [int(one) for one in given]


def _expanded(value: Array, keys: tuple[Any, ...]) -> list[Any]:
    used = sum(1 for key in keys if key is not None and key is not Ellipsis)
    if used > value.ndim:
        raise ShapeError(f"indexing {value.label}: {used} positions for shape {shape_text(value.shape)}.")
    lists = sum(isinstance(key, (list, np.ndarray, tuple)) and not is_position(key) for key in keys)
    if lists > 1:
        raise SymderiveError(f"indexing {value.label}: only one list of positions is supported.")
    spot = next((place for place, key in enumerate(keys) if key is Ellipsis), len(keys))
    rest = list(keys[spot + 1 :])
    if any(key is Ellipsis for key in rest):
        raise SymderiveError(f"indexing {value.label}: `...` stands twice; use it once.")
    return [*keys[:spot], *[_WHOLE] * (value.ndim - used), *rest]


def is_position(key: Any) -> bool:
    """Whether `key` is an integer of Python or NumPy."""
    return (
        hasattr(key, "__index__") and not isinstance(key, (bool, np.bool_)) and getattr(key, "ndim", 0) == 0
    )


def _is_size(key: Any) -> bool:
    return isinstance(key, sympy.Expr) and bool(key.is_integer)


def _position(value: Array, key: Any, axis: int) -> sympy.Expr:
    size = value.shape[axis]
    if _is_size(key) and not is_position(key):
        position = sympy.expand(key)
        return sympy.expand(size + position) if (-position).is_positive else position
    number = operator.index(key)
    if size.is_Integer and not -int(size) <= number < int(size):
        raise ShapeError(f"indexing {value.label}: position {number} is outside axis {axis} of size {size}.")
    return sympy.Integer(number) if number >= 0 else sympy.expand(size + number)
