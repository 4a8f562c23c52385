"""Simplifications: values stay, domains are used only where they may be."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from symderive.calculus.domains import domain_facts
from symderive.calculus.sums import rebuild
from symderive.calculus.tidy import cancelled, summed_by_terms, tidy_program
from symderive.core.dims import dims
from symderive.core.nodes import Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from tests.calculus.scalars import written_out

n = dims("n")
i, j, p, q = (Index(name, n) for name in "ijpq")
x, y = Tensor("x", (n,)), Tensor("y", (n,))
s, t, S = Tensor("s", (n,), "sign"), Tensor("t", (n,), "binary"), Tensor("S", (n, n), "symmetric")
r, c = Tensor("r")[()], Tensor("c")[()]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (s[i] ** 2, sympy.S.One),
        (s[i] ** 3, s[i]),
        (s[i] ** -1, s[i]),
        (s[i] ** -2, sympy.S.One),
        (t[i] ** 2, t[i]),
        (t[i] ** 5, t[i]),
        (t[i] ** -1, t[i] ** -1),
        (S[j, i], S[i, j]),
        (x[i] ** 2, x[i] ** 2),
        (s[i] ** sympy.Rational(1, 2), s[i] ** sympy.Rational(1, 2)),
    ],
)
def test_what_the_domains_say(given, expected):
    assert domain_facts(given, set(), {}) == expected


def test_variables_are_excluded():
    assert domain_facts(s[i] ** 2 * t[i] ** 2, {s}, {}) == s[i] ** 2 * t[i]
    assert domain_facts(S[j, i], {S}, {}) == S[j, i]
    used: dict = {}
    domain_facts(s[i] ** 2, {s}, used)
    assert used == {}


def test_used_facts_are_reported_once():
    value = Tensor("v", (n,))
    program = Program((s, x), (Definition(value, (i,), s[i] ** 2 * x[i] + s[i] ** 4),), (value,))
    tidied, facts = tidy_program(program)
    assert tidied.definitions[0].body == x[i] + 1
    assert [text for text, _ in facts] == ["sᵢ² = 1, since the entries of s are ±1"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (r * c / r**2, c / r),
        ((r**2 - c**2) / (r - c), r + c),
        (r / c + c / r, r / c + c / r),
        (1 / (1 - r) + 1 / r, 1 / (1 - r) + 1 / r),
        ((1 - r) * (c / r - (1 - c) / (1 - r)) * r, c - r),
        (sympy.exp(r) / (sympy.exp(r) * c), 1 / c),
        (x[i] + 2, x[i] + 2),
    ],
)
def test_cancelled(given, expected):
    assert cancelled(given) == expected


def test_the_sum_of_deviations_from_the_mean():
    deviations = rebuild(IndexSum(x[p] - IndexSum(x[q], q) / n, p))
    assert summed_by_terms(deviations) == 0
    squares = IndexSum((x[p] - y[p]) ** 2, p)
    assert summed_by_terms(squares) == squares


SCALARS = [Tensor(name) for name in "abcd"]


def fractions() -> st.SearchStrategy[sympy.Expr]:
    leaves = st.sampled_from([tensor[()] for tensor in SCALARS]) | st.integers(-3, 3).map(sympy.Integer)

    def larger(inner):
        return st.one_of(
            st.tuples(inner, inner).map(lambda two: sympy.Add(*two)),
            st.tuples(inner, inner).map(lambda two: sympy.Mul(*two)),
            inner.map(lambda one: one**-1 if one != 0 else one),
            inner.map(lambda one: one**2),
            inner.map(sympy.exp),
        )

    return st.recursive(leaves, larger, max_leaves=9)


@given(fractions(), st.lists(st.fractions(-4, 4, max_denominator=7), min_size=4, max_size=4))
def test_cancelled_never_changes_the_value(expr, numbers):
    assume(not expr.has(sympy.zoo, sympy.nan, sympy.oo))
    table = {
        tensor: {(): sympy.Rational(one.numerator, one.denominator)}
        for tensor, one in zip(SCALARS, numbers, strict=True)
    }
    before = written_out(expr, table)
    assume(not before.has(sympy.zoo, sympy.nan, sympy.oo))
    after = written_out(cancelled(expr), table)
    difference = sympy.expand(before - after)
    assert difference == 0 or abs(sympy.N(difference, 50)) <= sympy.Float("1e-30") * (1 + abs(before.n(50)))
