"""The bend of a line: derivatives to a few per cent, kinks found, holes in the domain avoided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.numeric.smoothness import Triple, bend
from tests.profiles import examples


def measured(f, x, epsilon, pair_error=None):
    def line(t):
        with np.errstate(all="ignore"):
            return np.asarray(f(np.asarray(x + t)), dtype=float)

    values = line(-epsilon), line(0.0), line(epsilon)
    error = 4 * np.spacing(np.abs(values[1]) + 1) if pair_error is None else np.asarray(pair_error)
    return bend(Triple(line, epsilon, *values, error), abs(x))


SMOOTH = {
    "sin": (np.sin, np.cos, lambda t: -np.sin(t), lambda t: -np.cos(t)),
    "exp": (np.exp, np.exp, np.exp, np.exp),
    "cube": (lambda t: t**3, lambda t: 3 * t**2, lambda t: 6 * t, lambda t: 6.0),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("epsilon", [1e-10, 1e-8, 1e-6, 1e-4, 1e-2])
@settings(deadline=None, max_examples=examples(50))
@given(x=st.floats(0.2, 2.5).filter(lambda x: abs(x - np.pi / 2) > 0.05))
def test_derivatives_of_smooth_functions(name, epsilon, x):
    f, first, second, third = SMOOTH[name]
    found = measured(f, x, epsilon)
    assert found.smooth
    assert found.slope == pytest.approx(first(x), abs=1e-6 * max(1, abs(first(x))))
    assert found.second == pytest.approx(abs(second(x)), rel=0.02, abs=2e-3)
    # The third derivative is bounded from above: with a step near 1e-5 rounding adds to it.
    assert found.third >= 0.98 * abs(third(x)) - 2e-3


@pytest.mark.parametrize("epsilon", [1e-9, 1e-6, 1e-3, 1e-2])
@pytest.mark.parametrize("jump", [1e-3, 1.0, 1e3])
def test_a_kink_at_the_origin(epsilon, jump):
    assert not measured(
        lambda t: np.sin(t) + jump * np.maximum(t, 0), 0.0, epsilon, 1e-16 * max(jump, 1)
    ).smooth


@pytest.mark.parametrize("epsilon", [1e-8, 1e-6, 1e-4])
def test_a_kink_far_outside_the_step(epsilon):
    assert measured(lambda t: np.maximum(t, 0), 0.5, epsilon).smooth
    assert measured(lambda t: np.maximum(t, 0), -0.5, epsilon).smooth


def test_a_jump_is_not_smooth():
    assert not measured(lambda t: np.where(t > 0, 1.0, -1.0), 0.0, 1e-6).smooth


def test_the_stencil_retreats_until_it_lies_in_the_domain():
    found = measured(np.log, 1e-5, 1e-9)
    assert found.smooth
    assert found.slope == pytest.approx(1e5, rel=1e-3)
    assert found.second == pytest.approx(1e10, rel=0.05)


def test_outside_the_domain_nothing_is_smooth():
    assert not measured(np.log, -1.0, 1e-6).smooth
    assert not measured(np.sqrt, 0.0, 1e-6).smooth


def test_a_fast_oscillation_is_measured_on_its_own_scale():
    found = measured(lambda t: np.sin(3000 * t), 0.1, 1e-9)
    assert found.smooth
    assert found.slope == pytest.approx(3000 * np.cos(300.0), abs=600)


def test_outputs_are_judged_separately():
    found = measured(lambda t: np.stack([np.abs(t), np.exp(t), np.log(t)]), 0.0, 1e-6)
    assert found.smooth.tolist() == [False, True, False]
    assert found.second[1] == pytest.approx(1.0, rel=1e-3)


def test_inside_tells_on_which_side_of_the_step_the_stencil_lies():
    assert not measured(np.exp, 0.0, 1e-8).inside
    assert measured(np.exp, 0.0, 1e-2).inside


def test_a_straight_line_has_no_bend():
    found = measured(lambda t: 3 * t + 1, 0.7, 1e-6)
    assert found.smooth
    assert found.slope == pytest.approx(3)
    assert found.second < 1e-7
