"""Jacobians, third derivatives, directions, Hessian-vector products of random programs, by other routes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

import symderive as sd
from symderive.numeric import central
from tests.derive.random_arrays import arrays as random_arrays
from tests.derive.random_programs import losses, numbers
from tests.derive.test_random_gradients import CHECKS, LARGEST, agrees, moderate, quiet
from tests.profiles import examples

FEWER = settings(CHECKS, max_examples=examples(80))


def called(derivation, arrays):
    """The generated code at numbers, as an array."""
    function = derivation.to_numpy()
    given_ = {tensor.name: arrays[tensor.name] for tensor in function.program.inputs}
    return quiet(lambda: np.asarray(function(**given_)))


def small(loss, arrays) -> bool:
    """Whether an array has values of moderate size."""
    value = np.asarray(quiet(lambda: loss.value(arrays)))
    return bool(np.isfinite(value).all() and np.max(np.abs(value), initial=0.0) < LARGEST)


def with_direction(loss, seed):
    """Numbers, with a direction `direction` of the shape of the variable."""
    arrays = numbers(seed)
    shape = np.shape(arrays[loss.wrt])
    return {**arrays, "direction": np.random.default_rng(seed).normal(size=shape)}


@CHECKS
@given(random_arrays())
def test_jacobian_is_the_derivative_of_the_numpy_text(output):
    arrays = numbers(3)
    assume(small(output, arrays))
    derived = sd.jacobian(output.symbolic, output.variable)
    quotient = quiet(lambda: central(lambda at: output.value({**arrays, output.wrt: at}), arrays[output.wrt]))
    assume(np.isfinite(quotient.noise).any())
    agrees(quotient.value, called(derived, arrays), quotient)
    turned = sd.jacobian(output.symbolic, output.variable, layout="denominator")
    rank = np.ndim(arrays[output.wrt])
    straight = np.asarray(called(derived, arrays))
    order = (*range(straight.ndim - rank, straight.ndim), *range(straight.ndim - rank))
    np.testing.assert_allclose(called(turned, arrays), straight.transpose(order), rtol=1e-9, atol=1e-9)


@FEWER
@given(losses(depth=3))
def test_numerator_layout_is_the_transpose(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    straight = called(sd.gradient(loss.symbolic, loss.variable), arrays)
    turned = called(sd.gradient(loss.symbolic, loss.variable, layout="numerator"), arrays)
    expected = straight[None, :] if straight.ndim == 1 else straight.T
    assert turned.shape == expected.shape
    np.testing.assert_allclose(turned, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max(initial=1.0))


@FEWER
@given(losses(kinks=False, largest=7, depth=2))
def test_third_derivative_is_the_derivative_of_the_hessian(loss):
    arrays = numbers(5)
    assume(moderate(loss, arrays))
    second = sd.hessian(loss.symbolic, loss.variable)
    here = called(second, arrays)
    assume(np.isfinite(here).all() and np.abs(here).max() < LARGEST)
    third = sd.derivative(loss.symbolic, *[loss.variable] * 3)
    quotient = quiet(lambda: central(lambda at: called(second, {**arrays, loss.wrt: at}), arrays[loss.wrt]))
    assume(np.isfinite(quotient.noise).any())
    agrees(quotient.value, called(third, arrays), quotient)


@FEWER
@given(losses(kinks=False, largest=15, depth=3))
def test_hessian_vector_product_is_the_hessian_times_the_vector(loss):
    arrays = with_direction(loss, 5)
    assume(moderate(loss, arrays))
    whole = called(sd.hessian(loss.symbolic, loss.variable), arrays)
    assume(np.isfinite(whole).all() and np.abs(whole).max() < LARGEST)
    product = called(sd.hessian_vector_product(loss.symbolic, loss.variable, "direction"), arrays)
    rank = np.ndim(arrays[loss.wrt])
    expected = np.tensordot(whole, arrays["direction"], axes=rank)
    scale = np.abs(whole).max(initial=0.0) * np.abs(arrays["direction"]).max(initial=1.0)
    np.testing.assert_allclose(product, expected, rtol=1e-7, atol=1e-9 * max(scale, 1.0))


@FEWER
@given(random_arrays())
def test_directional_derivative_is_the_jacobian_times_the_vector(output):
    arrays = with_direction(output, 3)
    assume(small(output, arrays))
    whole = called(sd.jacobian(output.symbolic, output.variable), arrays)
    assume(np.isfinite(whole).all() and np.abs(whole).max(initial=0.0) < LARGEST)
    product = called(sd.directional(output.symbolic, output.variable, "direction"), arrays)
    expected = np.tensordot(whole, arrays["direction"], axes=np.ndim(arrays[output.wrt]))
    scale = np.abs(whole).max(initial=0.0) * np.abs(arrays["direction"]).max(initial=1.0)
    np.testing.assert_allclose(product, expected, rtol=1e-7, atol=1e-9 * max(scale, 1.0))


@settings(CHECKS, max_examples=examples(40))
@given(losses(kinks=False, largest=9, depth=2), losses(kinks=False, largest=9, depth=2))
def test_blocks_are_the_mixed_second_derivatives(first, second):
    assume(first.wrt != second.wrt)
    loss, arrays = first.symbolic * second.symbolic, numbers(4)
    assume(moderate(first, arrays) and moderate(second, arrays))
    blocks = sd.hessian(loss, [first.variable, second.variable])
    values = quiet(lambda: blocks.to_numpy().unchecked(arrays))
    assume(all(np.isfinite(value).all() for value in values))
    pairs = [(a, b) for a in (first, second) for b in (first, second)]
    for (a, b), value in zip(pairs, values, strict=True):
        alone = called(sd.hessian(loss, a.variable, b.variable), arrays)
        scale = np.abs(alone).max(initial=1.0)
        np.testing.assert_allclose(value, alone, rtol=1e-7, atol=1e-8 * scale)


def _hidden(derivation) -> bool:
    """Whether round-off, or the lack of a point with a value, keeps a derivation from being checked."""
    try:
        quiet(derivation.check)
    except sd.InternalError as error:
        if "could not be confirmed" in str(error):
            return True
        raise
    except sd.SymderiveError:
        return True
    return False


@settings(CHECKS, max_examples=examples(60))
@given(losses(depth=3))
def test_every_step_agrees_with_its_quotient_at_both_levels(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    derived = sd.gradient(loss.symbolic, loss.variable)
    for one in (derived, derived.elementary):
        assume(not _hidden(one))
    straight, fine = called(derived, arrays), called(derived.elementary, arrays)
    scale = np.abs(straight).max(initial=1.0)
    np.testing.assert_allclose(fine, straight, rtol=1e-7, atol=1e-9 * scale)


@pytest.mark.parametrize("form", ["closed", "expanded", "index"])
def test_every_form_prints(form):
    n, d = sd.dims("n d")
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    derived = sd.hessian(np.sum(np.exp(X @ w - y)), w)
    assert derived.latex(form)
    assert derived.text("brief", form)
