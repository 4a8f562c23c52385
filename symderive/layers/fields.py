"""Fields of a layer: what each of them holds, what it is called in a formula, and how it is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Any

import sympy

from symderive.core.dims import Size, as_size
from symderive.errors import ShapeError, SymderiveError, did_you_mean

ROLE, SETTLE = "role", "settle"


def size(role: str, **default: Any) -> Any:
    """A field that holds one size; by default its role as a symbol.

    Args:
        role: the customary name of the size, as in a formula.
        default: `default=…` for another default; with None the size may be left out.
    """
    is_optional = "default" in default and default["default"] is None
    return _field(role, _optional if is_optional else as_size, default.get("default", role))


def sizes(role: str, **default: Any) -> Any:
    """A field that holds the sizes of any number of axes, as a tuple; by default one, its role."""
    return _field(role, sizes_from, default.get("default", (role,)))


def positive(default: str) -> Any:
    """A field that holds a positive number exactly as it is written: `1e-5` as 1/100000."""
    return field(default=sympy.Rational(default), metadata={SETTLE: positive_number})


def whole(default: int) -> Any:
    """A field that holds a number of things that are written out one by one, and so is no symbol."""
    return field(default=default, metadata={SETTLE: whole_number})


def _field(role: str, settle: Callable[[Any, str], Any], default: Any) -> Any:
    return field(default=default, metadata={ROLE: role, SETTLE: settle})


def _optional(value: Any, what: str) -> Size | None:
    return None if value is None else as_size(value, what)


def sizes_from(value: Any, what: str) -> tuple[Size, ...]:
    """The sizes of several axes: None or () for none, one size, or several.

    Raises:
        ShapeError: not sizes.

    >>> sizes_from(None, "Dense: batch"), sizes_from([2, "T"], "Dense: batch")
    ((), (2, T))
    """
    given = () if value is None else value if isinstance(value, (tuple, list)) else (value,)
    return tuple(as_size(one, what) for one in given)


def positive_number(value: Any, what: str) -> sympy.Rational:
    """A positive number as an exact fraction.

    Raises:
        SymderiveError: not a positive number.

    >>> positive_number(1e-5, "LayerNorm: eps")
    1/100000
    """
    try:
        found = sympy.Rational(str(value))
    except (TypeError, ValueError):
        found = None
    if found is None or not found.is_finite or found <= 0:
        raise SymderiveError(f"{what}: {value!r} is not a positive number; give one such as 1e-5.")
    return found


def whole_number(value: Any, what: str) -> int:
    """A positive whole number.

    Raises:
        ShapeError: a symbol, or not a positive whole number.

    >>> whole_number(2, "LSTM: layers")
    2
    """
    found = as_size(value, what)
    if not found.is_Integer:
        raise ShapeError(f"{what}: {found} is a symbol; give a number.")
    return int(found)


def one_of(value: Any, known: Iterable[str], what: str) -> str:
    """One of the words that are known.

    Args:
        value: what the user gave.
        known: the words.
        what: how the sentence begins, as `RNN: unknown function`.

    Raises:
        SymderiveError: another one; says which is near, or which there are.
    """
    words = list(known)
    if value not in words:
        near = did_you_mean(str(value), words)
        raise SymderiveError(f"{what} {value!r}{near} Known are {', '.join(words)}.")
    return str(value)


def numbered(letter: str, count: int, mark: str = "") -> tuple[str, ...]:
    """One name for one, else `n1`, `n2` and so on, or with a mark `N_1`, `N_2`.

    >>> numbered("n", 1), numbered("n", 2), numbered("N", 2, "_")
    (('n',), ('n1', 'n2'), ('N_1', 'N_2'))
    """
    return (letter,) if count == 1 else tuple(f"{letter}{mark}{place}" for place in range(1, count + 1))
