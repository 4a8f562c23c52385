"""Index expressions to SymPy's own classes and back."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symderive.core.convert import from_sympy, index_symbol, to_sympy
from symderive.core.dims import dims
from symderive.core.identity import alpha_equivalent
from symderive.core.nodes import Delta, Entry, Index, IndexMax, IndexSum, Tensor
from symderive.errors import SymderiveError
from symderive.functions import by_name

n, d = dims("n d")
x, A, c = Tensor("x", (n,)), Tensor("A", (n, n), "spd"), Tensor("c", (), "positive", r"\gamma")
z, w = Tensor("z", (2 * n,)), Tensor("w", (n - 1,))
TENSORS = (x, A, c, z, w)
INDICES = [Index(name, n) for name in "ijpq"]
i, j, p, q = INDICES
sigmoid = by_name()["sigmoid"].head

index = st.sampled_from(INDICES)
position = index | index.map(lambda one: 2 * one + 1) | st.sampled_from([sympy.Integer(0), n - 1])
leaf = (
    st.builds(lambda a: x[a], position)
    | st.builds(lambda a, b: A[a, b], position, position)
    | st.builds(Delta, index, index)
    | st.sampled_from(
        [c[()], n, sympy.pi, sympy.Rational(1, 3), IndexSum(z[Index("k", 2 * n)], Index("k", 2 * n))]
    )
    | st.just(IndexSum(w[Index("l", n - 1)], Index("l", n - 1)))
)
expressions = st.recursive(
    leaf,
    lambda inner: (
        st.builds(lambda a, b: a + b, inner, inner)
        | st.builds(lambda a, b: a * b, inner, inner)
        | st.builds(lambda a: sympy.exp(a) + sigmoid(a) ** 2, inner)
        | st.builds(
            lambda body, names: IndexSum(body, *names),
            inner,
            st.lists(index, min_size=1, max_size=2, unique=True),
        )
    ),
    max_leaves=4,
)


@given(expressions)
def test_there_and_back(expr):
    other = to_sympy(expr)
    assert not other.has(Entry, IndexSum, Index, Tensor, Delta)
    again = from_sympy(other, TENSORS)
    assert to_sympy(again) == other
    # SymPy joins a sum that stands directly under a sum.
    nested = any(
        isinstance(node, IndexSum) and isinstance(node.body, IndexSum)
        for node in sympy.preorder_traversal(expr)
    )
    assert nested or alpha_equivalent(again, expr)


def test_a_round_trip_keeps_the_order_of_nested_sums():
    for expr in (
        IndexSum(A[i, p] * x[p], i, p),
        IndexSum(x[i] * IndexSum(A[i, p], p), i),
        IndexSum(c[()], i),
    ):
        assert from_sympy(to_sympy(expr), TENSORS) == expr


def test_sympy_can_compute_the_sum():
    three = Index("t", 3)
    assert to_sympy(IndexSum(three**2, three)).doit() == 5
    assert to_sympy(IndexSum(Delta(three, 1) * three, three)).doit() == 1
    assert to_sympy(i) == index_symbol(i)


def test_scalars_need_to_be_known():
    symbol = to_sympy(c[()])
    assert isinstance(symbol, sympy.Symbol)
    assert from_sympy(symbol) == symbol
    assert from_sympy(symbol, [c]) == c[()]
    assert from_sympy(symbol, [c]).is_positive


def test_what_people_write_in_sympy():
    k, m = sympy.symbols("k m", integer=True)
    X, v = sympy.IndexedBase("X"), sympy.IndexedBase("v", shape=(n,))
    read = from_sympy(sympy.Sum(X[k, m] * v[m], (m, 0, n - 1), (k, 0, d - 1)))
    K, M = Index("k", d), Index("m", n)
    assert read == IndexSum(Tensor("X", (d, n))[K, M] * Tensor("v", (n,))[M], K, M)
    assert from_sympy(v[0] + v[k]) == Tensor("v", (n,))[0] + Tensor("v", (n,))[Index("k", n)]
    idx = sympy.Idx("r", n)
    assert from_sympy(sympy.Sum(X[idx], (idx, 0, n - 1))) == IndexSum(
        Tensor("X", (n,))[Index("r", n)], Index("r", n)
    )
    assert from_sympy(X[idx]) == Tensor("X", (n,))[Index("r", n)]
    assert from_sympy(v[sympy.Idx("u")]) == Tensor("v", (n,))[Index("u", n)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda k, m: sympy.Sum(sympy.IndexedBase("v")[k], (k, 1, n)), "starts at 1"),
        (lambda k, m: sympy.Sum(m * k, (k, 0, m), (m, 0, 3)), "depends on another index"),
        (lambda k, m: sympy.IndexedBase("v")[k], "range of its axes is not known|its range is not known"),
        (lambda k, m: sympy.IndexedBase("v")[2 * k + 1], "not known"),
        (lambda k, m: sympy.Idx("k") + 1, "its range is not known"),
        (lambda k, m: sympy.Idx("k", (1, n)) + 1, "starts at 1"),
    ],
)
def test_what_cannot_be_read(make, message):
    k, m = sympy.symbols("k m", integer=True)
    with pytest.raises(SymderiveError, match=message):
        from_sympy(make(k, m))


def test_wrong_number_of_axes():
    with pytest.raises(SymderiveError, match="2 axes"):
        from_sympy(sympy.IndexedBase("A")[sympy.Idx("i", n)], TENSORS)


def test_a_maximum_has_no_counterpart():
    with pytest.raises(SymderiveError, match="no maximum"):
        to_sympy(IndexMax(x[p], p))


def test_text_is_refused():
    with pytest.raises(sympy.SympifyError):
        from_sympy("__import__('os')")
