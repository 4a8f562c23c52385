"""Comparisons as a person writes them: `1[τr > (τ − 1)r]` as `1[r > 0]`, since τr − (τ − 1)r = r."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy

from symderive.core.identity import with_args
from symderive.core.kinds import has_kind
from symderive.core.nodes import TensorNode
from symderive.functions.comparisons import (
    SIGNS,
    greater,
    greater_equal,
    less,
    less_equal,
    opposite,
)
from symderive.functions.kinked import step
from symderive.functions.record import Indicator

_TURNED: dict[Any, Any] = {
    greater: less, less: greater, greater_equal: less_equal, less_equal: greater_equal,
}  # fmt: skip


@lru_cache(maxsize=20_000)
def comparisons_settled(expr: sympy.Expr) -> sympy.Expr:
    """The expression without what stands on both sides of a comparison, and with contrary ones joined.

    >>> from symderive.core.nodes import Tensor
    >>> r, t = Tensor("r")[()], Tensor("t")[()]
    >>> comparisons_settled(less_equal(t * r, (t - 1) * r))
    less_equal(r, 0)
    >>> comparisons_settled((t - 1) * less_equal(r, t) + t * greater(r, t))
    -less_equal(r, t) + t
    """
    if isinstance(expr, TensorNode) or not has_kind(expr, Indicator):
        return expr
    inner = with_args(expr, [comparisons_settled(arg) for arg in expr.args])
    if isinstance(inner, sympy.Add):
        return _contraries_joined(inner)
    return without_common_terms(inner) if type(inner) in SIGNS else inner


def without_common_terms(comparison: sympy.Expr) -> sympy.Expr:
    """A comparison without what stands on both sides; as it is where nothing does.

    >>> from symderive.core.nodes import Tensor
    >>> x, y = Tensor("x")[()], Tensor("y", domain="positive")[()]
    >>> [without_common_terms(one) for one in (greater(x + y, 2 * y), less(3 * y * x, 5 * y * x), less(x, y))]
    [greater(x, y), step(x), less(x, y)]
    """
    left, right = comparison.args
    difference = sympy.expand(left - right)
    sides = sum(len(sympy.Add.make_args(sympy.expand(side))) for side in (left, right))
    less_to_say = difference != 0 and len(sympy.Add.make_args(difference)) < sides
    if 0 in (left, right) or difference.is_number or not less_to_say:
        return comparison
    number, rest = difference.primitive()
    rest = sympy.Mul(*(one for one in sympy.Mul.make_args(rest) if not one.is_positive))
    terms = sympy.Add.make_args(-rest if rest.could_extract_minus_sign() else rest)
    turned = rest.could_extract_minus_sign() != bool(number.is_negative)
    head = _TURNED.get(comparison.func, comparison.func) if turned else comparison.func
    above = sympy.Add(*(one for one in terms if not _goes_right(one)))
    return _said(head, above, sympy.Add(*(-one for one in terms if _goes_right(one))))


def _goes_right(term: sympy.Expr) -> bool:
    return bool(term.is_number or term.could_extract_minus_sign())


def _said(head: Any, left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    return step(left) if head is greater and right == 0 else head(left, right)


def _contraries_joined(total: sympy.Add) -> sympy.Expr:
    """`(a − 1) 1[c] + a 1[not c]` as `a − 1[c]`, for an a that is no number."""
    terms = list(total.args)
    for term in terms:
        for mask in sympy.Mul.make_args(term):
            if not isinstance(mask, Indicator):
                continue
            contrary = _contrary(mask)
            other = next((one for one in terms if contrary in sympy.Mul.make_args(one)), None)
            if other is None:
                continue
            first, second = term / mask, other / contrary
            if first.is_number or abs(sympy.expand(first - second)) != 1:
                continue
            rest = sympy.Add(*(one for one in terms if one not in (term, other)))
            if len(sympy.Add.make_args(first)) < len(sympy.Add.make_args(second)):
                first, second, mask = second, first, contrary
            return rest + second + sympy.expand(first - second) * mask
    return total


def _contrary(mask: sympy.Expr) -> sympy.Expr:
    if isinstance(mask, step):
        return less_equal(mask.args[0], sympy.S.Zero)
    turned = opposite(mask)
    return _said(type(turned), *turned.args) if type(turned) in SIGNS else turned
