"""Difference quotients: published digits, kinks, shapes, and regimes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from symderive.errors import SymderiveError
from symderive.numeric import central, complex_step, default_epsilon, noise_quantum, one_sided, regime
from tests.numeric import networks as net

BOTH = pytest.mark.parametrize("quotient", [one_sided, central])


def printed(values):
    """As numpy.array2string writes them in the report: eight decimals."""
    return [f"{value:.8f}" for value in np.ravel(values)]


def test_one_sided_reproduces_the_printed_digits_of_the_report():
    w1 = one_sided(net.loss_of_w1, net.W1, epsilon=net.STEP)
    assert printed(w1.value) == ["-0.01637912", "-0.02355449", "-0.01637912", "-0.02355449"]
    w2 = one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP)
    assert printed(w2.value) == ["-0.16096569", "-0.16504242"]


def test_the_digits_do_not_hang_on_how_the_network_is_arranged():
    row = net.X.reshape(1, 2)

    def as_matrices(w2):
        return (1.0 - net.sigmoid(net.sigmoid(row @ net.W1) @ w2))[0, 0]

    quotients = one_sided(as_matrices, net.W2.reshape(2, 1), epsilon=net.STEP)
    assert quotients.value.shape == (2, 1)
    assert printed(quotients.value) == ["-0.16096569", "-0.16504242"]


def test_the_quantum_of_the_report_is_that_of_a_probability_not_of_the_loss():
    """L = 1 − p lies on the grid of p, 2⁻⁵³, although the spacing of L ≈ 0.3 is 2⁻⁵⁴."""
    quotients = one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP)
    assert_allclose(quotients.quantum, 2.0**-53 / 1e-10, rtol=1e-15)
    multiples = quotients.value / quotients.quantum
    assert_allclose(multiples, np.round(multiples), atol=1e-9)


def test_noise_of_the_report_covers_its_deviations_and_is_a_few_quanta():
    exact_w1, exact_w2 = net.exact_gradients()
    for quotients, exact in (
        (one_sided(net.loss_of_w1, net.W1, epsilon=net.STEP), exact_w1),
        (one_sided(net.loss_of_w2, net.W2, epsilon=net.STEP), exact_w2),
    ):
        assert (np.abs(quotients.value - exact) <= quotients.noise).all()
        assert (quotients.noise < 10 * quotients.quantum).all()
        assert (quotients.truncation < 1e-4 * quotients.round_off).all()


@BOTH
def test_jacobian_has_the_shape_output_plus_variable(quotient):
    matrix = np.arange(6.0).reshape(2, 3) + 0.3
    found = quotient(lambda a: np.stack([a.sum(axis=0) ** 2] * 4), matrix)
    assert found.value.shape == found.noise.shape == found.quantum.shape == (4, 3, 2, 3)
    truth = np.zeros((3, 2, 3))
    for column in range(3):
        truth[column, :, column] = 2 * matrix[:, column].sum()
    assert (np.abs(found.value - truth) <= found.noise).all()
    assert found.noise.max() < 1e-5


@BOTH
def test_a_scalar_variable_and_an_empty_one(quotient):
    scalar = quotient(lambda t: t**3, 2.0)
    assert scalar.value.shape == ()
    assert abs(scalar.value - 12) <= scalar.noise
    assert quotient(lambda a: a.sum(), np.zeros((0, 3))).value.shape == (0, 3)


def test_the_argument_is_not_changed():
    point = np.array([1.0, 2.0])
    central(lambda a: a @ a, point)
    assert_array_equal(point, [1.0, 2.0])


@BOTH
def test_integers_are_taken_as_numbers(quotient):
    found = quotient(lambda a: a @ a, [1, 2])
    assert (np.abs(found.value - [2, 4]) <= found.noise).all()


KINKS = {
    "relu": lambda t: np.maximum(t, 0.0),
    "abs": np.abs,
    "leaky": lambda t: np.where(t > 0, t, 0.1 * t),
    "max of two": lambda t: np.maximum(np.sin(t), -2 * t),
    "step": lambda t: np.where(t > 0, 1.0, 0.0),
}


@BOTH
@pytest.mark.parametrize("epsilon", [1e-2, 1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("kink", KINKS)
@pytest.mark.parametrize("offset", [0.0, 0.1, 0.3, -0.2, 0.7])
def test_a_kink_within_the_step_never_passes(quotient, epsilon, kink, offset):
    """Where a kink lies within ε of x the entry is undecided, or its noise says how far off it may be."""
    f, at = KINKS[kink], offset * epsilon
    found = quotient(f, at, epsilon=epsilon)
    if offset == 0.0:
        assert found.undecided
    slope = (f(np.asarray(at + 1e-3 * epsilon)) - f(np.asarray(at))) / (1e-3 * epsilon)
    assert found.undecided or found.noise >= 0.9 * abs(found.value - slope) or found.noise > 0.5


@BOTH
def test_only_the_entry_at_the_kink_is_undecided(quotient):
    found = quotient(lambda a: np.maximum(a, 0).sum() + np.sin(a).sum(), [0.7, 0.0, -0.4])
    assert_array_equal(found.undecided, [False, True, False])
    jacobian = quotient(lambda t: np.stack([np.abs(t), np.exp(t)]), 0.0)
    assert_array_equal(jacobian.undecided, [True, False])


@BOTH
def test_a_kink_beyond_the_step_costs_precision_but_no_truth(quotient):
    found = quotient(lambda t: np.maximum(t, 0.0) * 3, 1e-4, epsilon=1e-8)
    assert not found.undecided
    assert abs(found.value - 3) <= found.noise < 0.1


@BOTH
@pytest.mark.parametrize("f", [np.sin, np.tanh, lambda t: t**3, np.square, lambda t: 1 / (1 + np.exp(-t))])
@pytest.mark.parametrize("epsilon", [1e-2, 1e-4, 1e-6, 1e-8])
def test_an_inflection_is_not_a_kink(quotient, f, epsilon):
    assert not quotient(f, 0.0, epsilon=epsilon).undecided


@BOTH
def test_values_that_are_not_finite_are_undecided(quotient):
    assert quotient(np.log, 0.0).undecided
    assert quotient(lambda a: np.log(a).sum(), [1.0, -1.0]).undecided.all()
    assert quotient(lambda t: t * np.nan, 1.0).undecided
    assert quotient(lambda t: np.exp(1e4 + t), 1.0).undecided


@BOTH
def test_near_a_pole_the_stencil_retreats_into_the_domain(quotient):
    found = quotient(np.log, 1e-4, epsilon=1e-9)
    assert not found.undecided
    assert abs(found.value - 1e4) <= found.noise < 10


@BOTH
def test_a_matrix_that_cannot_be_factored_is_undecided_at_the_border(quotient):
    def log_determinant(a):
        return 2 * np.log(np.diag(np.linalg.cholesky(a))).sum()

    inside = quotient(log_determinant, np.diag([2.0, 3.0]))
    assert_allclose(np.diag(inside.value), [1 / 2, 1 / 3], atol=1e-6)
    border = quotient(log_determinant, np.diag([2.0, 1e-12]))
    assert border.undecided[1, 1]


@BOTH
def test_a_step_that_vanishes_beside_x_says_nothing(quotient):
    """10⁸ + 10⁻¹⁰ is 10⁸: the quotient is 0, and its noise must not let that pass for the derivative."""
    found = quotient(lambda t: 3.0 * t, 1e8, epsilon=1e-10)
    assert found.value == 0
    assert found.undecided or found.noise >= 3.0 * 0.99


@BOTH
def test_a_stated_evaluation_error_replaces_the_measured_one(quotient):
    coarse = quotient(np.sin, 1.0, epsilon=1e-6, evaluation_error=1e-9)
    fine = quotient(np.sin, 1.0, epsilon=1e-6)
    factor = 1.0 if quotient is central else 2.0
    assert_allclose(coarse.round_off, factor * 1e-9 / 1e-6, rtol=1e-3)
    assert fine.round_off < 1e-2 * coarse.round_off


@BOTH
def test_measured_noise_sees_a_function_that_cancels(quotient):
    """10⁸ + sin t − 10⁸ carries the rounding of 10⁸, about 1.5e-8, not that of its own size."""
    found = quotient(lambda t: (1e8 + np.sin(t)) - 1e8, 1.0, epsilon=1e-5)
    assert abs(found.value - np.cos(1.0)) <= found.noise
    assert 1e-4 < found.noise < 0.1


@BOTH
def test_complex_values_and_bad_steps_are_refused(quotient):
    with pytest.raises(SymderiveError, match="return its real part"):
        quotient(lambda t: t * 1j, 1.0)
    for epsilon in (0.0, -1e-6, float("nan"), float("inf")):
        with pytest.raises(SymderiveError, match="positive finite"):
            quotient(np.sin, 1.0, epsilon=epsilon)


def test_complex_step_is_exact_to_rounding():
    point = np.array([[0.3, -1.2], [2.0, 0.1], [0.7, 0.9]])
    found = complex_step(lambda a: np.exp(np.sin(a)).sum() * a[0, 0], point)
    truth = np.exp(np.sin(point)) * np.cos(point) * point[0, 0]
    truth[0, 0] += np.exp(np.sin(point)).sum()
    assert (np.abs(found.value - truth) <= found.noise).all()
    assert found.noise.max() < 1e-13 * np.abs(truth).max()


def test_complex_step_of_a_vector():
    found = complex_step(lambda a: np.stack([a[0] * a[1], a[1] ** 3, a[0] / a[1]]), [2.0, 3.0])
    assert_allclose(found.value, [[3, 2], [0, 27], [1 / 3, -2 / 9]], rtol=1e-14)
    assert not found.undecided.any()


@pytest.mark.parametrize("f", [lambda a: (np.abs(a) ** 2).sum() + 0j, lambda a: (np.conj(a) * a).sum() + 0j])
def test_complex_step_notices_what_is_not_analytic(f):
    assert complex_step(f, [1.0, -2.0]).undecided.all()


def test_complex_step_at_a_kink_and_without_imaginary_part():
    found = complex_step(lambda a: (a * (a.real > 0)).sum(), [0.0, 1.0])
    assert_array_equal(found.undecided, [True, False])
    with pytest.raises(SymderiveError, match="use central differences"):
        complex_step(lambda a: np.real(a).sum(), [1.0])
    with pytest.raises(SymderiveError, match="positive finite"):
        complex_step(np.sin, 1.0, epsilon=0.0)


def test_default_steps_are_the_textbook_ones():
    assert default_epsilon("one-sided") == 2.0**-26  # √u = 1.05e-8 up to a power of two
    assert default_epsilon("central") == 2.0**-18  # u^(1/3) = 4.8e-6
    assert default_epsilon("central", 8.0) == 8 * default_epsilon("central")
    assert default_epsilon("complex-step") < 1e-20
    with pytest.raises(SymderiveError, match="unknown method 'backward'"):
        default_epsilon("backward")
    with pytest.raises(SymderiveError, match="scale"):
        default_epsilon("central", 0.0)


@pytest.mark.parametrize("method", ["one-sided", "central"])
def test_the_default_step_is_nearly_the_best_one(method):
    quotient = {"one-sided": one_sided, "central": central}[method]
    noises = [float(quotient(np.exp, 0.7, epsilon=2.0**-k).noise) for k in range(4, 46)]
    assert quotient(np.exp, 0.7).noise < 10 * min(noises)


@pytest.mark.parametrize(
    ("method", "epsilon", "name"),
    [
        ("one-sided", 1e-10, "round-off regime"),
        ("one-sided", 1e-8, "balanced"),
        ("one-sided", 1e-4, "truncation regime"),
        ("central", 1e-10, "round-off regime"),
        ("central", 1e-6, "balanced"),
        ("central", 1e-2, "truncation regime"),
        ("complex-step", 1e-30, "balanced"),
        ("complex-step", 1e-3, "truncation regime"),
    ],
)
def test_regime(method, epsilon, name):
    found = regime(method, epsilon)
    assert found.name == name
    assert name.split()[0].removesuffix("d") in found.sentence or method == "complex-step"
    assert found.best == default_epsilon(method)


def test_regime_agrees_with_the_noise_model():
    for quotient, method in ((one_sided, "one-sided"), (central, "central")):
        for epsilon in 10.0 ** -np.arange(1, 13):
            noise, found = quotient(np.exp, 0.3, epsilon=epsilon), regime(method, epsilon)
            if found.name == "round-off regime":
                assert noise.round_off > noise.truncation
            elif found.name == "truncation regime":
                assert noise.truncation > noise.round_off


def test_quantum_of_each_method():
    assert noise_quantum(1e-10) == 2.0**-53 / 1e-10
    assert noise_quantum(1e-10, 2.0**-50, "central") == 2.0**-50 / 2e-10
    assert noise_quantum(1e-30, method="complex-step") == 0
    with pytest.raises(SymderiveError, match="positive finite"):
        noise_quantum(0.0)
