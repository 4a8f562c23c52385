"""The noise is a bound: measured against 40-digit truth over random functions and twelve steps."""

import mpmath
import numpy as np
import pytest

from symderive.errors import SymderiveError
from symderive.numeric import (
    central,
    complex_step,
    evaluation_noise,
    granularity,
    one_sided,
    reported_resolution,
)

FUNCTIONS = [
    (np.sin, mpmath.sin),
    (np.exp, mpmath.exp),
    (np.tanh, mpmath.tanh),
    (lambda t: np.log(1 + np.exp(t)), lambda t: mpmath.log(1 + mpmath.exp(t))),
    (lambda t: 1 / (1 + np.exp(-t)), lambda t: 1 / (1 + mpmath.exp(-t))),
    (lambda t: 1 / (1 + t * t), lambda t: 1 / (1 + t * t)),
    (lambda t: np.sqrt(1 + t * t), lambda t: mpmath.sqrt(1 + t * t)),
    (lambda t: t**3 - t, lambda t: t**3 - t),
    (lambda t: np.log(1 + t * t), lambda t: mpmath.log(1 + t * t)),
]
STEPS = [10.0**-k for k in range(2, 13)]
MEASURED = 150
DIGITS = 40


def random_function(rng):
    """g₀(Σ a g(b t + c)) or the sum alone, in float64 and with many digits."""
    terms = [
        (int(k), *map(float, rng.normal(size=3)))
        for k in rng.integers(0, len(FUNCTIONS), size=rng.integers(1, 5))
    ]
    outer = int(rng.integers(0, len(FUNCTIONS))) if rng.random() < 0.6 else None

    def composed(kind, t):
        total = sum(a * FUNCTIONS[k][kind](b * t + c) for k, a, b, c in terms)
        return total if outer is None else FUNCTIONS[outer][kind](total)

    return (lambda t: composed(0, t)), (lambda t: composed(1, t))


@pytest.fixture(scope="module")
def samples():
    """Random functions at random points with their derivatives to many digits."""
    rng, found = np.random.default_rng(20240212), []
    with mpmath.workdps(DIGITS):
        for _ in range(MEASURED):
            fast, exact = random_function(rng)
            x = float(rng.normal())
            found.append((fast, x, mpmath.diff(exact, mpmath.mpf(x))))
    return found


def error_over_noise(quotient, samples, **options):
    ratios, undecided = [], 0
    for f, x, truth in samples:
        found = quotient(f, x, **options)
        undecided += bool(found.undecided)
        with mpmath.workdps(DIGITS):
            error = float(abs(mpmath.mpf(float(found.value)) - truth))
        ratios.append(error / float(found.noise))
    return np.array(ratios), undecided


@pytest.mark.parametrize("quotient", [one_sided, central])
def test_noise_is_a_bound_over_all_steps_and_not_a_loose_one(quotient, samples):
    found = {epsilon: error_over_noise(quotient, samples, epsilon=epsilon) for epsilon in STEPS}
    ratios = np.concatenate([ratio for ratio, _ in found.values()])
    undecided = sum(count for _, count in found.values())
    assert np.mean(ratios <= 1) >= 0.998
    assert np.max(ratios) < 1.5
    assert undecided <= 0.002 * len(ratios)
    for epsilon, (ratio, _) in found.items():
        assert np.median(ratio) > 0.05, f"the noise at ε = {epsilon} is loose"


@pytest.mark.parametrize("quotient", [one_sided, central])
def test_default_steps_are_covered(quotient, samples):
    ratios, undecided = error_over_noise(quotient, samples)
    assert np.mean(ratios <= 1) >= 0.99
    assert undecided == 0


def test_complex_step_noise_is_a_bound(samples):
    ratios, undecided = error_over_noise(complex_step, samples)
    assert np.mean(ratios <= 1) >= 0.99
    assert np.median(ratios) > 0.01
    assert undecided <= 1


def test_evaluation_noise_against_many_digits():
    """1 − cos t at t = 1e-3 has the rounding of cos, 1e-16: two thousand times the ulp of its value."""
    noise = float(evaluation_noise(lambda t: 1 - np.cos(t), 1e-3))
    assert 1e-17 < noise < 3e-16
    actual = [float(1 - np.cos(t) - float(2 * mpmath.sin(t / 2) ** 2)) for t in 1e-3 + np.arange(200) * 1e-9]
    assert 0.3 < noise / np.std(actual) < 5


def test_evaluation_noise_by_output_and_repeatable():
    def f(a):
        return np.stack([a.sum(), 1e6 * np.exp(a).sum() - 1e6])

    noise = evaluation_noise(f, [0.3, 0.7])
    assert noise.shape == (2,)
    assert noise[1] > 1e4 * noise[0]
    np.testing.assert_array_equal(noise, evaluation_noise(f, [0.3, 0.7]))
    assert np.isnan(evaluation_noise(np.log, -1.0))


def test_granularity_is_the_common_grid():
    assert granularity([0.75, 0.5, 3.0]) == 0.25
    assert granularity([0.0, 0.0]) == 0.0
    assert granularity([0.0, -6.0]) == 2.0
    assert granularity([np.pi, 2.0]) == 2.0**-48  # π = 884279719003555 · 2⁻⁴⁸
    assert np.isnan(granularity([1.0, np.inf]))
    np.testing.assert_array_equal(granularity([[1.0, 3.0], [2.0, 0.5]]), [1.0, 0.5])


@pytest.mark.parametrize(
    ("text", "half_unit"),
    [("-0.16504242", 5e-9), ("−0.0235", 5e-5), ("1.20e-3", 5e-6), ("7.", 0.5), ("12", 0.5), ("1.5E+3", 50.0)],
)
def test_reported_resolution(text, half_unit):
    assert reported_resolution(text) == half_unit


@pytest.mark.parametrize("text", ["", "abc", "1,5", "0x10", "1e2.5"])
def test_reported_resolution_refuses_what_is_not_a_number(text):
    with pytest.raises(SymderiveError, match="not a number"):
        reported_resolution(text)
