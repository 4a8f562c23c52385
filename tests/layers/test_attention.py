"""Attention against NumPy code that does not know it, and how many of its products are masked."""

import itertools

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import Dim, dims
from symderive.cost import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import Attention, MultiHeadAttention
from tests.cost.brute_force import random_arrays
from tests.profiles import examples

small = st.integers(1, 3)


def attended(q, k, v, sees):
    """One query after the other, over the keys that it sees; counts the products."""
    (n, heads, queries, d), groups = q.shape, k.shape[1]
    y, products = np.zeros((n, heads, queries, v.shape[-1])), 0
    for b, h, i in np.ndindex(n, heads, queries):
        seen = [j for j in range(k.shape[2]) if sees(i, j)]
        g = h // (heads // groups)
        raised = np.array([np.exp(q[b, h, i] @ k[b, g, j] / np.sqrt(d)) for j in seen])
        y[b, h, i] = sum(one * v[b, g, j] for one, j in zip(raised, seen, strict=True)) / raised.sum()
        products += len(seen) * (d + v.shape[-1])
    return y, products


@st.composite
def attentions(draw):
    groups, queries = draw(small), draw(st.integers(1, 4))
    causal = draw(st.booleans())
    window = draw(st.integers(1, queries)) if causal and draw(st.booleans()) else None
    keys = queries if window else draw(st.integers(1, 4))
    return Attention(
        draw(small), queries, keys, draw(small), groups * draw(st.integers(1, 2)), groups, 2, causal, window
    )


@settings(max_examples=examples(60), deadline=None)
@given(attentions())
def test_attention_computes_and_costs_what_loops_over_queries_do(layer):
    program = layer.program()
    arrays = random_arrays(program)
    got = evaluate(program, arrays)["y"]
    heads = int(layer.heads)
    width = int(layer.window or layer.queries)

    def sees(i, j):
        return not layer.causal or 0 <= i - j < width

    q = arrays["q"].reshape(2, heads, int(layer.queries), int(layer.d))
    expected, products = attended(q, arrays["k"], arrays["v"], sees)
    assert expected.shape == layer.output_shape
    np.testing.assert_allclose(got.reshape(expected.shape), expected, atol=1e-12)
    counted = cost(layer)
    assert counted.valid_macs == products
    dense = attended(q, arrays["k"], arrays["v"], lambda i, j: True)[1]
    assert counted.macs == dense
    assert counted.unknown == ()


def test_half_of_a_causal_square_is_valid_in_symbols_too():
    N, H, L, d, dv = dims("N H L d d_v")
    counted = cost(Attention(d, L, None, dv, H, None, N, causal=True))
    assert sympy.expand(counted.macs - N * H * L**2 * (d + dv)) == 0
    assert sympy.expand(counted.valid_macs - N * H * L * (L + 1) / 2 * (d + dv)) == 0
    for length, width in itertools.product((1, 2, 7), (1, 4)):
        numbers = counted.subs(N=1, H=2, L=length, d=3, d_v=width)
        assert numbers.valid_macs == 2 * (length * (length + 1) // 2) * (3 + width)
    assert cost(Attention(d, L, heads=H)).valid_macs == cost(Attention(d, L, heads=H)).macs


def test_a_window_leaves_a_band_of_the_square():
    band = cost(Attention("d", "L", causal=True, window="w")).formula("valid_macs")
    assert band.write() == "H · (2 · L − w + 1) · d · w"
    windowed = cost(Attention("d", "L", heads=1, causal=True, window="w")).subs(d=1, L=6, w=2)
    assert windowed.valid_macs == 2 * (6 + 5)


def test_fewer_heads_for_keys_do_not_change_the_products():
    grouped, full = cost(Attention(8, 16, heads=8, kv_heads=2)), cost(Attention(8, 16, heads=8))
    assert grouped.macs == full.macs == 8 * 16 * 16 * (8 + 8)
    assert Attention(heads="H", kv_heads="G").conditions == (sympy.Eq(sympy.Mod(Dim("H"), Dim("G")), 0),)


def projected(arrays, name, source):
    return np.einsum("hcm,nim->nhic", arrays[f"w_{name}"], source) + arrays[f"b_{name}"][:, None]


@pytest.mark.parametrize(
    "layer",
    [
        MultiHeadAttention(6, 2, 4, batch=2),
        MultiHeadAttention(4, 2, 3, batch=2, causal=True),
        MultiHeadAttention(4, 1, 3, 5, 2, 6, batch=2),
    ],
    ids=str,
)
def test_several_heads_are_projections_around_attention(layer):
    arrays = random_arrays(layer.program())
    x = arrays["x"]
    key, value = arrays.get("key", x), arrays.get("value", x)
    q, k, v = (projected(arrays, *one) for one in (("q", x), ("k", key), ("v", value)))
    inner, _ = attended(q, k, v, lambda i, j: not layer.causal or j <= i)
    expected = np.einsum("ohc,nhic->nio", arrays["w_o"], inner) + arrays["b_o"]
    np.testing.assert_allclose(evaluate(layer.program(), arrays)["y"], expected, atol=1e-12)


def test_several_heads_cost_four_projections_and_two_products_of_each_pair():
    N, L, d, H = dims("N L d H")
    counted = cost(MultiHeadAttention(d, H, L, batch=N))
    assert sympy.expand(counted.macs - (4 * N * L * d**2 + 2 * N * L**2 * d)) == 0
    assert sympy.expand(counted.params - (4 * d**2 + 4 * d)) == 0
    assert [part.name for part in counted.parts if part.contractions] == [
        "queries", "keys", "values", "scores", "attended", "y",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Attention(8, 16, heads=4, kv_heads=3), "3 heads for keys do not divide 4 heads"),
        (lambda: Attention(8, 16, window=4), "set causal, too"),
        (lambda: Attention(8, 16, causal=True, window=20), "the window of 20 is larger than 16 keys"),
        (lambda: Attention(0), "d: 0 is not a size"),
        (lambda: MultiHeadAttention(10, 4), "4 heads do not divide 10 entries"),
        (lambda: MultiHeadAttention(queries=0), "queries: 0 is not a size"),
    ],
)
def test_what_does_not_fit_is_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
