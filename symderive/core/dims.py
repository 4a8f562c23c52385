"""Sizes: positive integers, given or symbolic."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import sympy

from symderive.core.kinds import has_kind
from symderive.errors import ShapeError, SymderiveError

Size: TypeAlias = sympy.Expr


class Dim(sympy.Symbol):
    """A symbolic size, a positive integer.

    >>> Dim("n").is_positive
    True

    NumPy's functions apply to it as they do to a number (`np.sqrt(d)`), so that ordinary code such as
    `q @ k.T / np.sqrt(d)` runs on symbolic arrays.
    """

    __slots__ = ()
    apply_ufunc: ClassVar[Callable[..., Any] | None] = (
        None  # set by the language room, which lies above this one
    )

    def __new__(cls, name: str) -> Dim:
        """Make the size called `name`."""
        made: Dim = sympy.Symbol.__new__(cls, name, integer=True, positive=True)
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.name,), {}

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        apply = type(self).apply_ufunc
        return NotImplemented if apply is None else apply(ufunc, method, inputs, kwargs)


def check_name(name: str, what: str) -> str:
    """Return `name` if it can name a size or an array.

    Raises:
        SymderiveError: it is not an identifier, or one that Python would read as another (`ﬁ` as `fi`).

    >>> check_name("c_in", "a size")
    'c_in'
    """
    plain = isinstance(name, str) and name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    if not plain or keyword.iskeyword(name) or name.startswith("__"):
        raise SymderiveError(
            f"naming {what}: {name!r} is not a name; use letters, digits and _, e.g. 'c_in'."
        )
    return name


def dims(names: str) -> Any:
    """Declare symbolic sizes.

    Args:
        names: names separated by spaces or commas.

    Returns:
        one size for one name, otherwise a tuple of them.

    Raises:
        SymderiveError: no name, or something that is not a name.

    >>> n, d = dims("n d")
    >>> n.is_positive and n.is_integer
    True
    """
    parts = names.replace(",", " ").split() if isinstance(names, str) else []
    if not parts:
        raise SymderiveError("dims: no name given; write for example dims('n d').")
    made = tuple(Dim(check_name(part, "a size")) for part in parts)
    return made[0] if len(made) == 1 else made


def as_size(value: Any, what: str = "a size") -> Size:
    """Turn an int, a symbol or an expression in sizes into a size.

    Raises:
        ShapeError: a negative or non-integer number, or not a size at all.

    >>> as_size(3), as_size("n").is_positive
    (3, True)
    """
    if type(value) is Dim:
        return value
    if isinstance(value, str):
        return Dim(check_name(value, what))
    try:
        size = sympy.sympify(value, strict=True)
    except sympy.SympifyError:
        raise ShapeError(
            f"{what}: {value!r} is not a size; give a positive integer or a name from dims()."
        ) from None
    integral = isinstance(size, sympy.Expr) and size.is_integer is not False
    if not integral or has_kind(size, sympy.Float) or size.is_positive is False:
        raise ShapeError(f"{what}: {value!r} is not a size; sizes are positive integers.")
    return size


def same_size(left: Size, right: Size) -> bool:
    """Whether two sizes are equal for all values of their symbols.

    >>> n, d = dims("n d")
    >>> same_size(2 * n + n, 3 * n), same_size(n, d)
    (True, False)
    """
    return bool(left == right or (not (left.is_Atom and right.is_Atom) and sympy.expand(left - right) == 0))


def size_text(size: Size) -> str:
    """A size as text; SymPy's printer is not asked for a single name.

    >>> size_text(Dim("n")), size_text(2 * Dim("n"))
    ('n', '2*n')
    """
    return str(size.name) if isinstance(size, sympy.Symbol) else str(size)


def shape_text(shape: tuple[Size, ...]) -> str:
    """A shape as people write it: `n×d`, `d`, or `a scalar`.

    >>> shape_text((Dim("n"), Dim("d")))
    'n×d'
    """
    return "×".join(map(size_text, shape)) if shape else "a scalar"
