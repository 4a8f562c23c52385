"""Networks: the equations of the lecture, and every gradient against hand-written backprop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.derive.network import ACTIVATIONS, LOSSES, Layer, Network
from symderive.derive.network_numbers import NetworkNumbers, Reported
from symderive.numeric.draws import draw, legacy_draws
from tests.profiles import examples

LECTURE = Network(sd.dims("d"), [Layer(sd.dims("h")), Layer(1)], "binary_cross_entropy", weights="out-in")


def written(derivation):
    return {str(one.definition.tensor.name): str(one) for one in (*derivation.lets, *derivation.results)}


def test_the_equations_are_those_of_the_lecture():
    equations = written(LECTURE.derivation)
    assert equations["z1"] == "z₁ = W₁x + b₁"
    assert equations["delta2"] == "δ₂ = p − y"
    assert equations["dL_dW2"] == "∇_W₂ L = δ₂a₁ᵀ"
    assert equations["dL_db2"] == "∇_b₂ L = δ₂"
    assert equations["dL_dW1"] == "∇_W₁ L = δ₁xᵀ"
    assert equations["dL_db1"] == "∇_b₁ L = δ₁"
    assert "W₂ᵀδ₂" in equations["delta1"]
    assert "a₁ ⊙ (1 − a₁)" in equations["delta1"]


def test_the_sigmoids_slope_cancels_against_the_cross_entropys():
    # Goodfellow, Bengio, Courville, Deep Learning, section 6.2.2.2: it saturates only where it is right.
    assert str(LECTURE.derivation.to_numpy().source).count("(1 - p)") == 0


@st.composite
def networks(draws):
    batch = draws(st.sampled_from([None, 7]))
    widths = draws(st.permutations([3, 5, 4, 2]))
    depth = draws(st.integers(1, 3))
    layers = [
        Layer(width, draws(st.sampled_from(ACTIVATIONS)), draws(st.booleans()))
        for width in widths[1 : depth + 1]
    ]
    loss = draws(st.sampled_from(sorted(LOSSES)))
    if loss == "binary_cross_entropy":
        layers[-1] = Layer(layers[-1].units, "sigmoid", layers[-1].bias)
    layout = draws(st.sampled_from(["in-out", "out-in"]))
    return Network(widths[0], layers, loss, weights=layout, batch=batch), draws(st.integers(0, 10**6))


@settings(max_examples=examples(40), deadline=None)
@given(networks())
def test_closed_form_backprop_and_differences_agree(case):
    network, seed = case
    rng = np.random.default_rng(seed)
    tensors = [network.x.tensor, network.y.tensor, *network.parameters]
    arrays = {
        str(one.name): draw(tuple(int(size) for size in one.shape), one.domain, seed=rng) for one in tensors
    }
    numbers = NetworkNumbers(network, arrays)
    for one in numbers.parameters:  # closed form against backprop is checked inside
        assert one.closed.shape == one.quotient.value.shape
        decided = np.isfinite(one.quotient.noise)
        assert np.all(np.abs(one.closed - one.quotient.value)[decided] <= one.quotient.noise[decided])


def test_a_wrong_backprop_would_be_noticed(monkeypatch):
    import symderive.derive.network_numbers as module

    true = module.backward

    def wrong(layers, trace, loss, y):
        made = true(layers, trace, loss, y)
        return [type(one)(one.weight * 1.001, one.bias) for one in made]

    monkeypatch.setattr(module, "backward", wrong)
    network = Network(2, [Layer(1)], "squared_error")
    arrays = {"x": [0.3, -0.7], "y": [0.2], "W1": [[0.5], [0.1]], "b1": [0.3]}
    with pytest.raises(sd.InternalError, match="closed form and backprop disagree for W1"):
        _ = NetworkNumbers(network, arrays).parameters


# GNR638 (IIT Bombay, spring 2024), assignment 2, question 1: specification and printed numbers.
SEED_NETWORK = Network(2, [Layer(2, "sigmoid", False), Layer(1, "sigmoid", False)], "difference")
SEED_ARRAYS = {
    "x": [1, 1],
    "y": [1],
    **legacy_draws(0, [("W1", (2, 2), "rand"), ("W2", (2, 1), "rand")]),
}
ANALYTICAL = Reported(
    "Analytical",
    {
        "W1": [[-0.01637912, -0.01637912], [-0.02355449, -0.02355449]],
        "W2": [-0.16504242, -0.16504242],
    },
    "one-sided",
    1e-10,
    "out-in",
)
BACKPROPAGATED = Reported(
    "Backpropagated",
    {
        "W1": [[-0.01638029, -0.01638029], [-0.02355442, -0.02355442]],
        "W2": [[-0.16096605, -0.16504206]],
    },
    layout="out-in",
)


@pytest.fixture(scope="module")
def seed_numbers():
    return NetworkNumbers(SEED_NETWORK, SEED_ARRAYS, "one-sided", 1e-10)


def test_all_printed_digits_are_reproduced(seed_numbers):
    first, second = seed_numbers.parameters
    assert np.round(first.closed, 8).tolist() == [[-0.01638029, -0.02355442]] * 2
    assert np.round(second.closed.ravel(), 8).tolist() == [-0.16096605, -0.16504206]
    assert np.round(first.quotient.value, 8).tolist() == [[-0.01637912, -0.02355449]] * 2
    assert np.round(second.quotient.value.ravel(), 8).tolist() == [-0.16096569, -0.16504242]
    assert f"{seed_numbers.output[0]:.8f}" == "0.69531126"
    assert "round-off regime" in seed_numbers.regime


def test_five_reported_entries_pass_and_the_sixth_is_flagged(seed_numbers):
    judgement = seed_numbers.judge(ANALYTICAL)
    verdicts = {entry.name: entry.verdict for entry in judgement.comparison.entries}
    assert verdicts.pop("W2[0]") == "different"
    assert set(verdicts.values()) == {"equal"}
    assert len(verdicts) == 5
    assert judgement.verdict == "wrong"
    assert judgement.comparison.worst.sentence == (
        "W2[0]: reported −0.16504242, true −0.16096605: off by 2.5 %, 3,670 times the round-off of a "
        "one-sided difference at ε = 1e-10."
    )
    assert [slip.message for slip in judgement.slips] == [
        "The reported value equals the quotient for W2[1]: one entry was probably written into both places."
    ]


def test_the_backpropagated_numbers_are_right(seed_numbers):
    assert seed_numbers.judge(BACKPROPAGATED).verdict == "right"


def test_a_report_in_the_wrong_layout_is_not_right(seed_numbers):
    swapped = Reported("swapped", BACKPROPAGATED.values, layout="in-out")
    judgement = seed_numbers.judge(swapped)
    assert judgement.verdict == "wrong"
    assert judgement.slips[0].kind == "transposed"


def test_the_sibling_report_with_biases():
    # github.com/IITBProjects/GNR-638, Assignment2 (data/gradients.json): biases, mean binary cross-entropy.
    network = Network(2, [Layer(2), Layer(1)], "binary_cross_entropy", batch=1)
    arrays = {
        "X": [[1, 1]],
        "Y": [[0]],
        "W1": [[0.7796910002727693, 0.596850157946487], [0.44583275285359114, 0.09997491581800289]],
        "b1": [[0.45924889196586716, 0.33370861113902184]],
        "W2": [[0.14286681792194078], [0.6508884729488529]],
        "b2": [[0.056411579027100256]],
    }
    reported = {
        "W2": [[0.5554729211595032], [0.48533144495771313]],
        "b2": 0.6585057038369607,
        "W1": [[0.012416813333871662, 0.08307470494107291]] * 2,
        "b1": [0.012416813333871662, 0.08307470494107291],
    }
    numbers = NetworkNumbers(network, arrays)
    for one in numbers.parameters:
        np.testing.assert_allclose(one.closed.ravel(), np.ravel(reported[one.name]), rtol=1e-14)
    assert numbers.judge(Reported("sibling", reported)).verdict == "right"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W1": [[1.0, 2.0]]}, r"W1 has shape \(1, 2\), but 2×2 is needed"),
        ({"W3": [1.0]}, "W3 is not an array of this network; it has x, y, W1, W2"),
        ({"x": [1.0, float("nan")]}, "x has an entry that is not a finite number"),
    ],
)
def test_wrong_data_is_one_sentence(change, message):
    with pytest.raises(sd.SymderiveError, match=message):
        NetworkNumbers(SEED_NETWORK, {**SEED_ARRAYS, **change})


def test_missing_data_is_named():
    arrays = {name: value for name, value in SEED_ARRAYS.items() if name != "W2"}
    with pytest.raises(sd.SymderiveError, match=r"W2 \(2×1\) is missing"):
        NetworkNumbers(SEED_NETWORK, arrays)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Layer(2, "sigmoied"), 'the activation "sigmoied" is not known; did you mean "sigmoid"'),
        (lambda: Network(2, [Layer(1)], "hinge"), 'the loss "hinge" is not known'),
        (lambda: Network(2, [], "difference"), "it has no layers"),
        (lambda: Network(2, [Layer(1)], "difference", weights="io"), 'the weight layout "io" is not known'),
        (lambda: Network(-1, [Layer(1)], "difference"), "the number of inputs"),
    ],
)
def test_wrong_networks_are_one_sentence(make, message):
    with pytest.raises(sd.SymderiveError, match=message):
        make()


def test_symbolic_widths_and_a_batch():
    n, d, h, c = sd.dims("n d h c")
    network = Network(d, [Layer(h, "tanh"), Layer(c, "identity")], "squared_error", batch=n)
    equations = written(network.derivation)
    assert equations["Z1"] == "Z₁ = XW₁ + 𝟏b₁ᵀ"
    assert equations["dL_dW2"] == "∇_W₂ L = A₁ᵀΔ₂"
    assert equations["dL_db2"] == "∇_b₂ L = Δ₂ᵀ𝟏"
    assert network.derivation.check().passed
