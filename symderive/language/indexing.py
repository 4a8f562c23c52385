"""`X[...]`: whole axes, single positions and new axes."""

from __future__ import annotations

import operator
from typing import Any

import sympy

from symderive.core.dims import Size, shape_text
from symderive.core.nodes import Entry
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, define, free_axes

_WHOLE = slice(None)


def take(value: Array, key: Any) -> Array:
    """Basic indexing with `:`, `...`, `None` and integers.

    Raises:
        ShapeError: too many positions, or a position outside a known size.
        SymderiveError: a kind of indexing that is not supported.
    """
    keys = _expanded(value, key if isinstance(key, tuple) else (key,))
    sizes: list[Size] = []
    plan: list[int | sympy.Expr] = []
    axis = 0
    for one in keys:
        if one is None:
            sizes.append(sympy.S.One)
            continue
        if isinstance(one, slice):
            plan.append(len(sizes))
            sizes.append(value.shape[axis])
        else:
            plan.append(_position(value, one, axis))
        axis += 1
    indices = free_axes(sizes)
    axes = [indices[step] if isinstance(step, int) else step for step in plan]
    return define(indices, Entry(value.tensor, *axes), (value,))


def _expanded(value: Array, keys: tuple[Any, ...]) -> list[Any]:
    for key in keys:
        whole = isinstance(key, slice) and key == _WHOLE
        if not (whole or key is None or key is Ellipsis or is_position(key)):
            raise SymderiveError(
                f"indexing {value.label}: {_shown(key)} is not supported; "
                "use `:`, an integer, `None` or `...`."
            )
    used = sum(1 for key in keys if key is not None and key is not Ellipsis)
    if used > value.ndim:
        raise ShapeError(f"indexing {value.label}: {used} positions for shape {shape_text(value.shape)}.")
    spot = next((place for place, key in enumerate(keys) if key is Ellipsis), len(keys))
    rest = list(keys[spot + 1 :])
    if any(key is Ellipsis for key in rest):
        raise SymderiveError(f"indexing {value.label}: `...` stands twice; use it once.")
    return [*keys[:spot], *[_WHOLE] * (value.ndim - used), *rest]


def is_position(key: Any) -> bool:
    """Whether `key` is an integer of Python or NumPy."""
    return hasattr(key, "__index__") and not isinstance(key, bool) and getattr(key, "ndim", 0) == 0


def _position(value: Array, key: Any, axis: int) -> sympy.Expr:
    position, size = operator.index(key), value.shape[axis]
    if size.is_Integer and not -int(size) <= position < int(size):
        raise ShapeError(
            f"indexing {value.label}: position {position} is outside axis {axis} of size {size}."
        )
    return sympy.Integer(position) if position >= 0 else size + position


def _shown(key: Any) -> str:
    if isinstance(key, slice):
        return ":".join("" if part is None else str(part) for part in (key.start, key.stop, key.step))
    return f"a {type(key).__name__}"
