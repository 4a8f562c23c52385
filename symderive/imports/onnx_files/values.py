"""What is known of an array in a graph: its shape, what it is made of, what it holds if that is a shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sympy

from symderive.core.dims import Size
from symderive.imports.margins import Surrounded
from symderive.networks.block import Array

Contents: TypeAlias = npt.NDArray[np.object_]
"""Numbers, sizes and truth values as SymPy expressions."""
MOST_CONTENTS = 4096
"""Arrays with more entries than that are no shapes, and what they hold is not kept."""
REAL, WHOLE, TRUTH, OTHER = "real", "whole", "truth", "other"


@dataclass(frozen=True, eq=False)
class Value:
    """An array in a graph.

    Attributes:
        shape: the sizes of its axes; a known array may have an axis without entries.
        kind: what its entries are: real and whole numbers, truth values, or something else.
        array: where it is in the data flow; None for what is known before there are data.
        contents: its entries, where they are known and few; they may be sizes.
        weights: the names of the stored arrays that it is made of.
        zeros: those that were put around it, where it is an array that was padded.
    """

    shape: tuple[Size, ...]
    kind: str = REAL
    array: Array | None = None
    contents: Contents | None = None
    weights: tuple[str, ...] = ()
    zeros: Surrounded | None = None

    @property
    def is_data(self) -> bool:
        """Whether it depends on the data that the network is given."""
        return self.array is not None

    @property
    def count(self) -> Size:
        """How many entries there are."""
        return sympy.Mul(*self.shape)


def known(contents: Any, kind: str = WHOLE) -> Value:
    """An array that is known, from its entries."""
    made = contents_of(contents)
    return Value(tuple(map(sympy.Integer, made.shape)), kind, contents=made)


def contents_of(given: Any) -> Contents:
    """Entries as SymPy's, in an array of the same shape."""
    made = np.array(given, dtype=object)
    for place in np.ndindex(made.shape):
        made[place] = _entry(made[place])
    return made


def _entry(one: Any) -> Any:
    """A number as SymPy's."""
    if isinstance(one, (bool, np.bool_)):
        return sympy.true if one else sympy.false
    if isinstance(one, (float, np.floating)):
        return sympy.Rational(float(one))
    return one if isinstance(one, sympy.Basic) else sympy.Integer(int(one))


def entries_of(value: Value) -> list[Any]:
    """The entries of an array that is known, one after the other."""
    return [] if value.contents is None else list(value.contents.reshape(-1))


def zeros_around(value: Value) -> Surrounded:
    """A value with the zeros that were put around it."""
    return value.zeros or Surrounded.by_none(value.shape)


def is_short(shape: Iterable[Any]) -> bool:
    """Whether an array of this shape has so few entries that they are kept."""
    total = sympy.Mul(*shape)
    return bool(total.is_Integer) and 0 <= total <= MOST_CONTENTS


def mapped(function: Callable[..., Any], values: Sequence[Value], kind: str) -> Value | None:
    """A function of the entries of known arrays; None where an entry has no value."""
    arrays = [value.contents for value in values if value.contents is not None]
    if len(arrays) != len(values):
        return None
    try:
        together = np.broadcast_arrays(*arrays)
    except ValueError:
        return None
    if not is_short(together[0].shape):
        return None
    found = [function(*entries) for entries in zip(*(one.reshape(-1) for one in together), strict=True)]
    if any(one is None or one in (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo) for one in found):
        return None
    return known(np.array([*found, None], dtype=object)[:-1].reshape(together[0].shape), kind)


def all_weights(values: Iterable[Value]) -> tuple[str, ...]:
    """The names of the stored arrays that some arrays are made of, each once."""
    return tuple(dict.fromkeys(name for value in values for name in value.weights))
