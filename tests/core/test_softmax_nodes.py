"""Log-sum-exp and softmax as nodes: identity under renaming, substitution, assumptions, SymPy's words."""

import pytest
import sympy

from symderive.core.convert import to_sympy
from symderive.core.identity import alpha_equivalent, canonical, free_indices, substitute
from symderive.core.nodes import Index, IndexSum, Tensor
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry, split_exponential
from symderive.errors import SymderiveError

i, j, p, q, r = (Index(name, 3) for name in "ijpqr")
Z, w = Tensor("Z", (3, 3)), Tensor("w", (3,))
ROWS = IndexLogSum(sympy.exp(Z[i, p]), p)


def test_bound_names_do_not_matter():
    assert alpha_equivalent(ROWS, IndexLogSum(sympy.exp(Z[i, q]), q))
    assert alpha_equivalent(SoftmaxEntry(ROWS, j), SoftmaxEntry(IndexLogSum(sympy.exp(Z[i, q]), q), j))
    assert not alpha_equivalent(ROWS, IndexLogSum(sympy.exp(Z[p, i]), p))


def test_positions_stay_with_their_indices():
    """A sum over two indices may be written in any order, but the positions belong to them in that order."""
    share = SoftmaxEntry(IndexLogSum(sympy.exp(Z[q, p]), p, q), i, j)
    assert share.numerator == sympy.exp(Z[j, i])
    assert canonical(share).numerator == sympy.exp(Z[j, i])
    assert canonical(share) != canonical(SoftmaxEntry(IndexLogSum(sympy.exp(Z[p, q]), p, q), i, j))


def test_substitution_avoids_capture():
    moved = substitute(SoftmaxEntry(ROWS, j), {i: p, j: q})
    assert free_indices(moved) == {p, q}
    assert moved.numerator == sympy.exp(Z[p, q])
    assert alpha_equivalent(moved.total, IndexLogSum(sympy.exp(Z[p, r]), r))


def test_positivity_is_that_of_the_weights():
    assert SoftmaxEntry(ROWS, j).is_positive
    assert SoftmaxEntry(IndexLogSum(w[p] * sympy.exp(Z[i, p]), p), j).is_positive is None
    assert ROWS.is_positive is None
    assert ROWS.is_real


def test_weight_and_exponent():
    assert split_exponential(w[p] * sympy.exp(Z[i, p]) / 2) == (w[p] / 2, Z[i, p])
    assert split_exponential(w[p]) == (w[p], 0)


def test_sympy_words():
    assert to_sympy(ROWS) == sympy.log(to_sympy(IndexSum(sympy.exp(Z[i, p]), p)))
    share = to_sympy(SoftmaxEntry(ROWS, j))
    assert share == to_sympy(sympy.exp(Z[i, j])) / to_sympy(IndexSum(sympy.exp(Z[i, p]), p))


def test_as_many_positions_as_indices():
    with pytest.raises(SymderiveError, match="one position for each"):
        SoftmaxEntry(ROWS, i, j)


def test_latex():
    assert sympy.latex(ROWS) == r"\log \sum_{p} e^{{Z}_{i, p}}"
    assert r"\frac{e^{{Z}_{i, j}}}{\sum_{p} e^{{Z}_{i, p}}}" in sympy.latex(SoftmaxEntry(ROWS, j))
