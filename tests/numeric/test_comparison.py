"""Entry by entry: three verdicts, each with the evidence that it needs."""

import numpy as np
import pytest

from symderive.errors import SymderiveError
from symderive.numeric import central, compare, complex_step, join, one_sided
from tests.numeric import networks as net


def report():
    """The report's printed quotients against the exact gradients, with the noise of the quotients."""
    exact_w1, exact_w2 = net.exact_gradients()
    noise_w1 = one_sided(net.loss_of_w1, net.W1, epsilon=net.STEP)
    noise_w2 = one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP)
    return join(
        [
            compare(exact_w1, net.PRINTED_QUOTIENTS_W1, noise=noise_w1, resolution=net.PRINTED, name="W1"),
            compare(exact_w2, net.PRINTED_QUOTIENTS_W2, noise=noise_w2, resolution=net.PRINTED, name="W2"),
        ]
    )


def test_the_report_has_five_equal_entries_and_one_wrong_one():
    found = report()
    verdicts = {entry.name: entry.verdict for entry in found.entries}
    assert verdicts.pop("W2[0]") == "different"
    assert set(verdicts.values()) == {"equal"}
    assert len(verdicts) == 5
    assert found.verdict == "different"


def test_the_sentence_for_the_wrong_entry():
    found = report()
    assert found.worst.name == "W2[0]"
    assert found.worst.sentence == (
        "W2[0]: reported −0.16504242, true −0.16096605: off by 2.5 %, "
        "3,670 times the round-off of a one-sided difference at ε = 1e-10."
    )
    assert found.summary() == f"6 entries: 5 equal, 1 different.\n{found.worst.sentence}"


def test_3670_is_the_deviation_in_quanta_of_the_quotient():
    """Against the exact value 3,671.7 quanta, against the right quotient 3,672 whole ones."""
    quantum = 2.0**-53 / net.STEP
    exact = report().worst
    assert abs(exact.difference) / quantum == pytest.approx(3671.7, abs=0.1)
    right = float(one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP).value[0])
    assert abs(net.PRINTED_QUOTIENTS_W2[0] - right) / quantum == pytest.approx(3672.0, abs=0.05)


def test_the_right_quotient_would_have_passed():
    exact_w2 = net.exact_gradients()[1]
    noise = one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP)
    mended = [net.RIGHT_QUOTIENT_W2_0, net.PRINTED_QUOTIENTS_W2[1]]
    assert compare(exact_w2, mended, noise=noise, resolution=net.PRINTED).verdict == "equal"


def test_the_backpropagated_block_is_right_to_all_printed_digits():
    exact_w1, exact_w2 = net.exact_gradients()
    both = [
        compare(exact_w1, net.PRINTED_BACKPROP_W1, noise=net.PRINTED),
        compare(exact_w2, net.PRINTED_BACKPROP_W2, noise=net.PRINTED),
    ]
    assert join(both).verdict == "equal"


def test_one_norm_would_have_hidden_it():
    exact_w1, exact_w2 = net.exact_gradients()
    exact = np.concatenate([exact_w1.ravel(), exact_w2])
    printed = np.concatenate([net.PRINTED_QUOTIENTS_W1.ravel(), net.PRINTED_QUOTIENTS_W2])
    # The relative error of the norm of the difference, over the sum of the norms as gradient checks have it.
    assert np.linalg.norm(printed - exact) / (np.linalg.norm(printed) + np.linalg.norm(exact)) < 0.01


@pytest.mark.parametrize(
    ("expected", "actual", "noise", "verdict"),
    [
        (1.0, 1.0, 0.0, "equal"),
        (1.0, 1.0 + 1e-9, 1e-8, "equal"),
        (1.0, 1.0 + 1e-7, 1e-8, "different"),
        (1.0, -1.0, 1e-8, "different"),
        (1.0, 1.0 + 1e-15, 0.0, "different"),
        (0.0, 0.0, 0.0, "equal"),
        (0.0, 1e-12, 1e-11, "equal"),
        (1e-7, 2e-7, 1e-6, "undecided"),
        (1.0, 1.05, 0.2, "undecided"),
        (1.0, 2.4, 0.6, "different"),
        (0.0, 0.1, 0.5, "undecided"),
        (1.0, float("nan"), 1e-8, "undecided"),
        (float("nan"), float("nan"), 1e-8, "undecided"),
        (float("inf"), float("inf"), 1e-8, "undecided"),
        (1.0, 1.0, float("inf"), "undecided"),
        (1.0, 1.0, float("nan"), "undecided"),
    ],
)
def test_verdict_of_one_entry(expected, actual, noise, verdict):
    found = compare(expected, actual, noise=noise)
    assert found.verdict == found.entries[0].verdict == verdict
    assert found.entries[0].sentence


def test_a_small_claim_below_the_noise_is_undecided_unless_it_is_zero():
    large = [1.0, 1.0, 1.0]
    found = compare([1.0, 1e-9, 0.0], [1.0, 3e-9, 3e-9], noise=1e-8)
    assert [entry.verdict for entry in found.entries] == ["equal", "undecided", "equal"]
    coarse = compare([1.0, 0.0, 0.0], [1.0, 0.0, 1e-3], noise=1e-2)
    assert [entry.verdict for entry in coarse.entries] == ["equal", "undecided", "undecided"]
    assert compare(large, large, noise=1e-8).verdict == "equal"


def test_the_scale_says_what_counts_as_zero():
    """A gradient that is zero up to rounding, as of a bias before a normalisation."""
    tiny, quotient = np.array([1e-17, -3e-17]), np.array([0.0, 2e-12])
    assert compare(tiny, quotient, noise=1e-11).verdict == "undecided"
    assert compare(tiny, quotient, noise=1e-11, scale=1.0).verdict == "equal"


def test_nothing_is_never_equal():
    assert compare([], [], noise=1.0).verdict == "undecided"
    assert compare(np.zeros((0, 3)), np.zeros((0, 3)), noise=1.0).verdict == "undecided"
    assert join([]).verdict == "undecided"
    assert join([]).worst is None
    assert join([compare([1.0], [1.0], noise=1e-3), compare([], [], noise=1.0)]).verdict == "undecided"


def test_shapes_that_differ_are_a_sentence():
    found = compare(np.ones((2, 1)), np.ones(2), noise=1.0, name="W2")
    assert found.verdict == "different"
    assert found.summary() == "W2: shapes differ: true (2, 1), reported (2,); compare arrays of one shape."
    assert join([found, compare([1.0], [1.0], noise=1e-3)]).verdict == "different"


def test_noise_is_taken_entry_by_entry():
    found = compare([1.0, 1.0, 1.0], [1.01, 1.01, 1.01], noise=[0.1, 0.001, np.inf])
    assert [entry.verdict for entry in found.entries] == ["equal", "different", "undecided"]
    assert found.worst.name == "value[1]"
    assert [entry.ratio for entry in found.entries] == pytest.approx([0.1, 10.0, 0.0])


def test_resolution_adds_to_the_noise():
    assert compare([0.123456], [0.12], noise=0.0).verdict == "different"
    assert compare([0.123456], [0.12], noise=0.0, resolution=5e-3).verdict == "equal"


def test_undecided_beats_equal_and_different_beats_undecided():
    noise = [1e-6, np.inf, 1e-6]
    assert compare([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], noise=noise).verdict == "undecided"
    assert compare([1.0, 1.0, 1.0], [1.0, 1.0, 1.1], noise=noise).verdict == "different"
    summary = compare([1.0, 1.0, 1.0], [1.0, 1.0, 1.1], noise=noise, name="w").summary()
    assert summary.splitlines()[0] == "3 entries: 1 equal, 1 different, 1 undecided."
    assert "w[1]" in summary
    assert "w[0]" not in summary


def test_a_kink_is_undecided_through_the_difference():
    found = central(lambda a: np.maximum(a, 0).sum(), [1.0, 0.0])
    comparison = compare([1.0, 0.5], found.value, noise=found, name="x")
    assert [entry.verdict for entry in comparison.entries] == ["equal", "undecided"]
    assert "kink" in comparison.entries[1].sentence


def test_sentences_name_what_the_deviation_is_measured_in():
    point = np.array([0.4, 1.2])
    truth = np.cos(point)

    def total(a):
        return np.sin(a).sum()

    for found, words in (
        (one_sided(total, point, epsilon=1e-3), "the noise of a one-sided difference at ε = 0.001"),
        (central(total, point, epsilon=1e-9), "the round-off of a central difference at ε = 1e-09"),
        (complex_step(total, point), "the noise"),
    ):
        sentence = compare(1.01 * truth, found.value, noise=found, name="x").worst.sentence
        assert "off by " in sentence
        assert sentence.endswith(f"times {words}.")


def test_words_and_scalars():
    found = compare(2.0, 3.0, noise=1e-3, name="b2", words=("difference quotient", "backprop"))
    sentence = "b2: backprop 3, difference quotient 2: off by 50 %, 1,000 times the noise."
    assert found.worst.sentence == sentence
    zero = compare(0.0, 3.0, noise=1e-3).worst
    assert zero.sentence == "value: reported 3, true 0: off by 3, 3,000 times the noise."


def test_noise_that_makes_no_sense_is_refused():
    with pytest.raises(SymderiveError, match="the noise is negative"):
        compare([1.0], [1.0], noise=-1.0)
    with pytest.raises(SymderiveError, match=r"the noise has shape \(3,\), the values \(2,\)"):
        compare([1.0, 2.0], [1.0, 2.0], noise=[1.0, 1.0, 1.0])
    with pytest.raises(SymderiveError, match="the resolution is negative"):
        compare([1.0], [1.0], noise=0.0, resolution=-1.0)
