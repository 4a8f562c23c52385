"""Index equations in the working of a cost: one notation, no index called like a size."""

from __future__ import annotations

import re

import pytest

from symderive.cost import cost
from symderive.cost.output.steps import steps
from symderive.layers import (
    LSTM,
    Activation,
    AdaptiveAvgPool1d,
    AdaptiveMaxPool1d,
    Attention,
    AvgPool1d,
    BatchNorm1d,
    ConvTranspose2d,
    Embedding,
    MaxPool1d,
    MixtureOfExperts,
    MultiHeadAttention,
    Upsample1d,
)


def equations(layer):
    return [step.equation for step in steps(cost(layer))]


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        (Embedding(batch="N"), "y[n, j] = weight[x[n], j]"),
        (MixtureOfExperts(), "up[n, j, h] = Σ_{m} w_up[choice[n, j], h, m] · x[n, m]"),
        (Attention(), "scores[h, i, j] = 1/√d · Σ_{c} k[h, j, c] · q[h, i, c]"),
        (MultiHeadAttention(), "scores[h, i, j] = √(H/d) · Σ_{c} keys[h, j, c] · queries[h, i, c]"),
        (
            MultiHeadAttention(causal=True),
            "attended[h, i, e] = Σ_{j ≤ i} values[h, j, e] · weights[h, i, j]",
        ),
        (AvgPool1d(), "y[c, i] = 1/k · Σ_{u < k} x[c, k·i + u]"),
        (MaxPool1d(), "y[c, i] = max_{u < k} x[c, k·i + u]"),
        (AdaptiveMaxPool1d(output="o"), "y[c, i] = max_{⌊L·i / o⌋ ≤ u ≤ ⌊(L + L·i − 1)/o⌋} x[c, u]"),
        (AdaptiveAvgPool1d(output="o"), "y[c, i] = mean_{⌊L·i / o⌋ ≤ u ≤ ⌊(L + L·i − 1)/o⌋} x[c, u]"),
        (
            BatchNorm1d(),
            "y[n, c] = weight[c] · (x[n, c] − running_mean[c]) / √(running_var[c] + 1e-5) + bias[c]",
        ),
        (LSTM(), "h[t, k] = o[t, k] · tanh(c[t, k])"),
        (
            Activation("gelu_tanh", "n"),
            "y[i] = x[i] · (1 + tanh(√(2/π) · (x[i] + 0.044715 · x[i]³))) / 2",
        ),
        (Upsample1d(mode="linear"), "share_length[m] = 1/(2 · s) · ((s + 2·m + 1) mod (2·s))"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_products_have_dots_sums_their_indices_and_picked_entries_their_place(layer, shown):
    assert shown in equations(layer)


@pytest.mark.parametrize(
    "layer",
    [ConvTranspose2d(padding="p", stride="q", kernel="u"), LSTM(projection="p", d_hidden="k", d_in="m")],
    ids=["transposed", "lstm"],
)
def test_no_index_is_called_like_a_size(layer):
    sizes = {str(symbol) for symbol in cost(layer).symbols}
    for equation in equations(layer):
        left, _ = equation.split(" = ", 1)
        bound = re.findall(r"_\{([^}]*)\}", equation)
        letters = {one.split(" ")[0] for group in bound for one in group.split(", ")}
        assert not sizes & (letters | set(re.findall(r"\w+", left.partition("[")[2])))


def test_numbers_beside_letters_are_one_number():
    said = [step.sentence for step in steps(cost(LSTM(layers=2, bidirectional=True)))]
    assert any("8 · T · d_h² products" in one for one in said)
    assert not any("4 · 2" in one for one in said)
