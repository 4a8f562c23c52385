"""Brackets and deltas: which terms exclude each other, where products land, and what that costs."""

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import Dim, dims
from symderive.core.nodes import Delta, Index, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.cost import cost
from symderive.cost.choices import is_one_of_several, landing
from symderive.cost.count import Contraction
from symderive.cost.evaluation import evaluate
from symderive.cost.output.steps import steps
from symderive.cost.valid import valid_products
from symderive.layers import Attention, Conv1d, ConvTranspose1d
from tests.cost.brute_force import Loops, random_arrays
from tests.profiles import examples

n, p = dims("n p")
i, j, u = Index("i", 12), Index("j", 5), Index("u", 3)
x, a, y = Tensor("x", (5,)), Tensor("a", (3,)), Tensor("y", (12,))


@pytest.mark.parametrize(
    ("ranges", "apart"),
    [
        ([(i, 4), (i - 4, 3)], True),
        ([(i, 4), (i - 3, 3)], False),
        ([(3 - i, 4), (i - 4, 8)], True),
        ([(4 - i, 4), (i - 4, 8)], False),
        ([(i, 4), (i - 4, 3), (i - 7, 5)], True),
        ([(i, 4), (i - 4, 3), (i - 6, 5)], False),
        ([(i, 4), (j, 3)], False),
    ],
    ids=str,
)
def test_terms_exclude_each_other_only_where_their_ranges_do(ranges, apart):
    terms = [Inside(position, size) * x[j] for position, size in ranges]
    assert is_one_of_several(terms) is apart
    values = [
        [
            0 <= int(position.xreplace({i: sympy.Integer(at), j: sympy.S.Zero})) < size
            for position, size in ranges
        ]
        for at in range(12)
    ]
    assert not apart or all(sum(there) <= 1 for there in values)


def test_ranges_with_symbols_are_compared_too():
    k = Index("k", n + 2 * p)
    front, middle, back = (Inside(k, p), Inside(k - p, n), Inside(k - p - n, p))
    assert is_one_of_several([front * x[0], middle * x[1], back * x[2]])
    assert not is_one_of_several([front * x[0], Inside(k, n) * x[1]])
    assert not is_one_of_several([front * x[0], x[1]])


def test_a_delta_says_where_only_if_nothing_else_holds_its_index():
    lands = Delta(i, 2 * j + u)
    assert {one: position for one, (_, position) in landing([a[u], x[j], lands], [u, j]).items()} == {
        i: 2 * j + u
    }
    assert landing([a[u], x[j], y[i], lands], [u, j]) == {}
    assert landing([a[u], lands], [u]) == {}
    assert landing([x[j], Delta(j, 2)], [j]) == {}


def scattered(size):
    """`y[i] = Σ_{u,j} a[u] x[j] δ(i, 2j + u)`, over fewer outputs than there are places."""
    short = Index("i", size)
    into = Tensor("y", (size,))
    body = IndexSum(a[u] * x[j] * Delta(short, 2 * j + u), u, j)
    return Program((a, x), (Definition(into, (short,), body),), (into,))


@pytest.mark.parametrize("size", [1, 6, 10, 11, 14])
def test_products_are_counted_once_wherever_they_land(size):
    program = scattered(size)
    counted, loops = cost(program), Loops(program, random_arrays(program)).counts
    assert (counted.macs, counted.adds) == (15, 15) == (loops["muls"], loops["adds"])
    assert counted.macs - counted.valid_macs == loops["padding"]
    inside = sum(2 * one + tap < size for one in range(5) for tap in range(3))
    assert counted.valid_macs == inside
    assert counted.is_padded is (size < 11)


def test_a_masked_sum_counts_its_products_and_says_which_are_masked():
    """`z[j] = Σ_k A[j, k] x[k] [k ≤ j]`: n(n + 1)/2 of n² products."""
    k = Index("k", 5)
    A, z = Tensor("A", (5, 5)), Tensor("z", (5,))
    program = Program((A, x), (Definition(z, (j,), IndexSum(A[j, k] * x[k] * Inside(j - k, 5), k)),), (z,))
    counted = cost(program)
    assert (counted.macs, counted.valid_macs) == (25, 15)
    assert Loops(program, random_arrays(program)).counts["padding"] == 10
    assert "products that are masked count" in str(counted)


def test_the_table_says_how_many_products_are_valid():
    padded, cropped = cost(Conv1d(1, 1, 3, 5, padding=1)), cost(ConvTranspose1d(1, 1, 3, 5, padding=1))
    assert "valid MACs  13, without the 2 against zero padding" in str(padded)
    assert "valid MACs  13, without the 2 that are cropped" in str(cropped)
    assert "products that are cropped count" in cropped.convention
    assert "valid MACs  (k · L′ − 2) · C_in · C_out, without those against zero padding" in str(
        cost(Conv1d(padding=1))
    )
    assert "valid" not in str(cost(Conv1d()))


def test_copied_entries_and_products_that_land_are_said_in_words():
    copied, slid = steps(cost(Conv1d(2, 3, 3, 5, padding=1, padding_mode="replicate")))
    assert copied.equation.startswith("padded_length[c, i] = ")
    assert copied.sentence == "each padded_length[c, i] is one entry, copied"
    assert "products" in slid.sentence
    (landed,) = steps(cost(ConvTranspose1d(2, 3, 3, 5, stride=2)))
    assert landed.equation == "y[o, i] = Σ_{c, u, p} weight[c, o, u] · x[c, p] · δ[i, 2·p + u]"
    assert landed.equation_latex == r"y_{o, i} = \sum_{c, u, p} K_{c, o, u}\, x_{c, p}\, \delta_{i, 2 p + u}"
    assert landed.sentence.startswith("each product is added to the one y[o, i] where it lands; there are ")


STEPS = st.tuples(*[st.integers(-3, 3).filter(bool)] * 2, st.integers(-4, 4))


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=2), *[st.integers(1, 6)] * 4, st.sets(st.sampled_from("NKmn")))
def test_valid_products_in_symbols_are_those_found_by_trying_all(steps, first, second, inside, other, put):
    """Pairs with `0 ≤ c + a·i + b·j < n`, for one such range or two, with sizes put in before or after."""
    sizes = dict(zip((Dim(name) for name in "NKmn"), (first, second, inside, other), strict=True))
    N, K, *limits = sizes
    i, j = Index("i", N), Index("j", K)
    ranges = [(a * i + b * j + c, limit) for (a, b, c), limit in zip(steps, limits, strict=False)]
    known = {size: sympy.Integer(value) for size, value in sizes.items() if size.name in put}
    factors = valid_products(Contraction((), (j,), (i,), chosen=tuple(ranges)), {}, (), known)
    tried = sum(
        all(
            0 <= a * one + b * two + c < sizes[limit] for (a, b, c), limit in zip(steps, limits, strict=False)
        )
        for one in range(first)
        for two in range(second)
    )
    assert evaluate(sympy.Mul(*factors), sizes) == tried


def test_long_sequences_are_counted_without_a_square():
    length, width = 200_000, 4096
    counted = cost(Attention(1, length, heads=1, causal=True, window=width))
    assert counted.valid_macs == 2 * (width * length - width * (width - 1) // 2)
