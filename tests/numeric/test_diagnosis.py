"""Each slip is planted and must be named; right values and ambiguous ones must not be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.numeric import diagnose, draw, one_sided
from tests.numeric import networks as net
from tests.profiles import examples

NOISE = 1e-6
RIGHT = draw((4, 3), seed=5)
SQUARE = draw((3, 3), seed=6)


def kinds(expected, actual, **options):
    return [slip.kind for slip in diagnose(expected, actual, noise=NOISE, **options)]


def test_the_report_wrote_one_entry_into_both_places():
    quotients = one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP)
    exact = net.exact_gradients()[1]
    slips = diagnose(exact, net.PRINTED_QUOTIENTS_W2, noise=quotients, resolution=net.PRINTED, name="W2")
    assert [slip.message for slip in slips] == [
        "The reported value equals the quotient for W2[1]: one entry was probably written into both places."
    ]
    assert slips[0].kind == "copied entry"
    assert slips[0].evidence == {"entry": (0,), "source": (1,), "matches": "quotient"}


def test_the_right_block_of_the_report_has_no_slip():
    quotients = one_sided(net.loss_of_w1, net.W1, epsilon=net.STEP)
    exact = net.exact_gradients()[0]
    assert diagnose(exact, net.PRINTED_QUOTIENTS_W1, noise=quotients, resolution=net.PRINTED) == ()


def test_a_value_that_only_equals_the_exact_one_is_called_so():
    quotients = one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP)
    exact = net.exact_gradients()[1]
    (slip,) = diagnose(exact, [exact[1], exact[1]], noise=quotients, name="W2")
    assert slip.evidence["matches"] == "exact value"
    assert "true value for W2[1]" in slip.message


@pytest.mark.parametrize(
    ("actual", "kind"),
    [
        (-RIGHT, "sign"),
        (2 * RIGHT, "factor"),
        (RIGHT / 2, "factor"),
        (1.001 * RIGHT, "factor"),
        (RIGHT[[2, 0, 1, 3]], "rows permuted"),
        (RIGHT[:, [1, 0, 2]], "columns permuted"),
        (RIGHT.T, "transposed"),
    ],
)
def test_planted_slips_of_a_whole_array(actual, kind):
    assert kinds(RIGHT, actual) == [kind]


def test_transposed_square_matrix_and_vector():
    assert kinds(SQUARE, SQUARE.T) == ["transposed"]
    assert kinds(RIGHT[:, :1], RIGHT[:, :1].T) == ["transposed"]
    assert kinds(SQUARE + SQUARE.T, SQUARE + SQUARE.T) == []


def test_factors_get_their_names():
    (double,) = diagnose(RIGHT, 2 * RIGHT, noise=NOISE, name="W")
    assert double.message == "W is the true value times 2 in every entry."
    (mean,) = diagnose(RIGHT, RIGHT / 7, noise=NOISE, name="W", sizes={"n": 7, "d": 3})
    assert mean.message == "W is the true value times 1/n in every entry."
    assert mean.evidence["factor"] == pytest.approx(1 / 7)
    (total,) = diagnose(RIGHT, 7 * RIGHT, noise=NOISE, name="W", sizes={"n": 7})
    assert total.message.endswith("times n in every entry.")
    (both,) = diagnose(RIGHT, 2 * RIGHT, noise=NOISE, name="W", sizes={"n": 2})
    assert both.message.endswith("times 2 = n in every entry.")
    (other,) = diagnose(RIGHT, 1.25 * RIGHT, noise=NOISE, name="W")
    assert other.message.endswith("times 1.25 in every entry.")


def test_orders_are_told():
    (slip,) = diagnose(RIGHT, RIGHT[[2, 0, 1, 3]], noise=NOISE, name="W")
    assert slip.evidence["order"] == (2, 0, 1, 3)
    assert slip.message == "The rows of W are in another order: places 0, 1, … hold 2, 0, 1, 3."
    (swapped,) = diagnose([0.3, 0.7, 1.1], [0.7, 0.3, 1.1], noise=NOISE, name="b")
    assert swapped.message.startswith("The entries of b are in another order")


def test_single_wrong_entries():
    wrong = RIGHT.copy()
    wrong[1, 2] = -wrong[1, 2]
    wrong[3, 0] = RIGHT[0, 1]
    flipped, copied = diagnose(RIGHT, wrong, noise=NOISE, name="W")
    assert (flipped.kind, flipped.evidence["entry"]) == ("sign", (1, 2))
    assert flipped.message == "W[1, 2] has the opposite sign."
    assert (copied.kind, copied.evidence["entry"], copied.evidence["source"]) == (
        "copied entry",
        (3, 0),
        (0, 1),
    )
    assert "both places" in copied.message


def test_a_copy_from_an_entry_that_is_wrong_too_is_a_mix_up():
    wrong = RIGHT.copy()
    wrong[0, 0], wrong[2, 1] = RIGHT[2, 1], 99.0
    (slip,) = diagnose(RIGHT, wrong, noise=NOISE)
    assert "mixed up" in slip.message


def test_what_is_right_or_unexplained_has_no_slip():
    assert kinds(RIGHT, RIGHT) == []
    assert kinds(RIGHT, RIGHT + NOISE / 2) == []
    odd = RIGHT.copy()
    odd[2, 2] += 0.1234
    assert kinds(RIGHT, odd) == []
    assert kinds(RIGHT, np.full_like(RIGHT, np.nan)) == []
    assert kinds(RIGHT, RIGHT[:2]) == []
    assert diagnose(RIGHT, -RIGHT, noise=np.inf) == ()
    assert kinds(np.zeros(3), np.ones(3)) == []
    assert kinds([], []) == []
    assert kinds(1.0, 3.7) == []
    assert kinds(1.0, -1.0) == ["sign"]


def test_two_explanations_are_none():
    antisymmetric = SQUARE - SQUARE.T
    assert kinds(antisymmetric, -antisymmetric) == []  # transposed, or the sign
    # Of the two wrong entries the third may come from two places, the second from one only.
    assert kinds([1.0, 1.0, 2.0], [1.0, 2.0, 1.0]) == ["copied entry"]
    assert kinds([0.5, -0.5], [-0.5, 0.5]) == []  # swapped, or the sign


def test_noise_that_does_not_tell_factors_apart_gives_none():
    assert diagnose([1e-3, 2e-3], [-1e-3, 4e-3], noise=10e-3) == ()
    assert diagnose([0.010, 0.020], [0.030, 0.060], noise=0.0099, sizes={"n": 3, "m": 4}) == ()


@settings(deadline=None, max_examples=examples(50))
@given(
    st.integers(0, 10**6), st.sampled_from(["sign", "double", "transposed", "rows permuted", "copied entry"])
)
def test_random_planted_slips_are_named(seed, kind):
    rng = np.random.default_rng(seed)
    right = draw((5, 3), seed=rng)
    if kind == "rows permuted":
        actual = right[np.roll(np.arange(5), int(rng.integers(1, 5)))]
    elif kind == "copied entry":
        actual = right.copy()
        actual[1, 2] = right[4, 0]
    else:
        actual = {"sign": -right, "double": 2 * right, "transposed": right.T}[kind]
    noisy = actual + rng.uniform(-0.5, 0.5, size=actual.shape) * 1e-9
    found = [slip.kind for slip in diagnose(right, noisy, noise=1e-9)]
    assert found == ["factor" if kind == "double" else kind]


@settings(deadline=None, max_examples=examples(50))
@given(st.integers(0, 10**6))
def test_right_values_are_never_diagnosed(seed):
    rng = np.random.default_rng(seed)
    right = draw((3, 3), seed=rng)
    assert diagnose(right, right + rng.uniform(-1, 1, size=(3, 3)) * 1e-6, noise=1e-6) == ()
