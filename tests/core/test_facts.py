"""What is assumed of a node is what SymPy's own search finds out, fact by fact."""

import pytest
import sympy
from sympy.core.assumptions import _ask, _assume_defined

from symderive.core.facts import Settled
from symderive.core.matrix_nodes import Det, InverseEntry
from symderive.core.nodes import DOMAINS, Entry, Index, IndexMax, IndexProduct, IndexSum, Tensor
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry

n = sympy.Symbol("n", integer=True, positive=True)
m = sympy.Symbol("m", integer=True, nonnegative=True)  # an empty sum is 0
i, j, p, q = Index("i", n), Index("j", n), Index("p", n), Index("q", m)


def nodes(domain):
    A = Tensor("A", (n, n), domain)
    v = A[i, p]
    yield from (A[i, j], A[i, 0], A[i + 1, j], Det(A), InverseEntry(A, i, j), IndexSum(Entry.at(A, i, q), q))
    for body in (v, v**2, -(v**2), sympy.exp(v), -v, v + 1, 1 / v, sympy.log(v), sympy.sqrt(v), n * v):
        total = IndexLogSum(body * sympy.exp(v), p)
        yield from (IndexSum(body, p), IndexMax(body, p), IndexProduct(body, p))
        yield from (total, SoftmaxEntry(total, j))


def fresh(node):
    node._assumptions = type(node).default_assumptions.copy()


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_fact_is_the_one_that_sympy_finds(domain):
    for node in nodes(domain):
        assert isinstance(node, Settled)
        for fact in sorted(_assume_defined):
            fresh(node)
            theirs = node._assumptions[fact] if fact in node._assumptions else _ask(fact, node)
            fresh(node)
            assert getattr(node, f"is_{fact}") is theirs, (node, fact)


def test_nodes_of_one_kind_share_their_table():
    x = Tensor("x", (n,), "positive")
    first, second = IndexSum(x[p], p), IndexSum(x[i] ** 2, i)
    assert first.is_zero is second.is_zero is False
    assert first._assumptions is second._assumptions
    assert IndexSum(Tensor("y", (n,))[i], i).is_zero is None
