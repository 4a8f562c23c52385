"""Functions that stand in front of array-API code, for what the standard has no function for.

They are written into the code as they stand here, without annotations, each behind those that it uses.
`xp` is the namespace of the arrays.
"""

from __future__ import annotations

import importlib
from typing import Any


def _special(xp: Any, name: str, *args: Any) -> Any:
    """A special function, by the library that the arrays belong to."""
    modules = {"torch": "torch.special", "jax": "jax.scipy.special", "cupy": "cupyx.scipy.special"}
    library = xp.__name__.removeprefix("array_api_compat.").split(".")[0]
    function = getattr(importlib.import_module(modules.get(library, "scipy.special")), name)
    made = function(*args)
    if library in modules:
        return made
    kind = xp.result_type(*(one for one in args if hasattr(one, "dtype")))
    return xp.asarray(importlib.import_module("numpy").asarray(made), dtype=kind)


def _product(numbers: Any) -> int:
    """The product of whole numbers."""
    made = 1
    for number in numbers:
        made *= number
    return made


def _without(xp: Any, letters: str, array: Any, over: list[str]) -> tuple[str, Any]:
    """The sum over some axes."""
    if not over:
        return letters, array
    axes = tuple(letters.index(letter) for letter in over)
    return "".join(letter for letter in letters if letter not in over), xp.sum(array, axis=axes)


def _diagonals(xp: Any, letters: str, array: Any) -> tuple[str, Any]:
    """Axes with the same letter as one."""
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            one = letters.index(letter)
            two = letters.index(letter, one + 1)
            others = [axis for axis in range(len(letters)) if axis not in (one, two)]
            array = xp.linalg.diagonal(xp.permute_dims(array, (*others, one, two)))
            letters = "".join(letters[axis] for axis in others) + letter
    return letters, array


def _pair(
    xp: Any,
    one: str,
    left: Any,
    two: str,
    right: Any,
    target: str,
    last: dict[str, int],
    place: int,
) -> tuple[str, Any]:
    """The product of two arrays as one of matrices; letters that nothing else needs are summed."""
    over = [letter for letter in one if letter in two and letter not in target and last[letter] == place]
    right_over = [letter for letter in two if letter not in one + target and last[letter] == place]
    two, right = _without(xp, two, right, right_over)
    both = [letter for letter in one if letter in two and letter not in over]
    rows = [letter for letter in one if letter not in over + both]
    columns = [letter for letter in two if letter not in over + both]
    size = {**dict(zip(one, left.shape, strict=True)), **dict(zip(two, right.shape, strict=True))}
    count = {key: _product(size[letter] for letter in key) for key in map(tuple, (rows, over, columns))}
    lead = tuple(size[letter] for letter in both)
    order = tuple(one.index(letter) for letter in [*both, *rows, *over])
    first = xp.reshape(xp.permute_dims(left, order), (*lead, count[tuple(rows)], count[tuple(over)]))
    order = tuple(two.index(letter) for letter in [*both, *over, *columns])
    second = xp.reshape(xp.permute_dims(right, order), (*lead, count[tuple(over)], count[tuple(columns)]))
    letters = [*both, *rows, *columns]
    return "".join(letters), xp.reshape(first @ second, tuple(size[letter] for letter in letters))


def _einsum(xp: Any, spec: str, *arrays: Any) -> Any:
    """A sum of products over the letters that do not stand behind the arrow."""
    axes, target = spec.split("->")
    given = [_diagonals(xp, letters, array) for letters, array in zip(axes.split(","), arrays, strict=True)]
    last = {letter: place for place, (letters, _) in enumerate(given) for letter in letters}
    done, made = given[0]
    for place, (letters, array) in enumerate([("", None), *given[1:]]):
        if array is not None:
            done, made = _pair(xp, done, made, letters, array, target, last, place)
        else:
            done, made = _without(
                xp, done, made, [one for one in done if one not in target and not last[one]]
            )
    return xp.permute_dims(made, tuple(done.index(letter) for letter in target))


def _diag(xp: Any, vector: Any) -> Any:
    """The diagonal matrix of a vector."""
    return xp.tril(xp.triu(vector[:, None] + xp.zeros_like(vector)[None, :]))


def _pad(xp: Any, array: Any, widths: Any) -> Any:
    """The array with zeros before and behind, for each axis."""
    zero = xp.zeros_like(xp.sum(array))
    for axis, pair in enumerate(widths):
        shapes = [(*array.shape[:axis], width, *array.shape[axis + 1 :]) for width in pair]
        before, behind = (xp.broadcast_to(zero, shape) for shape in shapes)
        array = xp.concat([before, array, behind], axis=axis)
    return array


def _logsumexp(xp: Any, exponent: Any, axis: Any = None, b: Any = None) -> Any:
    """The logarithm of a sum of exponentials with weights; the largest exponent is taken out."""
    if b is not None:
        exponent, b = xp.broadcast_arrays(exponent, b)
    largest = xp.max(exponent, axis=axis, keepdims=True)
    terms = xp.exp(exponent - largest)
    total = xp.log(xp.sum(terms if b is None else b * terms, axis=axis))
    return total + xp.reshape(largest, total.shape)


def _softmax(xp: Any, exponent: Any, axis: Any = None) -> Any:
    """The shares of exponentials in their sum; the largest exponent is taken out."""
    terms = xp.exp(exponent - xp.max(exponent, axis=axis, keepdims=True))
    return terms / xp.sum(terms, axis=axis, keepdims=True)


def _sinc(xp: Any, x: Any) -> Any:
    """The sine of πx over πx, 1 at 0."""
    safe = xp.where(x == 0, xp.ones_like(x), x) * xp.pi
    return xp.where(x == 0, xp.ones_like(x), xp.sin(safe) / safe)


def _expit(xp: Any, x: Any) -> Any:
    """The logistic function; nothing overflows."""
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1 / (1 + small), small / (1 + small))
