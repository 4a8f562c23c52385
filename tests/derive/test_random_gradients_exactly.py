"""Random losses against exact derivatives, which no difference quotient blurs: complex steps, JAX if there.

Complex steps need NumPy alone, so that this test always runs; an interpreter that has JAX asks it too.
Both round: of terms that cancel they keep roundings of the terms. Where one of them differs from what was
derived, numbers with hundreds of digits say who is right, up to what rounding does to the derived code
itself: that is measured by carrying it out with other roundings.
"""

from __future__ import annotations

import re
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import assume, example, given, settings

import symderive as sd
from symderive.numeric.rounded import rounding_noise
from tests.codegen.exact import exact
from tests.derive.random_programs import PLAIN, SIZES, RandomLoss, losses, numbers
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


def to_many_digits(loss, arrays):
    """The gradient with hundreds of digits, rounded once."""
    result = np.empty(arrays[loss.wrt].shape)
    for place in np.ndindex(result.shape):
        result[place] = float(exact(loss.source, {**SIZES, **arrays}, place, place, loss.wrt).a)
    return result


ROUNDED = 1e-5  # of terms of size 1 that cancel, code with 64 bits keeps 1e-9 of this
ORACLES = {"complex steps": complex_gradient, **({"JAX": of_jax} if find_spec("jax") else {})}
CANCELLING = (
    RandomLoss("1e4 * np.sum(special.softmax(X @ W, axis=1))", "W"),
    RandomLoss("np.sum((3000 * B) * np.sum(special.softmax(1 * u)))", "u"),
)

_VAR = "np.var(q[:, None] + u, axis=1)"
OF_0 = RandomLoss(
    f"np.sum(2 * u @ np.einsum('idk,d->ik', T, w).T * ({_VAR} - np.mean({_VAR}))"
    f" / np.sqrt(np.var({_VAR}) + 1e-2))",
    "u",
)  # a variance less its mean, which are the same


def differs(made, expected, own=0.0) -> str:
    """How a gradient differs from the one that it should be; nothing where it is the same.

    `own` is what rounding does to each of its entries.
    """
    scale = float(np.max(np.abs(expected), initial=ROUNDED))
    allowed = 1e-9 * scale + 1e-7 * np.abs(expected) + own
    wrong = np.abs(made - expected) > allowed
    return f"{made} is not {expected}, allowed {allowed}" if np.any(wrong) or np.isnan(made).any() else ""


def own_rounding(derivation, arrays):
    """What rounding does to what generated code computes; 0 where it would decide half of the digits."""
    (error,) = quiet(lambda: rounding_noise(derivation.to_numpy().unchecked, arrays))
    return np.where(np.isfinite(error), error, 0.0)


@pytest.mark.parametrize("oracle", ORACLES)
@settings(CHECKS, max_examples=examples(40))
@given(loss=losses(kinks=False))
@example(loss=CANCELLING[0])
@example(loss=CANCELLING[1])
@example(loss=OF_0)
def test_gradient_is_the_exact_one(oracle, loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    expected = quiet(lambda: ORACLES[oracle](loss, arrays))
    assume(np.isfinite(expected).all())
    derived = sd.gradient(loss.symbolic, loss.variable)
    made = np.asarray(quiet(lambda: called(derived, arrays)))
    if differs(made, expected):
        assert not differs(made, to_many_digits(loss, arrays), own_rounding(derived, arrays))


@settings(CHECKS, max_examples=examples(10))
@given(loss=losses(kinks=False, depth=3, largest=7))
def test_many_digits_say_the_same_as_complex_steps_and_no_other(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    expected = quiet(lambda: complex_gradient(loss, arrays))
    assume(np.isfinite(expected).all() and np.abs(expected).max() > 1e-3)
    assert not differs(expected, to_many_digits(loss, arrays))
    assert differs(1.000001 * expected, to_many_digits(loss, arrays))


def test_the_roundings_of_derived_code_hide_no_error():
    arrays = numbers(3)
    derived, right = sd.gradient(OF_0.symbolic, OF_0.variable), to_many_digits(OF_0, arrays)
    own = own_rounding(derived, arrays)
    assert not right.any()
    assert 0 < own.max() < 1e-11
    assert differs(right + 1e-11, right, own)


@pytest.mark.parametrize("loss", CANCELLING)
def test_what_cancels_is_0_in_many_digits_and_the_oracle_keeps_roundings(loss):
    arrays = numbers(3)
    assert not to_many_digits(loss, arrays).any()
    assert differs(np.zeros(arrays[loss.wrt].shape), complex_gradient(loss, arrays))
