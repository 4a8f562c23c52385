"""The arrays that a program is given: their numbers, and the sizes read off their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Tensor
from symderive.errors import ShapeError, SymderiveError

Sizes = Mapping[sympy.Basic, sympy.Integer]


@dataclass(frozen=True)
class Table:
    """The entries of one array: a flat list in row-major order, and its shape."""

    entries: list[float]
    shape: tuple[int, ...]


def given_numbers(tensor: Tensor, arrays: Mapping[str, npt.ArrayLike]) -> npt.NDArray[np.float64]:
    """The value of an input.

    Raises:
        ShapeError: not the declared number of axes.
        SymderiveError: it is missing, or not real.
    """
    if tensor.name not in arrays:
        raise SymderiveError(f"evaluating: no value is given for the array {tensor.name}.")
    array = np.asarray(arrays[tensor.name])
    if array.dtype.kind not in "biuf":
        raise SymderiveError(f"evaluating: {tensor.name} holds {array.dtype} values; give real numbers.")
    if array.ndim != tensor.rank:
        raise _misfit(tensor, array.shape, tensor.shape)
    return array.astype(np.float64)


def _misfit(tensor: Tensor, found: Sequence[int], declared: Sequence[Any]) -> ShapeError:
    def text(shape: Sequence[Any]) -> str:
        return "×".join(map(str, shape)) or "a scalar"

    return ShapeError(
        f"evaluating: {tensor.name} is declared {text(tensor.shape)}"
        + (f", that is {text(declared)}" if tuple(declared) != tensor.shape else "")
        + f", but the array given has shape {text(found)}."
    )


def sizes_of(given: Mapping[Tensor, npt.NDArray[np.float64]], sizes: Mapping[Dim, int]) -> Sizes:
    """Read the sizes off the shapes; `2*n` gives `n` where `n` stands alone nowhere."""
    known: dict[sympy.Basic, sympy.Integer] = {size: sympy.Integer(value) for size, value in sizes.items()}
    open_axes = [
        (declared, found)
        for tensor, array in given.items()
        for declared, found in zip(tensor.shape, array.shape, strict=True)
    ]
    progress = True
    while progress:
        progress = False
        for declared, found in open_axes:
            size = declared.xreplace(known)
            if len(size.free_symbols) == 1:
                (symbol,) = size.free_symbols
                solutions = [found] if size == symbol else sympy.solve(size - found, symbol)
                values = [sympy.sympify(value) for value in solutions]
                fitting = [value for value in values if value.is_Integer and value > 0]
                if len(fitting) == 1:
                    known[symbol] = fitting[0]
                    progress = True
    for tensor, array in given.items():
        declared = tuple(size.xreplace(known) for size in tensor.shape)
        if declared != array.shape:
            raise _misfit(tensor, array.shape, declared)
    return known


def known_size(size: Size, sizes: Sizes) -> int:
    """The value of a size.

    Raises:
        SymderiveError: no array shows it.
    """
    value = size.xreplace(sizes)
    if not value.is_Integer:
        raise SymderiveError(f"evaluating: the size {size} is not known from the arrays; give it in `sizes`.")
    return int(value)


def table_of(array: npt.NDArray[np.float64]) -> Table:
    """The entries of an array in row-major order."""
    return Table([float(entry) for entry in array.ravel()], array.shape)
