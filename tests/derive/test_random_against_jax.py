"""Random losses against JAX, where it is installed: exact derivatives that no difference quotient blurs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

import symderive as sd
from tests.derive.random_programs import PLAIN, losses, numbers
from tests.derive.test_random_gradients import CHECKS, called, moderate, quiet
from tests.profiles import examples

jax = pytest.importorskip("jax", reason="JAX is not installed")


def _space():
    import jax.numpy as jnp
    import jax.scipy.special as jsp

    jax.config.update("jax_enable_x64", True)
    return {**PLAIN, "np": jnp, "special": jsp}


@settings(CHECKS, max_examples=examples(40))
@given(losses(kinks=False))
def test_gradient_is_that_of_jax(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    space = _space()
    try:
        expected = jax.grad(lambda at: loss.value({**arrays, loss.wrt: at}, space))(arrays[loss.wrt])
    except (AttributeError, NotImplementedError):  # a function that JAX does not have
        assume(False)
    expected = np.asarray(expected)
    assume(np.isfinite(expected).all())
    made = np.asarray(quiet(lambda: called(sd.gradient(loss.symbolic, loss.variable), arrays)))
    scale = float(np.max(np.abs(expected), initial=1e-9))
    np.testing.assert_allclose(made, expected, rtol=1e-7, atol=1e-9 * scale)
