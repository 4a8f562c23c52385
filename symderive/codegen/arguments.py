"""The arrays that a generated function is called with: what is wrong with them is said in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from symderive.codegen.from_forms import constant
from symderive.core.nodes import Tensor
from symderive.errors import ShapeError, SymderiveError


@dataclass(frozen=True)
class _Shown:
    """A size that an array shows."""

    extent: int
    tensor: Tensor


def checked_arrays(inputs: Sequence[Tensor], arrays: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The arrays as NumPy arrays of the declared shapes, all of the most precise type of float among them.

    Numbers and arrays of integers take the type of the others, so that single precision stays single.

    Args:
        inputs: the arrays that are needed.
        arrays: what was given, by name.
        what: the name of the function, for errors.

    Raises:
        SymderiveError: a missing or unknown name, or an array that is not numeric.
        ShapeError: an array whose shape does not fit.
    """
    check_names(inputs, arrays, what)
    given = {str(tensor.name): _numeric(tensor, arrays[tensor.name], what) for tensor in inputs}
    check_shapes(inputs, {name: one.shape for name, one in given.items()}, what)
    kinds = {
        one.dtype for name, one in given.items() if one.dtype.kind == "f" and type(arrays[name]) is not float
    }
    kind = np.result_type(*kinds) if kinds else np.dtype(float)
    return {name: one.astype(kind, copy=False) for name, one in given.items()}


def check_names(inputs: Sequence[Tensor], arrays: Mapping[str, Any], what: str) -> None:
    """Every array is given, and no other.

    Raises:
        SymderiveError: a name is missing or unknown.
    """
    names = [str(tensor.name) for tensor in inputs]
    missing = [name for name in names if name not in arrays]
    extra = [name for name in arrays if name not in names]
    if missing or extra:
        wrong = f"{missing[0]} is missing" if missing else f"{extra[0]} is not an argument"
        raise SymderiveError(f"{what}: {wrong}; it takes {', '.join(names)}.")


def check_shapes(inputs: Sequence[Tensor], shapes: Mapping[str, tuple[int, ...]], what: str) -> None:
    """The shapes are as declared, and sizes with one name are one number.

    Raises:
        ShapeError: one is not; the sentence has the shape that was given and the one that is needed.
    """
    _check_once(tuple(inputs), tuple(shapes[str(tensor.name)] for tensor in inputs), what)


@lru_cache(maxsize=1_000)
def _check_once(inputs: tuple[Tensor, ...], extents: tuple[tuple[int, ...], ...], what: str) -> None:
    """A function is mostly called with the same shapes: they are looked at in the first call."""
    shapes = {str(tensor.name): shape for tensor, shape in zip(inputs, extents, strict=True)}
    sizes: dict[sympy.Expr, _Shown] = {}
    plain = sorted(inputs, key=lambda one: not all(isinstance(size, sympy.Symbol) for size in one.shape))
    for tensor in plain:
        shape = shapes[str(tensor.name)]
        if len(shape) != tensor.rank or not _fits(tensor, shape, sizes):
            raise _misfit(tensor, shapes, sizes, plain, what)
        for size, extent in zip(tensor.shape, shape, strict=True):
            if isinstance(size, sympy.Symbol):
                sizes.setdefault(size, _Shown(extent, tensor))


def check_numbers(arrays: Mapping[str, Any], value: Any, what: str) -> None:
    """If a result is NaN, no array holds NaN; looked at only then, so that it costs nothing.

    Raises:
        SymderiveError: an array holds NaN, and a result is NaN.
    """
    results = value if isinstance(value, tuple) else (value,)
    if not any(np.isnan(np.sum(one)) for one in results):
        return
    for name, array in arrays.items():
        places = np.argwhere(np.isnan(array))
        if len(places):
            place = f"[{', '.join(map(str, places[0].tolist()))}]" if array.ndim else ""
            more = f" and at {len(places) - 1} more places" if len(places) > 1 else ""
            raise SymderiveError(
                f"{what}: {name}{place} is NaN{more} (shape {array.shape}); "
                "leave such entries out, or call .unchecked to let NaN go through."
            )


def check_extents(arrays: Mapping[str, Any], error: ValueError, what: str) -> None:
    """What NumPy says of a maximum over nothing, in words that name the array.

    Raises:
        SymderiveError: the error is about that.
    """
    empty = [f"{name} has shape {one.shape}" for name, one in arrays.items() if 0 in one.shape]
    if empty and "no identity" in str(error):
        raise SymderiveError(
            f"{what}: the maximum or minimum over an axis of length 0 has no value; {' and '.join(empty)}."
        ) from error


def too_short(arrays: Mapping[str, Any], error: Exception, what: str) -> ShapeError:
    """The error where an array has not a position that the formula reads, such as `x[2]` of two entries."""
    shapes = ", ".join(f"{name} {one.shape}" for name, one in arrays.items() if np.ndim(one))
    return ShapeError(
        f"{what}: the formula reads a position that an array does not have ({error}); the shapes are "
        f"{shapes}; give longer arrays, see the conditions of the derivation."
    )


def _numeric(tensor: Tensor, value: Any, what: str) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        raise SymderiveError(f"{what}: {tensor.name} is a masked array; fill its gaps or leave them out.")
    try:
        given = np.asarray(value)
    except ValueError:
        given = np.asarray(None)
    if given.dtype.kind not in "fiub":
        raise SymderiveError(f"{what}: {tensor.name} is not an array of real numbers (dtype {given.dtype}).")
    return given


def _fits(tensor: Tensor, shape: tuple[int, ...], sizes: Mapping[sympy.Expr, _Shown]) -> bool:
    """Whether each extent is the declared one, as far as it is known."""
    own: dict[sympy.Expr, int] = {size: one.extent for size, one in sizes.items()}
    for size, extent in zip(tensor.shape, shape, strict=True):
        expected = own.setdefault(size, extent) if isinstance(size, sympy.Symbol) else size.xreplace(own)
        if expected != extent and getattr(expected, "is_number", True):
            return False
    return True


def _misfit(
    tensor: Tensor,
    shapes: Mapping[str, tuple[int, ...]],
    sizes: Mapping[sympy.Expr, _Shown],
    others: Sequence[Tensor],
    what: str,
) -> ShapeError:
    """The error: `y has shape (5,), but X with shape (4, 3) needs (4,)`."""
    known = {size: sympy.Integer(one.extent) for size, one in sizes.items()}
    symbols = {symbol for size in tensor.shape for symbol in size.free_symbols}
    if not any(symbol in known for symbol in symbols):  # nothing before it shows its sizes
        for other in others:
            shape = shapes[str(other.name)]
            if other is not tensor and len(shape) == other.rank:
                sizes = dict(sizes) | {
                    size: _Shown(extent, other)
                    for size, extent in zip(other.shape, shape, strict=True)
                    if size in symbols and size not in sizes
                }
        known = {size: sympy.Integer(one.extent) for size, one in sizes.items()}
    needed = ", ".join(constant(size.xreplace(known))[0] for size in tensor.shape)
    needed = f"({needed},)" if tensor.rank == 1 else f"({needed})"
    by = dict.fromkeys(one.tensor for size, one in sizes.items() if size in symbols)
    said = " and ".join(f"{one.name} with shape {shapes[str(one.name)]}" for one in by)
    verb = f"{said} need{'s' if len(by) == 1 else ''}" if by else "it needs"
    return ShapeError(f"{what}: {tensor.name} has shape {shapes[str(tensor.name)]}, but {verb} {needed}.")
