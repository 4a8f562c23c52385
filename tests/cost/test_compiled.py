"""Compiled formulas against the exact evaluator, with sizes at which int64 overflows."""

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symderive.core.dims import dims
from symderive.cost import compiled as compiled_module
from symderive.cost import cost, tape
from symderive.cost.compiled import compiled
from symderive.cost.evaluation import complete, evaluate
from symderive.cost.formula import Formula
from symderive.cost.tape import tape_of
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import AvgPool2d, Conv2d, Dense, MultiHeadAttention
from symderive.networks import network
from tests.profiles import examples

N, M, K = dims("n m k")
NETWORKS = {
    "resnet18": ("B", "H", "W"),
    "densenet121": ("B", "H", "W"),
    "mobilenet_v3_small": ("B", "H", "W"),
    "vit_b_16": ("B", "H", "W"),
    "gpt": ("B", "T", "d", "C", "V", "L", "h"),
}


@pytest.fixture(scope="module", params=NETWORKS)
def counted(request):
    return cost(network(request.param))


def exact(counted, quantity, sizes):
    """The values by Python's integers and fractions, term by term."""
    symbols = {symbol.name: symbol for symbol in counted.symbols}
    values = complete(
        {symbols[name]: value.astype(object) for name, value in sizes.items()}, counted.relations
    )
    found = np.broadcast_to(counted.formula(quantity).value(values), 1000)
    return [int(value) for value in found]


def drawn(names, count, largest, seed):
    """Sizes whose logarithms are spread evenly, so that small and huge ones are among them."""
    draw = np.random.default_rng(seed)
    return {name: np.exp(draw.uniform(np.log(32), np.log(largest), count)).astype(np.int64) for name in names}


@pytest.mark.parametrize("largest", [1024, 2**24, 2**60])
def test_a_thousand_shapes_are_exact(counted, largest):
    names = [symbol.name for symbol in counted.symbols if symbol not in counted.relations]
    sizes = drawn(names, 1000, largest, 1)
    if "h" in sizes:
        sizes["d"] = sizes["h"] * np.minimum(sizes["d"], largest // sizes["h"])
    found = counted.compile("macs", "params")(**sizes)
    for quantity, values in found.items():
        reference = exact(counted, quantity, sizes)
        assert [int(value) for value in np.broadcast_to(values, 1000)] == reference
        is_wide = max(map(abs, reference)) > 2**63 - 1
        assert values.dtype == (object if is_wide else np.int64)
    for at in range(3):
        one = counted.subs({name: int(sizes[name][at]) for name in names})
        assert (one.macs, one.params) == (found["macs"][at], found["params"][at])


positive = st.recursive(
    st.sampled_from([N, M, K, sympy.Integer(1), sympy.Integer(3)]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] + two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] * two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] - two[1]),
        st.tuples(inner, st.integers(1, 5)).map(lambda two: sympy.floor((two[0] - 1) / two[1]) + 1),
        st.tuples(inner, st.sampled_from([N, M])).map(lambda two: sympy.floor(two[0] / two[1])),
        inner.map(lambda one: one * (one + 1) / 2),
    ),
    max_leaves=6,
)
sizes = st.one_of(st.integers(1, 40), st.integers(1, 2**20), st.integers(2**30, 2**62))


@settings(max_examples=examples(120), deadline=None)
@given(positive, st.lists(st.tuples(sizes, sizes, sizes), min_size=1, max_size=6))
def test_random_formulas_are_exact(expr, rows):
    formula = Formula((), ()) if expr == 0 else Formula.of(expr)
    assume(all(base.is_Symbol or not base.is_Pow for term in formula.terms for base, _ in term.factors))
    function = compiled({"it": formula}, (N, M, K), {}, (), {})
    reference = [evaluate(expr, dict(zip((N, M, K), row, strict=True))) for row in rows]
    columns = {name: np.array(column) for name, column in zip("nmk", zip(*rows, strict=True), strict=True)}
    if any(value != int(value) for value in reference):
        with pytest.raises(ShapeError):
            function(**columns)
        return
    assert [int(one) for one in np.atleast_1d(function(**columns))] == reference
    assert function(**dict(zip("nmk", rows[0], strict=True))) == reference[0]


def test_the_tape_is_what_runs(monkeypatch):
    """The exact evaluator is not asked where the operations on whole numbers say it all."""

    def refuse(*_):
        raise AssertionError

    function = cost(network("resnet18")).compile()
    monkeypatch.setattr(compiled_module._Compiled, "_term_by_term", refuse)
    assert function(B=1, H=224, W=224) == 1_814_073_344
    assert function(B=[1, 2], H=224, W=224).tolist() == [1_814_073_344, 2 * 1_814_073_344]
    assert function(B=2**62, H=np.array([224, 10**9]), W=224).dtype == object


def test_a_wrong_bound_would_be_noticed(monkeypatch):
    """With overflow taken for impossible, the numbers are wrong: the test above would fail."""
    function = cost(Dense("d", "m")).compile()
    large = np.array([2**40, 3])
    assert function(d=large, m=large).tolist() == [2**80, 9]
    monkeypatch.setattr(tape.Tape, "reach", lambda *_: 0)
    assert function(d=large, m=large).tolist() != [2**80, 9]


def test_what_formulas_share_is_computed_once():
    first = sympy.floor((N - 1) / 2) + 1
    one = tape_of([first * M], [N, M], {})
    both = tape_of([first * M, first * M + K], [N, M, K], {})
    assert len(both.steps) == len(one.steps) + 1
    assert len(tape_of([3 * N * M + 5 * N * K + 7 * N], [N, M, K], {}).steps) == 5


def test_conditions_and_mistakes_are_those_of_single_sizes():
    pooled = cost(AvgPool2d()).compile("adds")
    with pytest.raises(ShapeError, match="H ≥ k is needed"):
        pooled(C=1, k=3, H=np.array([5, 2]), W=5)
    attention = cost(MultiHeadAttention()).compile()
    assert attention(L=np.array([3, 4]), d=8, H=2).tolist() == [912, 1280]
    with pytest.raises(ShapeError, match="H divides d is needed"):
        attention(L=3, d=np.array([8, 9]), H=2)
    convolution = cost(Conv2d()).compile()
    fitting = {"C_in": 3, "C_out": 4, "k": 3, "W": 7}
    with pytest.raises(ShapeError, match="sizes are positive whole numbers"):
        convolution(H=np.array([9, 0]), **fitting)
    with pytest.raises(ShapeError, match="sizes are positive whole numbers"):
        convolution(H=np.array([9.5]), **fitting)
    with pytest.raises(SymderiveError, match="no size is called 'Q'"):
        convolution(Q=1, H=9, **fitting)
    with pytest.raises(SymderiveError, match="Hprime has no value; give H=…"):
        convolution(**fitting)
    with pytest.raises(SymderiveError, match="no quantity 'mac'"):
        cost(Conv2d()).compile("mac")


def test_arrays_broadcast_and_keep_their_form():
    macs = cost(Dense("d", "m")).compile()
    rows, columns = np.arange(1, 4)[:, None], np.arange(1, 6, dtype=np.int32)
    np.testing.assert_array_equal(macs(d=rows, m=columns), rows * columns)
    assert macs(d=np.zeros(0, dtype=int), m=3).shape == (0,)
    assert type(macs(d=np.int64(3), m=np.array(4))) is int
    assert macs(d=np.array([2**63], dtype=np.uint64), m=[3]).tolist() == [3 * 2**63]
    with pytest.raises(ValueError, match="broadcast"):
        macs(d=np.ones(3, dtype=int), m=np.ones(2, dtype=int))
