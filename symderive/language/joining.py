"""Arrays put behind one another or on top of one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import same_size, shape_text
from symderive.core.nodes import Delta, Entry
from symderive.core.positions import Inside
from symderive.errors import ShapeError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes, normal_axes
from symderive.language.numbers import refuse
from symderive.language.shaping import ravel, with_new_axis


def _several(arrays: Any, what: str) -> tuple[Array, ...]:
    if not isinstance(arrays, (tuple, list)):
        arrays = tuple(as_array(arrays, what))
    given = tuple(as_array(one, what) for one in arrays)
    if not given:
        raise ShapeError(f"{what}: give at least one array.")
    return given


def concatenate(arrays: Any, axis: Any = 0, **other: Any) -> Array:
    """The arrays behind one another along an axis, as `numpy.concatenate`.

    Raises:
        ShapeError: the other axes differ.
    """
    refuse(other, "concatenate")
    given = _several(arrays, "concatenate")
    if axis is None:
        given, axis = tuple(ravel(one) for one in given), 0
    if any(not one.ndim for one in given):
        raise ShapeError("concatenate: scalars have no axis to join along; use np.stack.")
    (along,) = normal_axes((axis,), given[0].ndim, "concatenate")
    _fitting(given, along, "concatenate")
    starts = [sympy.S.Zero]
    for one in given:
        starts.append(sympy.expand(starts[-1] + one.shape[along]))
    indices = free_axes([*given[0].shape[:along], starts[-1], *given[0].shape[along + 1 :]])
    terms = []
    for one, start in zip(given, starts, strict=False):
        place = indices[along] - start
        axes = [place if number == along else index for number, index in enumerate(indices)]
        terms.append(Inside(place, one.shape[along]) * Entry.at(one.tensor, *axes))
    return define(indices, sympy.Add(*terms), given)


def _fitting(given: Sequence[Array], along: int, what: str) -> None:
    first = given[0]
    for one in given[1:]:
        fits = one.ndim == first.ndim and all(
            number == along or same_size(*sizes)
            for number, sizes in enumerate(zip(one.shape, first.shape, strict=True))
        )
        if not fits:
            raise ShapeError(
                f"{what}: the shapes {shape_text(first.shape)} and {shape_text(one.shape)} differ in more "
                f"than axis {along}; give all arrays the same other sizes."
            )


def stack(arrays: Any, axis: Any = 0, **other: Any) -> Array:
    """The arrays along a new axis, as `numpy.stack`.

    Raises:
        ShapeError: the shapes differ.
    """
    refuse(other, "stack")
    given = _several(arrays, "stack")
    _fitting(given, -1, "stack")
    (along,) = normal_axes((axis,), given[0].ndim + 1, "stack")
    shape = list(given[0].shape)
    indices = free_axes([*shape[:along], sympy.Integer(len(given)), *shape[along:]])
    rest = [index for number, index in enumerate(indices) if number != along]
    terms = [Delta(indices[along], number) * Entry(one.tensor, *rest) for number, one in enumerate(given)]
    return define(indices, sympy.Add(*terms), given)


def vstack(arrays: Any, **other: Any) -> Array:
    """Rows on top of one another, as `numpy.vstack`."""
    given = _several(arrays, "vstack")
    return concatenate([_at_least_two(one) for one in given], 0, **other)


def hstack(arrays: Any, **other: Any) -> Array:
    """Columns side by side, or vectors behind one another, as `numpy.hstack`."""
    given = [one if one.ndim else with_new_axis(one, 0) for one in _several(arrays, "hstack")]
    return concatenate(given, 0 if given[0].ndim == 1 else 1, **other)


def column_stack(arrays: Any) -> Array:
    """Vectors as columns beside the columns of matrices, as `numpy.column_stack`."""
    given = _several(arrays, "column_stack")
    return concatenate([with_new_axis(one, 1) if one.ndim == 1 else one for one in given], 1)


def append(arr: Any, values: Any, axis: Any = None) -> Array:
    """Values behind an array, as `numpy.append`."""
    given, more = as_array(arr, "append"), as_array(values, "append")
    if axis is None:
        return concatenate([ravel(given), ravel(more)])
    return concatenate([given, more], axis)


def _at_least_two(value: Array) -> Array:
    return with_new_axis(value if value.ndim else with_new_axis(value, 0), 0) if value.ndim < 2 else value


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.concatenate: concatenate,
    np.stack: stack,
    np.vstack: vstack,
    np.hstack: hstack,
    np.column_stack: column_stack,
    np.append: append,
}
