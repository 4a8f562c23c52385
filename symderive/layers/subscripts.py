"""The subscripts of an einsum: read, checked, and written out without an ellipsis."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence

from symderive.core.dims import Size, as_size, same_size, shape_text
from symderive.errors import ShapeError, SymderiveError

ONE = "1"
"""Stands for an axis of length 1 that is stretched to that of another operand."""


def parse(subscripts: str | Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and those of the result, with no ellipsis.

    Without `->` the result has the letters that occur once, in alphabetical order, as in NumPy.

    Args:
        subscripts: one text, or one for each operand.

    Raises:
        SymderiveError: not letters, or a result that the operands do not give.

    >>> parse("ij,jk->ik"), parse("ij, jk")
    ((('ij', 'jk'), 'ik'), (('ij', 'jk'), 'ik'))
    """
    if isinstance(subscripts, (tuple, list)) and all(isinstance(one, str) for one in subscripts):
        subscripts = ",".join(subscripts)
    if not isinstance(subscripts, str):
        raise SymderiveError(f"einsum: the subscripts are text such as 'ij,jk->ik', not {subscripts!r}.")
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    operands = tuple(left.split(","))
    for letters in (*operands, right):
        wrong = [one for one in letters if one not in string.ascii_letters and one != ONE]
        if wrong:
            hint = "; give the shapes with it, by Einsum.of" if "." in wrong else "; use letters"
            raise SymderiveError(f"einsum: {wrong[0]!r} in {letters!r} cannot be read{hint}.")
    if not arrow:
        seen = Counter(left.replace(",", "").replace(ONE, ""))
        right = "".join(sorted(one for one, count in seen.items() if count == 1))
    for letter in right:
        if letter not in left:
            raise SymderiveError(f"einsum: the result has {letter}, which no operand has; take it out.")
    if len(set(right)) != len(right) or ONE in right:
        raise SymderiveError(f"einsum: a letter stands twice in the result {right!r}; name each axis once.")
    return operands, right


def letters_of(operands: Sequence[str]) -> str:
    """All letters once, in the order of their first appearance."""
    return "".join(dict.fromkeys("".join(operands).replace(ONE, "")))


def with_shapes(subscripts: str, shapes: Sequence[Sequence[object]]) -> tuple[str, tuple[Size, ...]]:
    """Subscripts without an ellipsis, and the size of each letter, from the shapes of the operands.

    An axis of length 1 is stretched where another operand has more positions there.

    Raises:
        SymderiveError: subscripts that cannot be read.
        ShapeError: shapes that do not fit them or each other.

    >>> with_shapes("...ij,...jk->...ik", [(4, 1, 9, 11), (3, 11, 13)])
    ('a1ij,bjk->abik', (4, 9, 11, 3, 13))
    """
    sizes = [tuple(as_size(one, "einsum: a shape") for one in shape) for shape in shapes]
    given = str(subscripts).replace(" ", "")
    left = given.partition("->")[0].split(",")
    if len(left) != len(sizes):
        raise ShapeError(f"einsum: {len(left)} operands in {given!r} and {len(sizes)} shapes; give one each.")
    extra = [len(shape) - len(letters.replace("...", "")) for letters, shape in zip(left, sizes, strict=True)]
    longest = max((more for letters, more in zip(left, extra, strict=True) if "..." in letters), default=0)
    free = [one for one in string.ascii_letters if one not in given]
    dots = "".join(free[: max(0, longest)])
    whole = given if "->" in given else given + "->" + _implied(given)
    operands = [
        one.replace("...", dots[len(dots) - more :] if more > 0 else "")
        for one, more in zip(left, extra, strict=True)
    ]
    operands, found = _stretched(operands, sizes)
    result = whole.partition("->")[2].replace("...", dots)
    parse(f"{','.join(operands)}->{result}")
    return f"{','.join(operands)}->{result}", tuple(found[letter] for letter in letters_of(operands))


def _implied(given: str) -> str:
    seen = Counter(given.replace(",", "").replace(".", ""))
    once = "".join(sorted(one for one, count in seen.items() if count == 1))
    return ("..." if "..." in given else "") + once


def _stretched(
    operands: Sequence[str], shapes: Sequence[tuple[Size, ...]]
) -> tuple[list[str], dict[str, Size]]:
    """The operands with `1` for each axis that is stretched, and the size of each letter."""
    found: dict[str, Size] = {}
    for letters, shape in zip(operands, shapes, strict=True):
        if len(letters) != len(shape):
            raise ShapeError(
                f"einsum: {letters!r} names {len(letters)} axes, but the shape is {shape_text(shape)}."
            )
        for letter, size in zip(letters, shape, strict=True):
            before = found.setdefault(letter, size)
            if before == 1:
                found[letter] = size
            elif size != 1 and not same_size(before, size):
                raise ShapeError(
                    f"einsum: {letter} has size {before} in one operand and {size} in another; change one."
                )
    changed = [
        "".join(
            ONE if size == 1 and found[letter] != 1 else letter
            for letter, size in zip(letters, shape, strict=True)
        )
        for letters, shape in zip(operands, shapes, strict=True)
    ]
    return changed, found
