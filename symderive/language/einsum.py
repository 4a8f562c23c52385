"""`numpy.einsum` on symbolic arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from symderive.core.dims import same_size
from symderive.core.identity import fresh
from symderive.core.nodes import Entry, IndexSum
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import free_axes, stretched

_HIDDEN = "αβγδεζηθικλμ"  # letters for the axes that an ellipsis stands for


def einsum(subscripts: Any, *values: Any, **unsupported: Any) -> Array:
    """`numpy.einsum` with a subscript string, e.g. `ij,j->i` or `...ij,jk->...ik`.

    Raises:
        ShapeError: the subscripts do not fit the operands.
        SymderiveError: not a subscript string, or one that has no meaning.
    """
    unsupported.pop("optimize", None)
    if not isinstance(subscripts, str) or any(value is not None for value in unsupported.values()):
        raise SymderiveError("einsum: give the subscripts as text, e.g. 'ij,j->i'.")
    arrays = tuple(as_array(value, "einsum") for value in values)
    terms, right = _parsed(subscripts, arrays)
    sizes = _extents(subscripts, terms, arrays)
    missing = [letter for letter in right if letter not in sizes]
    if missing or len(set(right)) != len(right):
        raise SymderiveError(
            f"einsum {subscripts!r}: the output needs each letter once and from the operands."
        )
    free = free_axes([sizes[letter] for letter in right])
    summed = [letter for letter in sizes if letter not in right]
    bound = fresh([sizes[letter] for letter in summed], ())
    place = dict(zip([*right, *summed], [*free, *bound], strict=True))
    factors = [
        Entry(
            one.tensor,
            *(stretched(place[letter], size) for letter, size in zip(term, one.shape, strict=True)),
        )
        for term, one in zip(terms, arrays, strict=True)
    ]
    product = sympy.Mul(*factors)
    return define(free, IndexSum(product, *bound) if bound else product, arrays)


def _parsed(subscripts: str, arrays: Sequence[Array]) -> tuple[list[str], str]:
    """The subscripts of the operands and of the output, with letters for what an ellipsis stands for."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(arrays):
        raise ShapeError(f"einsum {subscripts!r}: it names {len(terms)} operands, {len(arrays)} are given.")
    hidden, longest = [], 0
    for term, one in zip(terms, arrays, strict=True):
        dots = one.ndim - len(term.replace("...", ""))
        if dots < 0 or (dots and "..." not in term):
            raise ShapeError(
                f"einsum {subscripts!r}: the subscripts {term!r} do not fit an operand with {one.ndim} axes."
            )
        longest = max(longest, dots) if "..." in term else longest
        hidden.append(dots)
    if longest > len(_HIDDEN):
        raise ShapeError(
            f"einsum {subscripts!r}: the ellipsis stands for {longest} axes, more than there can be."
        )
    common = _HIDDEN[:longest]
    full = [
        term.replace("...", common[longest - dots :], 1) for term, dots in zip(terms, hidden, strict=True)
    ]
    if not arrow:
        joined = "".join(full)
        once = (letter for letter in set(joined) if joined.count(letter) == 1 and letter not in common)
        return full, common + "".join(sorted(once))
    return full, right.replace("...", common, 1)


def _extents(subscripts: str, terms: Sequence[str], arrays: Sequence[Array]) -> dict[str, sympy.Expr]:
    sizes: dict[str, sympy.Expr] = {}
    for term, one in zip(terms, arrays, strict=True):
        for letter, size in zip(term, one.shape, strict=True):
            if not letter.isalpha():
                raise SymderiveError(f"einsum {subscripts!r}: {letter!r} is not a letter.")
            if sizes.setdefault(letter, size) == 1:
                sizes[letter] = size
            if size != 1 and not same_size(sizes[letter], size):
                raise ShapeError(
                    f"einsum {subscripts!r}: index {letter} runs over {sizes[letter]} and over {size}; "
                    "give both axes the same size."
                )
    return sizes
