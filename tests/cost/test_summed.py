"""Extents that depend on an index: their sums in closed form against loops, and formulas with divisors."""

import itertools
import math

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.codegen.numpy_source import def_source
from symderive.core.dims import dims
from symderive.core.divisors import Gcd
from symderive.core.identity import alpha_equivalent, free_indices, substitute
from symderive.core.nodes import Entry, Index, IndexMax, IndexSum, Tensor
from symderive.core.positions import Quotient
from symderive.core.program import Definition, Program
from symderive.cost import cost
from symderive.cost.count import count
from symderive.cost.evaluation import evaluate as exact
from symderive.cost.questions.signs import signs_of
from symderive.cost.summed import positions, sum_over_indices
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool3d
from tests.profiles import examples

H, W, o, q, C = dims("H W o q C")


def sizes(extent, count):
    """How many positions each window has."""
    return [-((-(i + 1) * extent) // count) - i * extent // count for i in range(count)]


def window(name, outer, extent):
    """An index over a window of an adaptive pool."""
    start = Quotient(extent * outer, outer.dim)
    return Index(name, Quotient(extent * (outer + 1) + outer.dim - 1, outer.dim) - start)


@settings(max_examples=examples(60), deadline=None)
@given(*[st.integers(1, 60)] * 2)
def test_the_extents_of_windows_add_up(extent, count):
    i = Index("i", o)
    (total,) = positions([i, window("u", i, H)])
    assert total == H + o - Gcd(H, o)
    assert exact(total, {H: extent, o: count}) == sum(sizes(extent, count))
    i = Index("i", count)
    assert math.prod(positions([i, window("u", i, sympy.Integer(extent))])) == sum(sizes(extent, count))


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(1, 12), st.integers(-20, 20), st.integers(1, 12))
def test_floors_in_line_add_up(a, b, m):
    i = Index("i", m)
    found = sum_over_indices(3 * Quotient(a * i + b, m) + i - 2, [i])
    assert found == sum(3 * ((a * k + b) // m) + k - 2 for k in range(m))


def test_what_has_no_closed_form_is_unknown():
    i = Index("i", o)
    u, v = window("u", i, H), window("v", i, W)
    assert positions([i, u, v]) is None
    x = Tensor("x", (H, W))
    made = Definition(Tensor("y", (o,)), (i,), IndexSum(Entry.at(x, u, v), u, v))
    (part,) = count(Program((x,), (made,), (made.tensor,)))
    assert part.unknown == ("sum_adds over positions without a closed form in y",)


@settings(max_examples=examples(30), deadline=None)
@given(*[st.integers(1, 40)] * 4)
def test_an_adaptive_pool_costs_what_its_windows_take(height, width, rows, columns):
    open_sizes = cost(AdaptiveAvgPool2d(3, "H", "W", ("P", "Q")))
    expected = 3 * sum(
        one * other - 1
        for one, other in itertools.product(sizes(height, rows), sizes(width, columns))
    )  # fmt: skip
    given_sizes = {"H": height, "W": width, "P": rows, "Q": columns}
    assert open_sizes.subs(given_sizes).adds == expected
    assert open_sizes.compile("adds")(**given_sizes) == expected
    assert cost(AdaptiveAvgPool2d(3, height, width, (rows, columns))).adds == expected
    assert open_sizes.conditions == ()


def test_its_formula_is_short_and_exact_in_a_sweep():
    found = cost(AdaptiveAvgPool2d("C", "H", "W", ("P", "Q")))
    assert found.formula("adds").write() == "C · ((H + P − gcd(H, P)) · (W + Q − gcd(Q, W)) − P · Q)"
    assert found.latex("adds").count(r"\gcd\left(") == 2
    largest = cost(AdaptiveMaxPool3d(1, "D", 4, 5, (3, 2, 1)))
    heights = np.arange(1, 2000)
    swept = largest.compile("comparisons")(D=heights)
    assert list(swept) == [sum(size * 2 * 5 - 1 for size in sizes(height, 3)) * 2 for height in heights]
    huge = found.compile("adds")(C=1, H=10**20, W=10**20 + 1, P=6, Q=3)
    assert huge == (10**20 + 6 - 2) * (10**20 + 1 + 3 - math.gcd(10**20 + 1, 3)) - 18


def test_windows_side_by_side_have_the_plain_formula():
    assert cost(AdaptiveAvgPool1d("C", 4 * W, W)).adds.expand() == 3 * C * W
    assert cost(AdaptiveAvgPool1d(2, 12, 4)).adds == 2 * 4 * 2


@settings(max_examples=examples(60), deadline=None)
@given(*[st.integers(1, 400)] * 3)
def test_a_divisor_is_that_of_numbers(one, other, number):
    kept = Gcd(H * number + other, number)
    assert exact(kept, {H: one}) == math.gcd(one * number + other, number)
    assert exact(Gcd(W, H), {H: one, W: other}) == Gcd(one, other) == math.gcd(one, other)


def test_divisors_in_questions():
    assert [Gcd(6 * H, 3), Gcd(H * W, W), Gcd(H, H)] == [3, W, H]
    signs = signs_of(Gcd(H, 6) - 2, H)
    found = {n: run.sign for run in signs.runs for n in range(1, 31) if (n - run.first) % run.step == 0}
    assert found == {n: int(np.sign(math.gcd(n, 6) - 2)) for n in range(1, 31)}
    pool = cost(AdaptiveAvgPool1d("C", "L", 7))
    assert pool.leading("L", "adds").expr == pool.symbols[0] * pool.symbols[1]
    with pytest.raises(SymderiveError, match="stands inside a gcd"):
        pool.elasticity("L", "adds")
    both = cost(AdaptiveAvgPool1d("C", "L", "O"))
    with pytest.raises(SymderiveError, match="let only one grow"):
        both.leading(["L", "O"], "adds")
    solved = pool.subs(C=1).solve("adds <= 100", for_="L")
    values = {size: sum(one - 1 for one in sizes(size, 7)) for size in range(1, 300)}
    assert solved.expr == max(size for size, value in values.items() if value <= 100)


def ragged(outer, inner):
    """`Σ_u x[⌊Hi/o⌋ + u]` with these names."""
    i = Index(outer, o)
    u = window(inner, i, H)
    return i, IndexSum(Entry(Tensor("x", (H,)), Quotient(H * i, o) + u), u)


def test_names_do_not_matter_and_extents_follow():
    (i, one), (j, other) = ragged("i", "u"), ragged("j", "v")
    assert free_indices(one) == {i}
    assert not alpha_equivalent(one, other)
    moved = substitute(one, {i: j})
    assert alpha_equivalent(moved, other)
    assert moved.indices[0].within == {j}
    assert alpha_equivalent(IndexSum(one, i), IndexSum(other, j))
    clash = substitute(one, {i: Index("u", o)})
    assert free_indices(clash) == {Index("u", o)}
    assert alpha_equivalent(IndexSum(clash, Index("u", o)), IndexSum(one, i))


def test_both_indices_in_one_sum():
    i, inner = ragged("i", "u")
    together = IndexSum(inner.body, *inner.indices, i)
    made = Definition(Tensor("total", ()), (), together)
    program = Program((Tensor("x", (H,)),), (made,), (made.tensor,))
    x = np.arange(8.0) ** 2
    starts = [8 * k // 3 for k in range(3)]
    expected = sum(x[start : start + size].sum() for start, size in zip(starts, sizes(8, 3), strict=True))
    assert evaluate(program, {"x": x}, {o: 3})["total"] == expected
    largest = IndexMax(together.body, *together.indices)
    made = Definition(Tensor("most", ()), (), largest)
    assert evaluate(Program(program.inputs, (made,), (made.tensor,)), {"x": x}, {o: 3})["most"] == x.max()


def test_code_for_it_is_refused_in_one_sentence():
    with pytest.raises(SymderiveError, match="the number of positions of u depends on i") as caught:
        def_source(AdaptiveAvgPool1d(2, 8, 3).program(), "pool", ["A pool."])
    assert "\n" not in str(caught.value)
