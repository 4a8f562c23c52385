"""The laws of log-sum-exp and softmax, and where they are recognised."""

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.calculus.log_sums import log_sum_over, share_of
from symderive.calculus.rules import partial
from symderive.calculus.softmax import recognised, with_named_shares
from symderive.calculus.sums import rebuild, sum_over
from symderive.codegen.numpy_source import numpy_function
from symderive.core.identity import alpha_equivalent
from symderive.core.nodes import Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of

n, k = sd.dims("n k")
i, j = Index("i", n), Index("j", k)
p, q, r = Index("p", k), Index("q", k), Index("r", n)
Z, w, a, c = Tensor("Z", (n, k)), Tensor("w", (k,)), Tensor("a", (n,)), Tensor("c", (), "positive")
ROWS = IndexLogSum(sympy.exp(Z[i, p]), p)
NUMBERS = {
    "Z": np.random.default_rng(1).normal(size=(4, 3)),
    "w": np.array([0.3, 1.2, 0.7]),
    "a": np.arange(4.0),
    "c": 1.7,
}


def value(expr, *indices):
    """The numbers of an expression by the slow evaluator."""
    made = Definition(Tensor("result", tuple(index.dim for index in indices)), indices, expr)
    (number,) = evaluate(Program((Z, w, a, c), (made,), (made.tensor,)), NUMBERS).values()
    return number


@pytest.mark.parametrize(
    ("body", "indices"),
    [
        (sympy.exp(Z[i, p] + a[i]), (p,)),
        (sympy.exp(2 * (Z[i, p] - a[i])), (p,)),
        (c[()] * w[p] * sympy.exp(Z[i, p]), (p,)),
        (3 * sympy.exp(a[i]), (p,)),
        (w[p] * c[()], (p,)),
        (sympy.exp(Z[i, p]), (p, q)),
        (sympy.exp(ROWS + w[q]), (q,)),
        (w[q] * sympy.exp(IndexLogSum(sympy.exp(Z[i, p] + w[q] * Z[i, p]), p)), (q,)),
    ],
)
def test_laws_of_log_sums_keep_the_value(body, indices):
    expected = np.log(value(IndexSum(body, *indices), i))
    np.testing.assert_allclose(value(log_sum_over(body, indices), i), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("body", "indices", "at"),
    [
        (sympy.exp(Z[i, p] + a[i]), (p,), (j,)),
        (c[()] * w[p] * sympy.exp(Z[i, p] / c[()]), (p,), (j,)),
        (sympy.exp(a[i]), (p,), (j,)),
        (w[p], (p,), (j,)),
        (sympy.exp(Z[i, p]), (p, q), (j, j)),
    ],
)
def test_laws_of_shares_keep_the_value(body, indices, at):
    above = body
    for index, position in zip(indices, at, strict=True):
        above = above.xreplace({index: position})
    expected = value(above, i, j) / value(IndexSum(body, *indices), i)[:, None]
    np.testing.assert_allclose(value(share_of(body, indices, at), i, j), expected, rtol=1e-12)


def test_a_common_shift_goes_out():
    assert log_sum_over(sympy.exp(Z[i, p] - a[i]), (p,)) == ROWS - a[i]
    assert alpha_equivalent(share_of(sympy.exp(Z[i, p] - a[i]), (p,), (j,)), SoftmaxEntry(ROWS, j))


def test_a_softmax_adds_up_to_one():
    assert sum_over(SoftmaxEntry(ROWS, q), (q,)) == 1
    assert sum_over(a[i] * SoftmaxEntry(ROWS, q), (q, i)) == IndexSum(a[Index("p", n)], Index("p", n))
    weighted = sum_over(w[q] * SoftmaxEntry(ROWS, q), (q,))
    assert weighted.has(SoftmaxEntry)
    over_rows = sum_over(SoftmaxEntry(ROWS, j), (i,))
    assert over_rows.has(SoftmaxEntry)


def test_sums_inside_are_simplified_too():
    whole = IndexLogSum(sympy.exp(IndexSum(Z[i, p] * a[i], i)), p)
    assert alpha_equivalent(rebuild(whole), whole)


def test_derivatives_are_those_of_the_definition():
    """Against the quotient and the logarithm written out."""
    for weight in (sympy.S.One, w[p], w[p] ** 2):
        total = IndexLogSum(weight * sympy.exp(Z[i, p] * w[p]), p)
        plain = IndexSum(total.body, p)
        at = Index("k", k)
        for own, written in (
            (total, sympy.log(plain)),
            (SoftmaxEntry(total, j), total.body.xreplace({p: j}) / plain),
        ):
            for tensor, place in ((w, (at,)), (Z, (Index("l", n), at))):
                free = (i, j, *place) if isinstance(own, SoftmaxEntry) else (i, *place)
                np.testing.assert_allclose(
                    value(partial(own, tensor, place), *free),
                    value(partial(written, tensor, place), *free),
                    rtol=1e-10,
                    atol=1e-13,
                )


X = sd.array("X", n, k)
MASK = sd.array("m", k, domain="positive")
WAYS = {
    "quotient": lambda: np.exp(X) / np.exp(X).sum(axis=1, keepdims=True),
    "transposed sum": lambda: (np.exp(X).T / np.exp(X).sum(axis=1)).T,
    "difference": lambda: np.exp(X - np.log(np.sum(np.exp(X), axis=1, keepdims=True))),
    "shifted": lambda: np.exp(X - 3) / np.sum(np.exp(X - 3), axis=1, keepdims=True),
    "word": lambda: sd.softmax(X, axis=1),
    "exponential of log-softmax": lambda: np.exp(sd.log_softmax(X, axis=1)),
    "reciprocal": lambda: np.exp(X) * (1 / np.exp(X).sum(axis=1))[:, None],
}


def shares_in(value):
    program = recognised(program_of(value))
    return [made.body for made in program.definitions if isinstance(made.body, SoftmaxEntry)]


@pytest.mark.parametrize("way", list(WAYS))
def test_a_softmax_is_recognised_however_it_is_written(way):
    (share,) = shares_in(WAYS[way]())
    assert share.total.weight == 1


def test_a_weighted_sum_below_is_a_share_too():
    (share,) = shares_in(MASK * np.exp(X) / (np.exp(X) @ MASK)[:, None])
    assert share.total.weight != 1


@pytest.mark.parametrize(
    "other",
    [
        lambda: np.exp(X) / np.exp(X).sum(axis=0, keepdims=True) * np.exp(X).sum(axis=1, keepdims=True),
        lambda: np.exp(X) / np.sum(X**2, axis=1, keepdims=True),
        lambda: np.exp(2 * X) / np.exp(X).sum(axis=1, keepdims=True),
        lambda: np.exp(X) / (1 + np.exp(X)),
    ],
)
def test_what_only_resembles_one_keeps_its_value(other):
    whole = other()
    program = program_of(whole)
    arrays = {"X": NUMBERS["Z"]}
    (before,) = evaluate(program, arrays).values()
    (after,) = evaluate(recognised(program), arrays).values()
    np.testing.assert_allclose(after, before, rtol=1e-12)


def test_without_exponentials_nothing_is_touched():
    program = program_of(np.sum((X @ MASK) ** 2))
    assert recognised(program) is program
    assert with_named_shares(program) is program


def test_named_once():
    """Both softmaxes of one array of logits get one name, whatever their indices are called."""
    z = Definition(Tensor("s", (n,)), (i,), IndexSum(SoftmaxEntry(ROWS, q) * w[q], q))
    total = IndexLogSum(sympy.exp(Z[r, q]), q)
    y = Definition(Tensor("t", (k,)), (j,), IndexSum(SoftmaxEntry(total, j) * a[r], r))
    named = with_named_shares(Program((Z, w, a), (z, y), (z.tensor, y.tensor)))
    assert sum(isinstance(made.body, SoftmaxEntry) for made in named.definitions) == 1
    before = evaluate(Program((Z, w, a), (z, y), (z.tensor, y.tensor)), NUMBERS)
    for name, numbers in evaluate(named, NUMBERS).items():
        np.testing.assert_allclose(numbers, before[name], rtol=1e-12)


def test_a_part_of_a_softmax_does_not_add_up_to_one():
    """A position over another extent than that of the sum, as in `softmax(w)[:2]`, is no whole softmax."""
    total = IndexLogSum(sympy.exp(w[p]), p)
    part = Index("h", 2)
    assert sum_over(SoftmaxEntry(total, part), (part,)) != 1
    made = Definition(Tensor("t"), (), IndexSum(SoftmaxEntry(total, part), part))
    program = with_named_shares(Program((w,), (made,), (made.tensor,)))
    raised = np.exp(NUMBERS["w"])
    expected = raised[:2].sum() / raised.sum()
    np.testing.assert_allclose(evaluate(program, NUMBERS)["t"], expected, rtol=1e-12)
    np.testing.assert_allclose(numpy_function(program, "part")(w=NUMBERS["w"]), expected, rtol=1e-12)
