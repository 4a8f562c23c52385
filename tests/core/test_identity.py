"""Substitution and alpha-equivalence, against an evaluator that knows nothing of names."""

import itertools
import math
import time

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symderive.core.dims import Dim
from symderive.core.identity import (
    BOUND_LETTERS,
    alpha_equivalent,
    canonical,
    free_indices,
    fresh,
    index_names,
    letters,
    rename_bound,
    same_extent,
    substitute,
    tensors_of,
)
from symderive.core.nodes import (
    Binder,
    Delta,
    Entry,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Tensor,
)
from tests.processor_time import slowness

N = 3
NAMES = "ijpqrs"
INDICES = [Index(name, N) for name in NAMES]
i, j, p, q, r, s = INDICES
x, A, B = Tensor("x", (N,)), Tensor("A", (N, N)), Tensor("B", (N, N))
VALUES = {
    x: [2, 3, 5],
    A: [[7, 11, 13], [17, 19, 23], [29, 31, 37]],
    B: [[41, 43, 47], [53, 59, 61], [67, 71, 73]],
}


def value(expr, scope):
    """The value of an expression, by looking every index up in `scope`."""
    if isinstance(expr, Index):
        return scope[expr]
    if isinstance(expr, Entry):
        found = VALUES[expr.tensor]
        for axis in expr.axes:
            position = value(axis, scope)
            if not 0 <= position < N:
                return 0
            found = found[position]
        return found
    if isinstance(expr, Binder):
        inner = [
            value(expr.body, {**scope, **dict(zip(expr.indices, spots, strict=True))})
            for spots in itertools.product(range(N), repeat=len(expr.indices))
        ]
        return sum(inner) if isinstance(expr, IndexSum) else max(inner)
    if isinstance(expr, Delta):
        left, right = (value(arg, scope) for arg in expr.args)
        return int(left == right)
    if isinstance(expr, sympy.Add):
        return sum(value(arg, scope) for arg in expr.args)
    if isinstance(expr, sympy.Mul):
        return math.prod(value(arg, scope) for arg in expr.args)
    if isinstance(expr, sympy.Pow):
        return value(expr.base, scope) ** value(expr.exp, scope)
    return int(expr)


index = st.sampled_from(INDICES)
position = index | index.map(lambda one: one + 1) | st.integers(0, N - 1).map(sympy.Integer)
leaf = (
    st.builds(lambda a: x[a], position)
    | st.builds(lambda a, b: A[a, b], position, position)
    | st.builds(lambda a, b: B[a, b], index, index)
    | st.builds(Delta, index, index)
    | st.integers(1, 3).map(sympy.Integer)
)
binder = st.sampled_from([IndexSum, IndexMax, IndexMin, IndexProduct])
several = st.lists(index, min_size=1, max_size=3, unique=True)
expressions = st.recursive(
    leaf,
    lambda inner: (
        st.builds(lambda a, b: a + b, inner, inner)
        | st.builds(lambda a, b: a * b, inner, inner)
        | st.builds(lambda a: a**2, inner)
        | st.builds(lambda kind, body, names: kind(body, *names), binder, inner, several)
    ),
    max_leaves=6,
)
scopes = st.lists(st.integers(0, N - 1), min_size=len(NAMES), max_size=len(NAMES)).map(
    lambda spots: dict(zip(INDICES, spots, strict=True))
)


@given(expressions, st.dictionaries(index, position, max_size=4), scopes)
def test_substitution_is_evaluation_in_a_changed_scope(expr, mapping, scope):
    changed = {**scope, **{old: value(new, scope) for old, new in mapping.items()}}
    assert value(substitute(expr, mapping), scope) == value(expr, changed)


@given(expressions, index, position, scopes)
def test_sympys_subs_does_not_capture_either(expr, old, new, scope):
    assert value(expr.subs(old, new), scope) == value(expr, {**scope, old: value(new, scope)})


@given(expressions, scopes)
def test_the_value_depends_on_free_indices_only(expr, scope):
    free = free_indices(expr)
    elsewhere = {one: spot if one in free else (spot + 1) % N for one, spot in scope.items()}
    assert value(expr, scope) == value(expr, elsewhere)
    assert free <= expr.free_symbols
    assert {one for one in expr.free_symbols if isinstance(one, Index)} == free
    assert {one.name for one in free} <= index_names(expr)


@given(expressions, scopes)
def test_the_canonical_form_means_the_same(expr, scope):
    form = canonical(expr)
    assert value(form, scope) == value(expr, scope)
    assert free_indices(form) == free_indices(expr)
    assert tensors_of(form) == tensors_of(expr)
    assert canonical(form) == form


def renamed(expr, names):
    """`expr` with every bound index renamed and the order of binding shuffled."""
    if not expr.args:
        return expr
    if isinstance(expr, Binder):
        new = [Index(f"{next(names)}", one.dim) for one in expr.indices]
        body = substitute(renamed(expr.body, names), dict(zip(expr.indices, new, strict=True)))
        return expr.func(body, *reversed(new))
    return expr.func(*(renamed(arg, names) for arg in expr.args))


@given(expressions, st.permutations(list("abcdefgh")))
def test_renaming_bound_indices_changes_nothing(expr, names):
    source = (f"{letter}{number}" for number in itertools.count() for letter in names)
    other = renamed(expr, source)
    assert canonical(other) == canonical(expr)
    assert alpha_equivalent(expr, other)


@given(st.integers(2, 6), st.integers(0, 2**31), st.permutations(range(6)))
def test_random_graphs_are_recognised(size, bits, order):
    names = [Index(f"v{place}", N) for place in range(size)]
    pairs = [pair for place, pair in enumerate(itertools.combinations(names, 2)) if bits >> place & 1]
    body = sympy.Mul(*(A[a, b] for a, b in pairs), *(x[a] for a in names))
    shuffled = [names[place] for place in order if place < size]
    moved = substitute(body, dict(zip(names, shuffled, strict=True)))
    assert canonical(IndexSum(body, *names)) == canonical(IndexSum(moved, *shuffled))


@pytest.mark.parametrize("size", [4, 7, 10])
@pytest.mark.parametrize("shape", ["equal factors", "cycle", "chain", "pairs", "sums", "complete"])
def test_symmetric_sums_are_not_exponential(size, shape):
    names = [Index(f"v{place}", Dim("n")) for place in range(size)]
    C, y = Tensor("C", (Dim("n"), Dim("n"))), Tensor("y", (Dim("n"),))
    bodies = {
        "equal factors": sympy.Mul(*(y[a] for a in names)),
        "cycle": sympy.Mul(*(C[a, b] for a, b in zip(names, names[1:] + names[:1], strict=True))),
        "chain": sympy.Mul(*(C[a, b] for a, b in itertools.pairwise(names))),
        "pairs": sympy.Mul(
            *(C[names[k], names[k + 1]] * C[names[k + 1], names[k]] for k in range(0, size - 1, 2))
        ),
        "sums": sympy.Add(*(y[a] for a in names)),
        "complete": sympy.Mul(*(C[a, b] for a, b in itertools.permutations(names, 2))),
    }
    start = time.process_time()
    forms = {
        canonical(IndexSum(bodies[shape], *order))
        for order in (names, names[::-1], names[1:] + names[:1], names[2:] + names[:2])
    }
    assert time.process_time() - start < 20 * slowness()
    assert len(forms) == 1


def test_what_is_not_the_same():
    assert not alpha_equivalent(IndexSum(A[p, q] * x[q], p, q), IndexSum(A[p, q] * x[p], p, q))
    assert not alpha_equivalent(IndexSum(A[p, q] * B[p, q], p, q), IndexSum(A[p, q] * B[q, p], p, q))
    assert not alpha_equivalent(IndexSum(A[i, p], p), IndexSum(A[j, p], p))
    assert not alpha_equivalent(IndexSum(A[i, p], p), IndexSum(A[p, i], p))
    assert not alpha_equivalent(IndexSum(x[p], p), IndexMax(x[p], p))
    long, short = Index("p", 4), Index("q", 3)
    assert not alpha_equivalent(IndexSum(long, long), IndexSum(short, short))
    assert not alpha_equivalent(IndexSum(Delta(p, i), p), IndexSum(Delta(p, j), p))


def test_what_is_the_same():
    assert alpha_equivalent(IndexSum(A[p, q] * x[q], p, q), IndexSum(A[q, p] * x[p], p, q))
    assert alpha_equivalent(IndexSum(A[i, p] * x[p], p), IndexSum(A[i, j] * x[j], j))
    nested = IndexSum(x[p] * IndexSum(A[p, q], q), p), IndexSum(x[q] * IndexSum(A[q, p], p), q)
    assert alpha_equivalent(*nested)
    shadowed = IndexSum(x[p] * IndexSum(x[p], p), p)
    assert alpha_equivalent(shadowed, IndexSum(x[p] * IndexSum(x[q], q), p))


def test_names_in_use_are_avoided():
    assert str(canonical(IndexSum(A[p, q] * x[q], q))) == "Sum[r](x[r]*A[p, r])"
    assert str(canonical(IndexSum(A[p, i], i))) == "Sum[r](A[p, r])"
    assert str(substitute(IndexSum(A[i, p] * x[p], p), {i: p})) == "Sum[r](x[r]*A[p, r])"
    assert substitute(A[i, j], {i: j, j: i}) == A[j, i]
    assert substitute(A[i, j], {}) is A[i, j] or substitute(A[i, j], {}) == A[i, j]
    assert rename_bound(IndexSum(x[p], p), {"p"}) == IndexSum(x[r], r)
    assert rename_bound(IndexSum(x[p], p), {"q"}) == IndexSum(x[p], p)


def test_deep_nesting_is_not_exponential():
    expr = x[i]
    for depth in range(40):
        bound = Index(f"w{depth}", N)
        expr = IndexSum(x[bound] + expr * A[bound, i], bound)
    start = time.process_time()
    assert free_indices(canonical(expr)) == {i}
    assert time.process_time() - start < 5 * slowness()


def test_letters_and_fresh_indices():
    assert list(itertools.islice(letters("ab"), 5)) == ["a", "b", "a1", "b1", "a2"]
    assert [one.name for one in fresh([N] * 8, {"r"})] == ["p", "s", "t", "u", "v", "p1", "r1", "s1"]
    assert BOUND_LETTERS[0] == "p"
    assert same_extent(i, j)
    assert not same_extent(i, Index("j", 4))


@given(expressions, st.permutations("abcdef"))
def test_renaming_gives_what_sympy_makes_of_the_new_arguments(expr, letters):
    """A product whose factors have other names is put together without asking which of them join."""
    new = {old: Index(letter, N) for old, letter in zip(INDICES, letters, strict=True)}
    assert substitute(expr, new) == rebuilt(substitute(expr, new))


def rebuilt(expr):
    """The expression made again by SymPy from the inside out."""
    if not expr.args or isinstance(expr, Binder):
        return expr.func(rebuilt(expr.body), *expr.indices) if isinstance(expr, Binder) else expr
    return expr.func(*map(rebuilt, expr.args))
