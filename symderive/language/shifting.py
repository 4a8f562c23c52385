"""Arrays read from the other end or shifted: flip, roll, differences, padding, convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import as_size, same_size, shape_text
from symderive.core.identity import fresh
from symderive.core.nodes import Entry, Index, IndexSum
from symderive.core.positions import Inside, Remainder, is_surely_nonnegative
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes, normal_axes
from symderive.language.numbers import number, refuse
from symderive.language.shaping import ravel

Place = Callable[[Index], sympy.Expr]


def _moved(value: Array, places: dict[int, Place]) -> Array:
    """The entries at other positions of some axes."""
    indices = free_axes(value.shape)
    axes = [places[number](index) if number in places else index for number, index in enumerate(indices)]
    return define(indices, Entry.at(value.tensor, *axes), (value,))


def _axes(value: Array, axis: Any, what: str) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(value.ndim))
    return normal_axes(axis if isinstance(axis, (tuple, list)) else (axis,), value.ndim, what)


def flip(m: Any, axis: Any = None) -> Array:
    """The entries from the last to the first, as `numpy.flip`."""
    value = as_array(m, "flip")
    return _moved(value, {one: lambda index: index.dim - 1 - index for one in _axes(value, axis, "flip")})


def roll(a: Any, shift: Any, axis: Any = None) -> Array:
    """The entries shifted in a circle, as `numpy.roll`."""
    value = as_array(a, "roll")
    if axis is None and value.ndim > 1:
        raise SymderiveError("roll: give the axis of an array with several.")
    axes = _axes(value, axis, "roll")
    shifts = tuple(shift) if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: {len(shifts)} shifts for {len(axes)} axes.")
    return _moved(value, {one: _rolled(by) for one, by in zip(axes, shifts, strict=True)})


def _rolled(by: Any) -> Place:
    steps = number(by)
    if steps is None or not steps.is_integer:
        raise SymderiveError(f"roll: the shift is {by!r}, not an integer.")
    return lambda index: Remainder(index - steps, index.dim)


def diff(a: Any, n: int = 1, axis: Any = -1, **other: Any) -> Array:
    """The differences of neighbours, n times, as `numpy.diff`."""
    refuse({key: value for key, value in other.items() if value is not np._NoValue}, "diff")
    value = as_array(a, "diff")
    if isinstance(n, bool) or not hasattr(n, "__index__") or not 0 <= n < 20:
        raise SymderiveError(f"diff: n is {n!r}; give a small integer of at least 0.")
    (along,) = normal_axes((axis,), value.ndim, "diff")
    for _ in range(n):
        before = [slice(None)] * along
        value = value[(*before, slice(1, None))] - value[(*before, slice(None, -1))]
    return value


def pad(array: Any, pad_width: Any, mode: Any = "constant", **other: Any) -> Array:
    """Zeros before and behind the entries, as `numpy.pad`.

    Raises:
        SymderiveError: another mode or another value.
    """
    value = as_array(array, "pad")
    filled = other.pop("constant_values", 0)
    refuse(other, "pad")
    if mode != "constant" or number(filled) != 0:
        raise SymderiveError(
            "pad: only padding with zeros is supported; put other entries there with concatenate."
        )
    widths = _widths(pad_width, value.ndim)
    sizes = [
        sympy.expand(size + before + behind)
        for size, (before, behind) in zip(value.shape, widths, strict=True)
    ]
    indices = free_axes(sizes)
    places = [index - before for index, (before, _) in zip(indices, widths, strict=True)]
    inside = (Inside(place, size) for place, size in zip(places, value.shape, strict=True))
    return define(indices, sympy.Mul(*inside, Entry.at(value.tensor, *places)), (value,))


def _widths(given: Any, rank: int) -> list[tuple[sympy.Expr, sympy.Expr]]:
    pairs = list(given) if isinstance(given, (tuple, list, np.ndarray)) else [given]
    if not pairs or not isinstance(pairs[0], (tuple, list, np.ndarray)):
        pairs = [pairs] * rank
    both = [(*pair, *pair)[:2] if len(pair) == 1 else tuple(pair) for pair in pairs]
    both = both * rank if len(both) == 1 else both
    made = [tuple(number(width) for width in pair) for pair in both]
    fits = len(made) == rank and all(
        len(pair) == 2 and all(w is not None and w.is_integer and is_surely_nonnegative(w) for w in pair)
        for pair in made
    )
    if not fits:
        raise SymderiveError(f"pad: {given!r} is not a width, or a pair of widths for each of {rank} axes.")
    return [(pair[0], pair[1]) for pair in made]


def _vectors(a: Any, v: Any, what: str) -> tuple[Array, Array]:
    left, right = as_array(a, what), as_array(v, what)
    if left.ndim != 1 or right.ndim != 1:
        raise ShapeError(
            f"{what}: takes two vectors, not {shape_text(left.shape)} and {shape_text(right.shape)}."
        )
    return left, right


def convolve(a: Any, v: Any, mode: Any = "full") -> Array:
    """`y_i = Σ_p v_p a_{i−p}` of two vectors, as `numpy.convolve`.

    Raises:
        SymderiveError: an unknown mode, or sizes that do not say where "same" starts.
    """
    left, right = _longer_first(*_vectors(a, v, "convolve"), mode)
    return _slid(left, right, mode, "convolve", lambda p: p)


def _longer_first(left: Array, right: Array, mode: Any) -> tuple[Array, Array]:
    """Both orders give the same; the kernel stands last, as far as the sizes say which one it is."""
    (n,), (m,) = left.shape, right.shape
    shorter = is_surely_nonnegative(sympy.expand(m - n)) and not same_size(m, n)
    return (right, left) if shorter and mode != "full" else (left, right)


def correlate(a: Any, v: Any, mode: Any = "valid") -> Array:
    """`y_i = Σ_p v_p a_{i+p}` of two vectors, as `numpy.correlate`."""
    left, right = _vectors(a, v, "correlate")
    (n,), (m,) = left.shape, right.shape
    if mode != "full" and is_surely_nonnegative(sympy.expand(m - n)) and not same_size(m, n):
        raise SymderiveError("correlate: the second vector is longer than the first; exchange them.")
    return _slid(left, right, mode, "correlate", lambda p: right.shape[0] - 1 - p)


def _slid(left: Array, right: Array, mode: Any, what: str, turn: Place) -> Array:
    (n,), (m,) = left.shape, right.shape
    if mode == "full":
        size, start = n + m - 1, sympy.S.Zero
    elif mode == "valid":
        size, start = n - m + 1, m - 1
    elif mode == "same":
        if not m.is_Integer:
            raise SymderiveError(f'{what}: mode "same" needs a kernel of known size, not {m}.')
        size, start = n, (m - 1) // 2
    else:
        raise SymderiveError(f'{what}: the mode {mode!r} is unknown; use "full", "same" or "valid".')
    (i,) = free_axes([as_size(sympy.expand(size), what)])
    (p,) = fresh([m], ())
    place = sympy.expand(i + start - turn(p))
    body = Inside(place, n) * Entry.at(left.tensor, place) * Entry(right.tensor, p)
    return define((i,), IndexSum(body, p), (left, right))


def cross(a: Any, b: Any, **other: Any) -> Array:
    """The vector product over a last axis of size 3, as `numpy.cross`."""
    refuse({key: value for key, value in other.items() if (key, value) not in _LAST_AXES}, "cross")
    left, right = as_array(a, "cross"), as_array(b, "cross")
    for one in (left, right):
        if not one.ndim or one.shape[-1] != 3:
            raise ShapeError(f"cross: takes vectors of 3 entries, not {shape_text(one.shape)}.")
    first, second = (
        _turned(one, 1) * _turned(other_one, 2) for one, other_one in ((left, right), (right, left))
    )
    return first - second


_LAST_AXES = (("axisa", -1), ("axisb", -1), ("axisc", -1), ("axis", -1))


def _turned(value: Array, by: int) -> Array:
    return _moved(value, {value.ndim - 1: lambda index: Remainder(index + by, 3)})


def _flip_of(axis: int, what: str) -> Callable[..., Array]:
    def flipped(m: Any) -> Array:
        value = as_array(m, what)
        if value.ndim <= axis:
            raise ShapeError(f"{what}: there is no axis {axis} in {shape_text(value.shape)}.")
        return flip(value, axis)

    return flipped


def cumsum(a: Any, axis: Any = None, **other: Any) -> Array:
    """Running sums along an axis, as `numpy.cumsum`."""
    refuse(other, "cumsum")
    value = as_array(a, "cumsum")
    if axis is None:
        value, axis = ravel(value), 0
    (along,) = normal_axes((axis,), value.ndim, "cumsum")
    indices = free_axes(value.shape)
    (p,) = fresh([value.shape[along]], ())
    axes = [p if place == along else index for place, index in enumerate(indices)]
    bracket = Inside(indices[along] - p, p.dim)
    return define(indices, IndexSum(bracket * Entry(value.tensor, *axes), p), (value,))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.flip: flip,
    np.flipud: _flip_of(0, "flipud"),
    np.fliplr: _flip_of(1, "fliplr"),
    np.roll: roll,
    np.diff: diff,
    np.pad: pad,
    np.convolve: convolve,
    np.correlate: correlate,
    np.cross: cross,
    np.cumsum: cumsum,
}
