"""Rows at an index that a sum runs over, and arrays of which a condition picks the rows.

In `sum(f(X[i]) for i in range(n))` the value of `X[i]` is an array with one axis more, in front, for i. In
`X[t >= t[i]]` the array stays whole, and the condition becomes a weight in the reduction that must follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import sympy

from symderive.core.dims import Size, same_size, shape_text
from symderive.core.identity import FREE_LETTERS, fresh
from symderive.core.nodes import Delta, Entry
from symderive.errors import ShapeError, SymderiveError
from symderive.functions import by_head
from symderive.functions.record import REALS
from symderive.language import logic
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes
from symderive.language.einsum import einsum

_NUMBERS = count(1)
_WHOLE = slice(None)
REDUCTIONS = ("sum", "mean", "max", "min", "amax", "amin", "prod", "any", "all", "logsumexp", "var", "std")


@dataclass(frozen=True, eq=False)
class Position:
    """The index of a sum: `i` in `for i in range(n)`."""

    number: int
    size: Size

    @classmethod
    def over(cls, size: Any) -> Position:
        """A new index over `size` positions."""
        return cls(next(_NUMBERS), sympy.sympify(size))


@dataclass(frozen=True, eq=False)
class Picked:
    """An array that depends on the indices of sums, or of which a condition picks rows.

    Attributes:
        array: the entries; the axes of `over` stand in front.
        over: the numbers of the positions, ascending.
        mask: what picks among the first axes behind those of `over`, or None.
    """

    array: Array
    over: tuple[int, ...] = ()
    mask: Picked | None = None

    @property
    def ndim(self) -> int:
        """The number of axes that the text sees (a mask joins the axes that it picks from into one)."""
        own = self.array.ndim - len(self.over)
        return own if self.mask is None else own - self.mask.ndim + 1

    @property
    def shape(self) -> tuple[Size, ...]:
        """The sizes of the axes that the text sees."""
        if self.mask is not None:
            raise SymderiveError("shape: how many rows a condition picks is not known; use len or a sum.")
        return self.array.shape[len(self.over) :]

    @property
    def axes(self) -> int:
        """The number of axes of the entries behind those of `over`."""
        return self.array.ndim - len(self.over)


def plain(value: Any) -> Any:
    """The array itself where it depends on no position."""
    return value.array if isinstance(value, Picked) and not value.over and value.mask is None else value


def as_picked(value: Any, what: str) -> Picked:
    """A picked array; arrays and numbers depend on no position.

    Raises:
        SymderiveError: the bare index of a sum, or something that is no array.
    """
    if isinstance(value, Position):
        raise SymderiveError(f"{what}: the index of a sum can only stand in brackets, as in X[i].")
    return value if isinstance(value, Picked) else Picked(as_array(value, what))


def take(value: Any, keys: tuple[Any, ...]) -> Any:
    """`X[i]`, `X[i, :]`, `W[i, j]`, `X[mask]`.

    Raises:
        ShapeError: an index that runs over another size, or too many of them.
        SymderiveError: slices and other keys beside an index.
    """
    given = as_picked(value, "indexing")
    if len(keys) == 1 and isinstance(keys[0], (Array, Picked)):
        return _masked(given, as_picked(keys[0], "indexing"))
    if given.mask is not None:
        raise SymderiveError("indexing: the rows that a condition picks have no known positions.")
    if len(keys) > given.axes:
        raise ShapeError(f"indexing: {len(keys)} positions for shape {shape_text(given.shape)}.")
    keys = (*keys, *[_WHOLE] * (given.axes - len(keys)))
    over = tuple(sorted({*given.over, *(key.number for key in keys if isinstance(key, Position))}))
    sizes = {key.number: key.size for key in keys if isinstance(key, Position)}
    sizes |= dict(zip(given.over, given.array.shape, strict=False))
    kept = [size for key, size in zip(keys, given.shape, strict=True) if isinstance(key, slice)]
    indices = free_axes([*(sizes[number] for number in over), *kept])
    index_of = dict(zip(over, indices, strict=False))
    rest = iter(indices[len(over) :])
    axes: list[sympy.Expr] = [index_of[number] for number in given.over]
    for key, size in zip(keys, given.shape, strict=True):
        if isinstance(key, Position):
            if not same_size(key.size, size):
                raise ShapeError(f"indexing: an index that runs over {key.size} on an axis of size {size}.")
            axes.append(index_of[key.number])
        elif isinstance(key, slice) and key == _WHOLE:
            axes.append(next(rest))
        elif isinstance(key, int) and not isinstance(key, bool):
            axes.append(sympy.Integer(key) if key >= 0 else size + key)
        else:
            raise SymderiveError("indexing: beside the index of a sum only `:` and integers can stand.")
    return Picked(define(indices, Entry(given.array.tensor, *axes), (given.array,)), over)


def _masked(value: Picked, mask: Picked) -> Picked:
    if not logic.is_truth(mask.array) or value.mask is not None or mask.mask is not None:
        raise SymderiveError(
            "indexing: an array as index must be a condition such as t > 0; positions cannot be looked up."
        )
    mine = value.array.shape[len(value.over) :][: mask.axes]
    if mask.axes > value.axes or not all(map(same_size, mine, mask.shape)):
        raise ShapeError(
            f"indexing: a condition of shape {shape_text(mask.shape)} for an array of shape "
            f"{shape_text(value.shape)}."
        )
    return replace(value, mask=mask)


def compare_positions(name: str, left: Any, right: Any) -> Picked:
    """`i == j` and `i != j` of two indices of sums.

    Raises:
        SymderiveError: any other comparison.
    """
    if not (isinstance(left, Position) and isinstance(right, Position)) or name not in ("equal", "not_equal"):
        raise SymderiveError("comparing an index of a sum: only i == j and i != j of two indices are known.")
    first, second = sorted((left, right), key=lambda one: one.number)
    if not same_size(first.size, second.size):
        raise ShapeError(f"comparing two indices: one runs over {first.size}, the other over {second.size}.")
    indices = free_axes([first.size, second.size])
    same = Delta(*indices)
    body = same if name == "equal" else 1 - same
    return Picked(define(indices, body, (), logic.TRUTH), (first.number, second.number))


def spread(value: Picked, over: Sequence[int], rank: int) -> Array:
    """The entries with an axis for each of `over` in front (of size 1 where it does not matter)."""
    front = [_WHOLE if number in value.over else None for number in over]
    key = (*front, *[None] * (rank - value.axes), *[_WHOLE] * value.axes)
    return value.array if None not in key else value.array[key]


def positions_of(values: Iterable[Picked]) -> tuple[int, ...]:
    """All positions that several values depend on, ascending."""
    return tuple(sorted({number for value in values for number in value.over}))


def elementwise(function: Callable[..., Array], *values: Any) -> Picked:
    """Apply an elementwise function of arrays.

    Raises:
        SymderiveError: two arrays of which different conditions pick rows.
    """
    given = [as_picked(value, "an elementwise operation") for value in values]
    masks = [value.mask for value in given if value.mask is not None]
    mask = masks[0] if masks else None
    if mask is not None:
        if any(not _same_mask(mask, other) for other in masks[1:]):
            raise SymderiveError("two arrays of which different conditions pick rows cannot be combined.")
        longest = max(value.axes for value in given if value.mask is not None)
        if any(value.mask is None and value.axes > longest - mask.axes for value in given):
            raise SymderiveError(
                "an array and rows that a condition picks from another have no common shape."
            )
    over, rank = positions_of(given), max(value.axes for value in given)
    return Picked(function(*(spread(value, over, rank) for value in given)), over, mask)


def _same_mask(left: Picked, right: Picked) -> bool:
    return left.array.name == right.array.name and left.over == right.over


def reduce(name: str, value: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`sum`, `mean`, `max`, … over axes that the text sees.

    Raises:
        SymderiveError: a reduction that a condition on rows does not allow.
    """
    given = as_picked(value, name)
    chosen = range(given.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    if not all(isinstance(one, int) and -given.ndim <= one < given.ndim for one in chosen):
        raise ShapeError(f"{name}: there is no axis {axis!r} in an array with {given.ndim} axes.")
    axes = sorted(one % given.ndim for one in chosen)
    divisor: Any = None
    if given.mask is not None and 0 in axes:
        given, divisor, axes = _weighted(name, given, axes)
    elif given.mask is not None:
        axes = [one + given.mask.axes - 1 for one in axes]
    shifted = tuple(one + len(given.over) for one in axes)
    word = "sum" if divisor is not None else name
    made = replace(given, array=_reduction(word, given.array, shifted, keepdims)) if shifted else given
    if divisor is not None:
        made = elementwise(lambda x, y: x / y, made, divisor)
    return plain(made)


def _reduction(name: str, value: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    from symderive.language import extras

    if name == "logsumexp":
        return extras.logsumexp(value, axis=axes, keepdims=keepdims)
    made: Array = getattr(value, {"amax": "max", "amin": "min"}.get(name, name))(axes, keepdims)
    return made


def _weighted(name: str, value: Picked, axes: list[int]) -> tuple[Picked, Any, list[int]]:
    """The value with its condition as a weight, what a mean is divided by, and the axes of the entries."""
    mask = value.mask
    if mask is None or name not in ("sum", "mean", "prod"):
        raise SymderiveError(f"{name}: over rows that a condition picks only sum, mean and prod are known.")
    neutral = 1 if name == "prod" else 0
    whole = replace(value, mask=None)
    over = positions_of((whole, mask))
    entries = spread(whole, over, whole.axes)
    weight = mask.array[(*[_WHOLE if number in mask.over else None for number in over],
                         *[_WHOLE] * mask.axes, *[None] * (whole.axes - mask.axes))]  # fmt: skip
    product = neutral == 0 and is_total(value.array)
    made = weight * entries if product else logic.where(weight, entries, neutral)
    numbers = [*range(mask.axes), *(one + mask.axes - 1 for one in axes if one)]
    divisor = None
    if name == "mean":
        divisor = reduce("sum", mask)
        for one in numbers[mask.axes :]:
            size = whole.array.shape[len(whole.over) + one]
            divisor = elementwise(lambda x, y: x * y, divisor, size)
    return Picked(made, over), divisor, numbers


def is_total(value: Array) -> bool:
    """Whether an array has a value whatever the numbers are, seen from the equations behind it."""
    stack, seen = [value], set()
    while stack:
        node = stack.pop()
        if node.name in seen or node.definition is None:
            continue
        seen.add(node.name)
        if any(_is_partial(part) for part in sympy.preorder_traversal(node.definition.body)):
            return False
        stack.extend(node.operands)
    return True


def _is_partial(part: sympy.Basic) -> bool:
    if isinstance(part, sympy.Pow):
        return not (part.exp.is_integer and part.exp.is_nonnegative) and bool(part.atoms(Entry))
    entry = by_head().get(type(part))
    return entry is not None and entry.domain != REALS


def matmul(left: Any, right: Any) -> Any:
    """`left @ right` of vectors and matrices that depend on positions.

    Raises:
        ShapeError: more than two axes, or sizes that differ.
        SymderiveError: rows that a condition picks on one side only of the inner axis.
    """
    a, b = as_picked(left, "@"), as_picked(right, "@")
    if not (1 <= a.ndim <= 2 and 1 <= b.ndim <= 2):
        raise ShapeError("@ inside a sum over an index takes vectors and matrices.")
    if b.mask is not None or (a.mask is not None and a.ndim == 1):
        if (
            a.mask is None
            or b.mask is None
            or not _same_mask(a.mask, b.mask)
            or a.ndim > 1
            or b.mask.axes > 1
        ):
            raise SymderiveError("@: both sides must be picked by the same condition along the inner axis.")
        weighted, _, _ = _weighted("sum", a, [0])
        a, b = weighted, replace(b, mask=None)
    over = positions_of((a, b))
    letters = {number: chr(ord("a") + place) for place, number in enumerate(over)}
    rows, columns = "y" * (a.ndim - 1), "x" * (b.ndim - 1)
    first = "".join(letters[number] for number in a.over) + rows + "z"
    second = "".join(letters[number] for number in b.over) + "z" + columns
    out = "".join(letters.values()) + rows + columns
    return plain(Picked(einsum(f"{first},{second}->{out}", a.array, b.array), over, a.mask))


def turned(value: Picked) -> Picked:
    """`.T` of a vector or matrix that depends on positions."""
    if value.mask is not None or value.axes > 2:
        raise SymderiveError(".T: of rows that a condition picks it is not known.")
    if value.axes < 2:
        return value
    lead = tuple(range(len(value.over)))
    return replace(value, array=value.array.transpose((*lead, len(lead) + 1, len(lead))))


def listed(value: Any, position: Position) -> Any:
    """The values at all positions, as the first axis: `[f(i) for i in range(n)]`."""
    given = as_picked(value, "a list")
    if given.mask is not None:
        raise SymderiveError(
            "a list of rows that a condition picks: reduce them first, for example by a sum."
        )
    if position.number not in given.over:  # the same at every position
        index = fresh([position.size], (), FREE_LETTERS)
        ones = Picked(define(index, sympy.S.One, ()), (position.number,))
        given = elementwise(lambda x, y: x * y, given, ones)
    if position.number != given.over[-1]:
        raise SymderiveError("a list whose index is used outside of it is not known.")
    return plain(Picked(given.array, given.over[:-1]))


__all__ = ["Picked", "Position", "compare_positions", "elementwise", "listed", "matmul",
           "plain", "reduce", "take", "turned"]  # fmt: skip
