"""Reductions other than sums: the largest, the smallest, the product; `any` and `all` of conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symderive.core.identity import fresh
from symderive.core.nodes import Binder, Entry, IndexMax, IndexMin, IndexProduct
from symderive.errors import SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import Axis, given_axes, kept_axes
from symderive.language.logic import TRUTH, as_truth, is_truth
from symderive.language.numbers import refuse

_BINDERS: dict[str, type[Binder]] = {
    "max": IndexMax, "min": IndexMin, "prod": IndexProduct, "any": IndexMax, "all": IndexMin,
}  # fmt: skip


def fold(what: str, value: Any, axis: Axis = None, keepdims: bool = False, **other: Any) -> Array:
    """The largest, the smallest or the product of the entries over `axis` (all axes by default).

    Args:
        what: `max`, `min`, `prod`, or of conditions `any` and `all`.
        value: a symbolic array.
        axis: the axis, several axes, or None for all.
        keepdims: whether the axis stays with size 1.
        other: further arguments of NumPy, which must be left at their defaults.

    Raises:
        ShapeError: an axis that does not exist.
        SymderiveError: a further argument is set.

    >>> from symderive.language.declaring import array
    >>> fold("max", array("X", 3, 4), axis=1).shape
    (3,)
    """
    refuse(other, what)
    given = as_truth(value, what) if what in ("any", "all") else as_array(value, what)
    axes = given_axes(axis, given.ndim, what)
    if not axes:
        return given
    bound = dict(zip(axes, fresh([given.shape[place] for place in axes], ()), strict=True))
    indices, free = kept_axes(given.shape, axes, keepdims)
    entry = Entry(given.tensor, *(bound.get(place, free.get(place)) for place in range(given.ndim)))
    domain = TRUTH if is_truth(given) else "real"
    return define(indices, _BINDERS[what](entry, *bound.values()), (given,), domain)


def count_nonzero(value: Any, axis: Axis = None, keepdims: bool = False, **other: Any) -> Array:
    """How many entries are not 0, as `numpy.count_nonzero`."""
    refuse(other, "count_nonzero")
    return as_truth(value, "count_nonzero").sum(axis, keepdims)


def without_derivative(name: str) -> Callable[..., Array]:
    """A function that refuses: positions of entries are no numbers that a formula can go on with."""

    def refused(*args: Any, **kwargs: Any) -> Array:
        raise SymderiveError(
            f"{name}: a position of an entry is not a number with a derivative; use np.max or np.min of the "
            "values, or a one-hot array that marks the position."
        )

    return refused
