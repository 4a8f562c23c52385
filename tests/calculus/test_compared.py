"""Comparisons without what stands on both sides, and contrary ones joined: the same numbers everywhere."""

from __future__ import annotations

import itertools

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symderive.calculus import compared
from symderive.calculus.compared import comparisons_settled
from symderive.core.nodes import Tensor
from symderive.functions import by_head
from symderive.functions.comparisons import SIGNS, greater, greater_equal, less, less_equal, opposite
from symderive.functions.kinked import step

X, Y, POSITIVE = (
    Tensor(name, (), domain)[()] for name, domain in (("x", "real"), ("y", "real"), ("s", "positive"))
)
POINTS = [
    dict(zip((X, Y, POSITIVE), at, strict=True))
    for at in itertools.product((-2, 0, 1, 3), (-1, 0, 2), (1, 2))
]
TERMS = [sympy.S.One, X, Y, X * Y, POSITIVE * X, POSITIVE * Y, X**2]
SUMS = st.lists(st.tuples(st.integers(-3, 3), st.sampled_from(TERMS)), min_size=1, max_size=4).map(
    lambda terms: sympy.Add(*(number * term for number, term in terms))
)


def value(expr, point):
    """The number at a point; indicators by their own scalar functions."""
    if expr in point:
        return point[expr]
    if not expr.args:
        return expr
    args = [value(arg, point) for arg in expr.args]
    entry = by_head().get(expr.func)
    return expr.func(*args) if entry is None else sympy.Integer(int(entry.scalar(*map(int, args))))


def is_same(expr, settled):
    return all(value(expr, point) == value(settled, point) for point in POINTS)


@given(st.sampled_from(sorted(SIGNS, key=str)), SUMS, SUMS)
def test_a_comparison_says_the_same(head, left, right):
    comparison = head(left, right)
    assert is_same(comparison, comparisons_settled(comparison))


@given(st.sampled_from(sorted(SIGNS, key=str)), SUMS, SUMS, SUMS, st.sampled_from([-1, 1, 2]))
def test_contrary_comparisons_say_the_same(head, left, right, factor, more):
    mask = head(left, right)
    total = factor * mask + sympy.expand(factor + more) * opposite(mask) + X
    assert is_same(total, comparisons_settled(total))


def test_a_sign_that_is_not_turned_is_found(monkeypatch):
    comparison = greater(-X - Y, Y)
    assert comparisons_settled(comparison) == less(X + 2 * Y, 0)
    comparisons_settled.cache_clear()
    monkeypatch.setattr(compared, "_TURNED", {})
    assert not is_same(comparison, comparisons_settled(comparison))
    comparisons_settled.cache_clear()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (greater(Y * X, (Y - 1) * X), step(X)),
        (less_equal(Y * X, (Y - 1) * X), less_equal(X, 0)),
        (greater(POSITIVE * X, 3 * POSITIVE * X), less(X, 0)),
        (greater_equal(X + 1, 3), greater_equal(X, 2)),
        (greater(X, Y), greater(X, Y)),
        (greater(2 * X, Y), greater(2 * X, Y)),
        ((Y - 1) * less_equal(X, 0) + Y * step(X), Y - less_equal(X, 0)),
        (X * step(X) + (X + 1) * less_equal(X, 0), X + less_equal(X, 0)),
        (step(X) + 2 * less_equal(X, 0), step(X) + 2 * less_equal(X, 0)),
    ],
)
def test_what_is_written(written, shown):
    assert comparisons_settled(written) == shown
