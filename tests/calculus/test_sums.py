"""The laws of sums and of Kronecker's delta, one by one and against the slow evaluator."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symderive.calculus.sums import open_deltas, rebuild, sum_over
from symderive.core.dims import dims
from symderive.core.identity import alpha_equivalent
from symderive.core.nodes import Delta, Entry, Index, IndexMax, IndexSum, Tensor
from symderive.core.positions import Inside, Quotient, Remainder
from symderive.core.program import Definition, Program
from symderive.language.evaluate import evaluate

n, m = dims("n m")
x, y, A = Tensor("x", (n,)), Tensor("y", (n,)), Tensor("A", (n, m))
i, p, q = Index("i", n), Index("p", n), Index("q", n)
a = Index("a", m)


def test_a_delta_picks_one_term():
    assert sum_over(Delta(p, i) * x[p], [p]) == x[i]
    assert sum_over(Delta(i, p) * x[p] * y[p], [p]) == x[i] * y[i]


def test_a_delta_between_two_bound_indices():
    assert alpha_equivalent(sum_over(Delta(p, q) * x[p] * y[q], [p, q]), IndexSum(x[p] * y[p], p))


def test_a_delta_at_a_number_picks_it_where_it_is_surely_a_position():
    k = Index("k", 3)
    z = Tensor("z", (3,))
    assert sum_over(Delta(k, 2) * z[k], [k]) == z[2]
    assert sum_over(Delta(k, 3) * z[k], [k]) == 0
    assert sum_over(Delta(p, 3) * x[p], [p]) == x[3]
    assert sum_over(Delta(p, 3) * sympy.cos(x[p]), [p]) == sympy.cos(x[3])  # who reads position 3 has n ≥ 4
    assert sum_over(Delta(p, n - 4) * sympy.cos(x[p]), [p]) == sympy.cos(x[n - 4])
    assert sum_over(Delta(p, 3 - n) * sympy.cos(x[p]), [p]) == Inside(3 - n, n) * sympy.cos(x[3 - n])


def test_a_delta_at_a_position_that_may_lie_outside_leaves_a_bracket():
    picked = sum_over(Delta(p, i + 1) * sympy.exp(x[p]), [p])
    assert picked == Inside(i + 1, n) * sympy.exp(x[i + 1])  # for i = n − 1 the sum is 0, and exp(x[n]) is 1


def test_an_entry_needs_no_bracket_because_it_is_0_outside():
    assert sum_over(Delta(p, i + 1) * x[p], [p]) == x[i + 1]
    assert sum_over(Delta(p, i + 1) * x[p] * sympy.exp(y[p]), [p]) == x[i + 1] * sympy.exp(y[i + 1])
    assert sum_over(Delta(p, i + 1) * x[p] ** 2 / 3, [p]) == x[i + 1] ** 2 / 3
    assert sum_over(Delta(p, i + 1) / x[p], [p]) == Inside(i + 1, n) / x[i + 1]


def test_a_delta_with_another_extent_leaves_a_bracket():
    assert sum_over(Delta(p, a) * x[p], [p]) == Entry.at(x, a)
    assert sum_over(Delta(p, a), [p]) == Inside(a, n)


def test_a_delta_at_a_multiple_divides():
    z, c = Tensor("z", (2 * n,)), Index("c", 2 * n)
    assert sum_over(Delta(2 * p, c) * x[p], [p]) == Delta(Remainder(c, 2), 0) * x[Quotient(c, 2)]
    assert sum_over(Delta(c, 2 * p + 1) * z[c], [c]) == z[2 * p + 1]


def test_merged_axes_come_apart_and_together():
    flat, c = Tensor("f", (n * m,)), Index("c", n * m)
    assert sum_over(Delta(m * p + a, c) * A[p, a], [p, a]) == A[Quotient(c, m), Remainder(c, m)]
    apart = Delta(Quotient(c, m), i) * Delta(Remainder(c, m), a) * flat[c]
    assert sum_over(apart, [c]) == flat[m * i + a]


def test_a_factor_without_the_index_stands_outside():
    assert alpha_equivalent(sum_over(x[i] * y[p], [p]), x[i] * IndexSum(y[p], p))


def test_a_sum_over_what_does_not_change_counts():
    assert sum_over(x[i], [p]) == n * x[i]
    assert sum_over(sympy.S.One, [p, a]) == n * m
    assert sum_over(sympy.S.Zero, [p]) == 0
    assert sum_over(x[i], []) == x[i]


def test_nested_sums_are_one():
    assert alpha_equivalent(sum_over(IndexSum(A[p, a], a), [p]), IndexSum(A[p, a], p, a))


def test_a_square_of_a_sum_keeps_its_inner_index():
    inner = IndexSum(x[p], p)
    assert alpha_equivalent(sum_over(y[p] * IndexSum(x[q], q), [p]), inner * IndexSum(y[q], q))


def test_merging_renames_what_would_be_captured():
    inner = IndexSum(x[p] * A[p, a], p)  # the same letter as outside
    merged = sum_over(inner, [p, a])
    assert alpha_equivalent(merged, n * IndexSum(x[q] * A[q, a], q, a))


def test_only_terms_with_a_delta_are_split_off():
    body = (Delta(p, i) + x[p]) * y[p]
    assert alpha_equivalent(sum_over(body, [p]), y[i] + IndexSum(x[p] * y[p], p))
    whole = sum_over((x[p] + y[p]) ** 2, [p])
    assert alpha_equivalent(whole, IndexSum((x[p] + y[p]) ** 2, p))


def test_deltas_inside_functions_are_no_factors():
    assert open_deltas(sympy.exp(Delta(p, i))) == frozenset()
    assert open_deltas(x[i] * (1 + Delta(p, i))) == {Delta(p, i)}


def test_rebuild_works_from_the_inside_out():
    assert rebuild(sympy.exp(IndexSum(Delta(p, i) * x[p], p))) == sympy.exp(x[i])
    assert alpha_equivalent(rebuild(IndexMax(IndexSum(Delta(p, q) * x[p], p), q)), IndexMax(x[q], q))


# Whatever the laws do, the value stays.

SIZES = {"n": 3, "m": 2}
LETTERS = [Index(name, 3) for name in "ipqr"]
X, Y, M = Tensor("X", (3,)), Tensor("Y", (3,)), Tensor("M", (3, 3))


def bodies() -> st.SearchStrategy[sympy.Expr]:
    index = st.sampled_from(LETTERS)
    place = index | st.integers(-1, 3).map(sympy.Integer) | index.map(lambda one: one + 1)
    leaf = st.one_of(
        place.map(lambda one: X[one]),
        place.map(lambda one: Y[one]),
        st.tuples(place, place).map(lambda two: M[two]),
        st.tuples(index, place).map(lambda two: Delta(*two)),
        st.tuples(index, place).map(lambda two: Delta(two[0] + two[1], 2)),
        st.tuples(index, place).map(lambda two: Delta(2 * two[0], two[1])),
        st.tuples(index, place).map(lambda two: Inside(two[0] - two[1], 2)),
        st.tuples(index, place).map(lambda two: Delta(Quotient(two[0] + 1, 2), two[1])),
        st.tuples(index, index, place).map(lambda three: Delta(3 * three[0] + three[1], three[2] + 4)),
        st.sampled_from([sympy.Integer(2), sympy.Rational(-1, 3)]),
    )

    def larger(inner):
        return st.one_of(
            st.tuples(inner, inner).map(lambda two: sympy.Add(*two)),
            st.tuples(inner, inner).map(lambda two: sympy.Mul(*two)),
            inner.map(lambda one: one**2),
            inner.map(sympy.cos),
            st.tuples(inner, st.sampled_from(LETTERS[1:])).map(lambda two: IndexSum(*two)),
        )

    return st.recursive(leaf, larger, max_leaves=6)


@given(bodies(), st.lists(st.sampled_from(LETTERS[1:]), min_size=1, max_size=2, unique=True))
def test_the_laws_never_change_the_value(body, indices):
    plain = IndexSum(body, *indices)
    others = [one for one in LETTERS[1:] if one not in indices]
    close = [*others] if others else []
    left, right = plain, sum_over(body, indices)
    rebuilt = rebuild(plain)
    values = {"X": np.array([0.3, -1.2, 0.7]), "Y": np.array([1.1, 0.4, -0.6]),
              "M": np.array([[0.2, 1.3, -0.4], [0.9, -0.7, 0.5], [1.6, 0.1, -1.1]])}  # fmt: skip
    results = []
    for expr in (left, right, rebuilt):
        free = [LETTERS[0], *close]
        made = Definition(Tensor("value", (3,) * len(free)), tuple(free), expr)
        results.append(evaluate(Program((X, Y, M), (made,), (made.tensor,)), values)["value"])
    assert np.allclose(results[0], results[1], rtol=1e-10, atol=1e-10)
    assert np.allclose(results[0], results[2], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("extent", [1, 2])
def test_extents_of_numbers(extent):
    k = Index("k", extent)
    z = Tensor("z", (extent,))
    assert sum_over(Delta(k, 0) * z[k], [k]) == z[0]
