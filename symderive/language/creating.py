"""Arrays of symbolic size that are made from nothing: identities, ones, zeros, ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import Size, as_size
from symderive.core.nodes import Delta
from symderive.core.positions import Inside, Quotient, bounds
from symderive.errors import SymderiveError
from symderive.language.array import Array, aligned, as_array, define
from symderive.language.axes import broadcast, free_axes
from symderive.language.numbers import number, refuse

_IGNORED = ("like", "order", "dtype", "subok", "device", "copy")


def sizes_of(shape: Any, what: str) -> tuple[Size, ...]:
    """A size, or a tuple or list of sizes."""
    return tuple(as_size(size, what) for size in (shape if isinstance(shape, (tuple, list)) else (shape,)))


def eye(N: Any, M: Any = None, k: int = 0, **other: Any) -> Array:
    """Ones on the k-th diagonal, as `numpy.eye`; the sizes may be symbolic.

    >>> eye("n").shape
    (n, n)
    """
    _refused(other, "eye")
    rows = as_size(N, "eye")
    i, j = free_axes((rows, rows if M is None else as_size(M, "eye")))
    return define((i, j), Delta(i + offset_of(k, "eye"), j), ())


def identity(n: Any, **other: Any) -> Array:
    """The identity matrix, as `numpy.identity`."""
    return eye(n, **other)


def full(shape: Any, fill_value: Any, **other: Any) -> Array:
    """An array with one value everywhere, as `numpy.full`; the sizes may be symbolic.

    >>> full(("n", 2), 0.5).shape
    (n, 2)
    """
    _refused(other, "full")
    indices = free_axes(sizes_of(shape, "full"))
    value = as_array(fill_value, "full")
    broadcast([value.shape, tuple(index.dim for index in indices)], "full")
    return define(indices, aligned(value, indices), (value,) if value.ndim or value.operands else ())


def ones(shape: Any, **other: Any) -> Array:
    """Ones, as `numpy.ones`; the sizes may be symbolic.

    >>> ones("n").shape
    (n,)
    """
    return full(shape, 1, **other)


def zeros(shape: Any, **other: Any) -> Array:
    """Zeros, as `numpy.zeros`; the sizes may be symbolic.

    >>> zeros(("n", "d")).shape
    (n, d)
    """
    return full(shape, 0, **other)


def arange(start: Any, stop: Any = None, step: Any = 1, **other: Any) -> Array:
    """The numbers `start, start + step, …` before `stop`, as `numpy.arange`; the ends may be sizes.

    >>> arange("n").shape
    (n,)
    """
    _refused(other, "arange")
    begin, end = (sympy.S.Zero, _whole(start)) if stop is None else (_whole(start), _whole(stop))
    step = _whole(step)
    if not step.is_Integer or step == 0:
        raise SymderiveError(f"arange: the step is {step}; give an integer other than 0.")
    count = -Quotient(sympy.expand((begin - end) * sympy.sign(step)), abs(step))
    (i,) = free_axes([as_size(sympy.expand(count), "arange")])
    return define((i,), begin + step * i, ())


def linspace(start: Any, stop: Any, num: Any = 50, **other: Any) -> Array:
    """`num` numbers from `start` to `stop`, as `numpy.linspace`."""
    _refused(other, "linspace")
    begin, end = number(start), number(stop)
    if begin is None or end is None:
        raise SymderiveError("linspace: the ends must be numbers.")
    (i,) = free_axes([as_size(num, "linspace")])
    return define((i,), begin + (end - begin) * i / (i.dim - 1), ())


def tri(N: Any, M: Any = None, k: int = 0, **other: Any) -> Array:
    """Ones on and below the k-th diagonal, as `numpy.tri`."""
    _refused(other, "tri")
    rows = as_size(N, "tri")
    i, j = free_axes((rows, rows if M is None else as_size(M, "tri")))
    return define((i, j), at_least_zero(i - j + offset_of(k, "tri")), ())


def at_least_zero(position: sympy.Expr) -> sympy.Expr:
    """The bracket `[position ≥ 0]`."""
    ends = bounds(position)
    if ends is None:
        raise SymderiveError(f"comparing {position} with 0: how large it can be is not known.")
    return Inside(position, sympy.expand(ends[1] + 1))


def offset_of(value: Any, what: str) -> sympy.Expr:
    """A diagonal: an integer, or an expression in sizes."""
    if isinstance(value, sympy.Expr) and value.is_integer:
        return value
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise SymderiveError(f"{what}: the diagonal is {value!r}, not an integer.")
    return sympy.Integer(value.__index__())


def _whole(value: Any) -> sympy.Expr:
    if isinstance(value, str):
        return as_size(value, "arange")
    given = number(value)
    if given is None or not given.is_integer:
        raise SymderiveError(f"arange: {value} is not an integer or a size.")
    return given


def _refused(other: dict[str, Any], what: str) -> None:
    refuse({key: value for key, value in other.items() if key not in _IGNORED}, what)


def _like(value: float) -> Callable[..., Array]:
    def made(a: Any, **other: Any) -> Array:
        shape = other.pop("shape", None)
        _refused(other, "ones_like" if value else "zeros_like")
        return full(as_array(a, "ones_like").shape if shape is None else shape, value)

    return made


def _full_like(a: Any, fill_value: Any, **other: Any) -> Array:
    shape = other.pop("shape", None)
    _refused(other, "full_like")
    return full(as_array(a, "full_like").shape if shape is None else shape, fill_value)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.eye: eye,
    np.identity: identity,
    np.ones: ones,
    np.zeros: zeros,
    np.full: full,
    np.arange: arange,
    np.linspace: linspace,
    np.tri: tri,
    np.ones_like: _like(1),
    np.zeros_like: _like(0),
    np.full_like: _full_like,
}
