"""Random losses against exact derivatives, which no difference quotient blurs: complex steps, JAX if there.

Complex steps need NumPy alone, so that this test always runs; an interpreter that has JAX asks it too.
"""

from __future__ import annotations

import re
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import assume, given, settings

import symderive as sd
from tests.derive.random_programs import PLAIN, losses, numbers
from tests.derive.test_random_gradients import CHECKS, called, complex_gradient, moderate, quiet
from tests.profiles import examples


def of_jax(loss, arrays):
    """The gradient that JAX computes, with 64 bits."""
    import jax
    import jax.numpy as jnp
    import jax.scipy.special as jsp

    jax.config.update("jax_enable_x64", True)
    space = {**PLAIN, "np": jnp, "special": jsp}
    used = re.findall(r"\b(np|special)\.(\w+)", loss.source)
    assume(all(hasattr(space[module], name) for module, name in used))  # JAX does not have every function
    return np.asarray(jax.grad(lambda at: loss.value({**arrays, loss.wrt: at}, space))(arrays[loss.wrt]))


ROUNDED = 1e-5  # of terms of the size of the loss that cancel, the oracle too keeps 1e-9 of this
ORACLES = {"complex steps": complex_gradient, **({"JAX": of_jax} if find_spec("jax") else {})}


@pytest.mark.parametrize("oracle", ORACLES)
@settings(CHECKS, max_examples=examples(40))
@given(loss=losses(kinks=False))
def test_gradient_is_the_exact_one(oracle, loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    expected = quiet(lambda: ORACLES[oracle](loss, arrays))
    assume(np.isfinite(expected).all())
    made = np.asarray(quiet(lambda: called(sd.gradient(loss.symbolic, loss.variable), arrays)))
    size = max(1.0, abs(float(quiet(lambda: loss.value(arrays)))))
    scale = float(np.max(np.abs(expected), initial=ROUNDED * size))
    np.testing.assert_allclose(made, expected, rtol=1e-7, atol=1e-9 * scale)
