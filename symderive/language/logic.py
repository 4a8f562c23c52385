"""Comparisons of symbolic arrays, conditions joined by and, or, not, and `np.where`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symderive.errors import SymderiveError
from symderive.functions import by_name
from symderive.functions.choice import where as choice
from symderive.functions.comparisons import either, not_equal, opposite
from symderive.language.array import Array, as_array, define, elementwise

TRUTH = "binary"  # the domain of an array of conditions


def is_truth(value: Any) -> bool:
    """Whether the entries of an array are 0 or 1 by declaration or because they are conditions."""
    return isinstance(value, Array) and value.tensor.domain in (TRUTH, "onehot")


def compare(name: str, left: Any, right: Any) -> Array:
    """The array of `left > right` and the like: 1 where it holds, otherwise 0.

    Raises:
        SymderiveError: something else than arrays and numbers is compared.
        ShapeError: shapes that do not fit.

    >>> from symderive.language.declaring import array
    >>> compare("greater", array("x", 3), 0).definition.body
    greater(x[i], 0)
    """
    for side in (left, right):
        if side is None or isinstance(side, (str, bytes)):
            raise SymderiveError(
                f"comparing a symbolic array with {side!r}: only arrays and numbers can be compared."
            )
    return elementwise(by_name()[name].make, left, right, symbol=name, domain=TRUTH)


def as_truth(value: Any, what: str) -> Array:
    """A condition: as it is where it is one, otherwise `value ≠ 0`, as NumPy reads it."""
    if isinstance(value, bool):
        return define((), sympy.Integer(value), (), TRUTH)
    given = as_array(value, what)
    return given if is_truth(given) else compare("not_equal", given, 0)


def _joined(what: str, make: Callable[..., sympy.Expr]) -> Callable[..., Array]:
    def join(*values: Any) -> Array:
        return elementwise(make, *(as_truth(one, what) for one in values), symbol=what, domain=TRUTH)

    return join


logical_and = _joined("and", lambda p, q: p * q)
logical_or = _joined("or", either)
logical_xor = _joined("xor", not_equal)


def logical_not(value: Any) -> Array:
    """The contrary of a condition: `not x > y` is `x ≤ y`."""
    given = as_truth(value, "not")
    made = given.definition
    if made is not None and opposite(made.body).func is not sympy.Add:
        return define(made.indices, opposite(made.body), given.operands, TRUTH)
    return elementwise(lambda p: 1 - p, given, symbol="not", domain=TRUTH)


def where(condition: Any, x: Any = None, y: Any = None) -> Array:
    """`np.where(condition, x, y)`: x where the condition holds, otherwise y.

    Raises:
        SymderiveError: x and y are missing: the positions of true entries are not known in advance.

    >>> from symderive.language.declaring import array
    >>> v = array("v", 3)
    >>> where(v > 0, v, 0).shape
    (3,)
    """
    if x is None or y is None:
        raise SymderiveError("where: give both values, np.where(condition, x, y).")
    truth = as_truth(condition, "where")
    made = truth.definition
    if made is not None and made.body.func is sympy.Add and len(truth.operands) == 1:
        inner = truth.operands[0]  # where(not p, x, y) = where(p, y, x)
        if is_truth(inner) and inner.shape == truth.shape:
            return where(inner, y, x)
    return elementwise(choice, truth, x, y, symbol="where")


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "logical_and": logical_and,
    "logical_or": logical_or,
    "logical_xor": logical_xor,
    "logical_not": logical_not,
    "bitwise_and": logical_and,
    "bitwise_or": logical_or,
    "bitwise_xor": logical_xor,
    "invert": logical_not,
}


def join(name: str, *values: Any) -> Array:
    """The operator or function called `name`; what is joined with `&`, `|` and `~` must be a condition.

    Raises:
        SymderiveError: an array of other numbers stands where a condition is needed.
    """
    for value in values:
        if not is_truth(value) and not isinstance(value, bool):
            raise SymderiveError(
                f"{name}: & | ^ ~ join conditions such as x > 0; put each comparison in brackets: "
                "(x > 0) & (y < 1)."
            )
    return FUNCTIONS[name](*values)
