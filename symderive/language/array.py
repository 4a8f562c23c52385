"""Symbolic arrays that NumPy's operators and functions apply to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
import sympy
from sympy.core.function import AppliedUndef

from symderive.core.dims import Size, as_size, shape_text, size_text
from symderive.core.identity import fresh
from symderive.core.kinds import has_kind
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array_methods import ArrayMethods
from symderive.language.axes import (
    Axis,
    Shape,
    broadcast,
    free_axes,
    given_axes,
    kept_axes,
    normal_axes,
    stretched,
)
from symderive.language.fingerprints import fingerprint, structure
from symderive.language.literals import literal_body
from symderive.language.numbers import divide, number, refuse, refuse_numbers_only


class Array(ArrayMethods):
    """A symbolic array: an input, or one equation over other arrays.

    Operators, `.T`, `.sum()`, `.mean()` and NumPy's and SciPy's functions make new arrays; nothing is
    simplified. Use `symderive.array` to declare an input.
    """

    __slots__ = ("definition", "digest", "operands", "tensor")
    __array_priority__ = 1000

    def __init__(
        self, tensor: Tensor, definition: Definition | None, operands: tuple[Array, ...], digest: str
    ) -> None:
        self.tensor, self.definition, self.operands, self.digest = tensor, definition, operands, digest

    @property
    def shape(self) -> Shape:
        """The sizes of the axes."""
        return self.tensor.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.tensor.rank

    @property
    def size(self) -> Size:
        """The number of entries."""
        return sympy.Mul(*self.shape)

    @property
    def name(self) -> str:
        """The name: what the user chose, or one made from the equation."""
        return str(self.tensor.name)

    @property
    def T(self) -> Array:
        """The array with its axes reversed."""
        return self.transpose()

    def transpose(self, *axes: Any) -> Array:
        """The array with its axes reordered, as `numpy.transpose`."""
        order = axes[0] if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes
        order = tuple(reversed(range(self.ndim))) if not order or order == (None,) else tuple(order)
        order = normal_axes(order, self.ndim, "transpose")
        if len(order) != self.ndim:
            raise ShapeError(f"transpose: {len(order)} axes named for shape {shape_text(self.shape)}.")
        if self.ndim < 2:
            return self
        indices = free_axes([self.shape[axis] for axis in order])
        positions = {axis: indices[place] for place, axis in enumerate(order)}
        return define(indices, Entry(self.tensor, *(positions[axis] for axis in range(self.ndim))), (self,))

    def sum(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """The sum over `axis` (all axes by default), as `numpy.sum`."""
        refuse(unsupported, "sum")
        return reduce_sum(self, axis, keepdims, mean=False)

    def mean(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """The mean over `axis` (all axes by default), as `numpy.mean`."""
        refuse(unsupported, "mean")
        return reduce_sum(self, axis, keepdims, mean=True)

    def swapaxes(self, axis1: int, axis2: int) -> Array:
        """Two axes exchanged, as `numpy.swapaxes`."""
        order = list(range(self.ndim))
        first, second = (normal_axes((axis,), self.ndim, "swapaxes")[0] for axis in (axis1, axis2))
        order[first], order[second] = order[second], order[first]
        return self.transpose(tuple(order))

    def copy(self) -> Array:
        """The array itself: nothing ever writes to it."""
        return self

    def conj(self) -> Array:
        """The array itself: its entries are real."""
        return self

    conjugate = conj

    def __getitem__(self, key: Any) -> Array:
        from symderive.language.indexing import take

        return take(self, key)

    def __neg__(self) -> Array:
        return elementwise(lambda x: -x, self)

    def __pos__(self) -> Array:
        return self

    def __abs__(self) -> Array:
        from symderive.language.dispatch import call_ufunc

        return call_ufunc("absolute", (self,))

    def __add__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x + y, self, other, symbol="+")

    def __radd__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x + y, other, self, symbol="+")

    def __sub__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x - y, self, other, symbol="-")

    def __rsub__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x - y, other, self, symbol="-")

    def __mul__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x * y, self, other, symbol="*")

    def __rmul__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x * y, other, self, symbol="*")

    def __truediv__(self, other: Any) -> Array:
        return elementwise(divide, self, other, symbol="/")

    def __rtruediv__(self, other: Any) -> Array:
        return elementwise(divide, other, self, symbol="/")

    def __pow__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x**y, self, other, symbol="**")

    def __rpow__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x**y, other, self, symbol="**")

    def __matmul__(self, other: Any) -> Array:
        from symderive.language import linear

        return linear.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Array:
        from symderive.language import linear

        return linear.matmul(other, self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from symderive.language.dispatch import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from symderive.language.dispatch import apply_function

        return apply_function(func, args, kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse_numbers_only()
        raise SymderiveError(
            f"{self.label}: a symbolic array has no numbers; use .to_numpy() on a derivation."
        )

    def __bool__(self) -> bool:
        raise SymderiveError(
            f"{self.label}: a symbolic array is neither true nor false; instead of `if` use np.where, "
            "instead of `and`, `or`, `not` and chains such as 0 < x < 1 use &, | and ~ with brackets."
        )

    def __gt__(self, other: Any) -> Array:
        return self._compared("greater", other)

    def __ge__(self, other: Any) -> Array:
        return self._compared("greater_equal", other)

    def __lt__(self, other: Any) -> Array:
        return self._compared("less", other)

    def __le__(self, other: Any) -> Array:
        return self._compared("less_equal", other)

    # Entry by entry, as in NumPy: an Array, where Python's own classes give a bool.
    def __eq__(self, other: object) -> Any:
        return self._compared("equal", other)

    def __ne__(self, other: object) -> Any:
        return self._compared("not_equal", other)

    def __and__(self, other: Any) -> Array:
        return self._logical("logical_and", self, other)

    def __rand__(self, other: Any) -> Array:
        return self._logical("logical_and", other, self)

    def __or__(self, other: Any) -> Array:
        return self._logical("logical_or", self, other)

    def __ror__(self, other: Any) -> Array:
        return self._logical("logical_or", other, self)

    def __xor__(self, other: Any) -> Array:
        return self._logical("logical_xor", self, other)

    def __rxor__(self, other: Any) -> Array:
        return self._logical("logical_xor", other, self)

    def __invert__(self) -> Array:
        return self._logical("logical_not", self)

    def _compared(self, name: str, other: Any) -> Array:
        from symderive.language import logic

        return logic.compare(name, self, other)

    def _logical(self, name: str, *values: Any) -> Array:
        from symderive.language import logic

        return logic.join(name, *values)

    __hash__ = object.__hash__

    def __len__(self) -> int:
        refuse_numbers_only()
        if not self.ndim:
            raise SymderiveError(f"len({self.label}): it is a scalar and has no first size.")
        if self.shape[0].is_Integer:
            return int(self.shape[0])
        raise SymderiveError(f"len({self.label}): its first size is symbolic; write {self.label}.shape[0].")

    def __iter__(self) -> Iterator[Array]:
        return (self[position] for position in range(len(self)))

    @property
    def label(self) -> str:
        """A name for messages: the user's, or the equation's right-hand side."""
        return self.name if self.definition is None or self.definition.pinned else "the expression"

    def __repr__(self) -> str:
        if self.definition is None:
            return f"array({self.name!r}, {shape_text(self.shape)})"
        return f"<symbolic array, {shape_text(self.shape)}: {self.definition}>"


def as_array(value: Any, what: str) -> Array:
    """Turn an operand into an array: arrays stay, numbers and arrays of numbers become constants.

    Raises:
        SymderiveError: anything else.
    """
    if isinstance(value, Array):
        return value
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
        return _literal(value, what)
    expr = number(value)
    if expr is None:
        raise SymderiveError(
            f"{what}: {type(value).__name__} cannot be mixed with symbolic arrays; "
            "declare it with symderive.array."
        )
    symbols = sorted(expr.free_symbols, key=str)
    loose = [one for one in symbols if not (one.is_Symbol and one.is_integer and one.is_positive)]
    if loose or has_kind(expr, AppliedUndef):
        raise SymderiveError(
            f"{what}: {expr} is not a number; declare {loose[0] if loose else expr} with symderive.array."
        )
    return define((), expr, ())


def _holds_array(value: Any) -> bool:
    return any(_holds_array(one) for one in value) if isinstance(value, list) else isinstance(value, Array)


def _literal(value: Any, what: str) -> Array:
    if isinstance(value, list) and _holds_array(value):
        from symderive.language.joining import stack

        return stack([as_array(one, what) for one in value])
    try:
        values = np.asarray(value)
        if values.dtype == object and all(getattr(one, "is_number", False) for one in values.flat):
            values = values.astype(float)
    except ValueError:
        raise SymderiveError(f"{what}: the list has rows of different lengths.") from None
    if not values.size:
        raise SymderiveError(f"{what}: an array without entries cannot stand in a formula.")
    indices = free_axes([as_size(size, what) for size in values.shape])
    return define(indices, literal_body(values, indices, what), ())


def define(
    indices: tuple[Index, ...], body: sympy.Expr, operands: tuple[Array, ...], domain: str = "real"
) -> Array:
    """A new array by an equation; equal equations get equal names, so that repeated expressions are one."""
    shape = tuple(index.dim for index in indices)
    sizes = tuple(map(size_text, shape))
    digest = fingerprint(sizes, structure(body), tuple(operand.digest for operand in operands), domain)
    tensor = Tensor(f"_{digest}", shape, domain)
    return Array(tensor, Definition(tensor, indices, body), operands, digest)


def elementwise(
    make: Callable[..., sympy.Expr], *values: Any, symbol: str = "operation", domain: str = "real"
) -> Array:
    """Apply a scalar function entry by entry, with broadcasting."""
    arrays = tuple(as_array(value, f"elementwise {symbol}") for value in values)
    shape = broadcast([one.shape for one in arrays], symbol)
    indices = free_axes(shape)
    entries = [aligned(one, indices) for one in arrays]
    if make is divide and entries[0] == entries[1] and isinstance(entries[1], Entry):
        return arrays[0] * (1 / arrays[1])  # a quotient that cancels must not take the condition x ≠ 0 along
    return define(indices, make(*entries), arrays, domain)


def aligned(value: Array, indices: tuple[Index, ...]) -> sympy.Expr:
    """The entry of `value` that NumPy's broadcasting puts at `indices`; numbers stand for themselves."""
    if value.definition is not None and not value.operands and not value.ndim and not value.definition.pinned:
        return value.definition.body
    own = indices[len(indices) - value.ndim :]
    return Entry(
        value.tensor, *(stretched(index, size) for index, size in zip(own, value.shape, strict=True))
    )


def reduce_sum(value: Array, axis: Axis, keepdims: bool, mean: bool) -> Array:
    """Sum or mean over axes."""
    axes = given_axes(axis, value.ndim, "mean" if mean else "sum")
    bound = dict(zip(axes, fresh([value.shape[axis] for axis in axes], ()), strict=True))
    indices, free = kept_axes(value.shape, axes, keepdims)
    entry = Entry(value.tensor, *(bound.get(place, free.get(place)) for place in range(value.ndim)))
    body = IndexSum(entry, *bound.values()) if bound else entry
    if mean:
        body = body / sympy.Mul(*(index.dim for index in bound.values()))
    return define(indices, body, (value,))
