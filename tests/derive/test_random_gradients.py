"""Gradients and Hessians of random losses against derivatives of the same NumPy text."""

from __future__ import annotations

import warnings

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

import symderive as sd
from symderive.language.evaluate import evaluate
from symderive.numeric import central, compare
from tests.derive.random_programs import COMPLEX, losses, numbers
from tests.profiles import examples

CHECKS = settings(
    max_examples=examples(250),
    deadline=None,
    suppress_health_check=[
        HealthCheck.filter_too_much,
        HealthCheck.too_slow,
        HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)
LARGEST = 1e6


def called(derivation, arrays):
    """The generated code at numbers."""
    function = derivation.to_numpy()
    return function(**{tensor.name: arrays[tensor.name] for tensor in function.program.inputs})


def quiet(make):
    """The value without NumPy's warnings: a point at which something overflows is not used."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return make()


def moderate(loss, arrays) -> bool:
    """Whether the loss has a value of moderate size."""
    try:
        with np.errstate(all="ignore", over="raise"):
            value = loss.value(arrays)
    except FloatingPointError:  # exp(800) on the way to a finite value: its digits say nothing
        return False
    return bool(np.isfinite(value) and abs(value) < LARGEST)


def complex_gradient(loss, arrays, step=1e-30):
    """`∂L/∂x` by complex steps in NumPy alone, exact to rounding for analytic losses."""
    at = arrays[loss.wrt]
    result = np.empty(at.shape)
    for place in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[place] += 1j * step
        result[place] = np.imag(loss.value({**arrays, loss.wrt: moved}, COMPLEX)) / step
    return result


def agrees(expected, actual, noise) -> None:
    """Fail with the witness where an entry differs by more than the noise.

    The noise is measured from a few values of the loss; for losses that bend wildly it is an estimate.
    """
    room = 8 * noise.noise + 1e-12
    comparison = compare(expected, actual, noise=room, words=("quotient", "derived"))
    wrong = [entry.sentence for entry in comparison.entries if entry.verdict == "different"]
    assert not comparison.obstacle, comparison.obstacle
    assert not wrong, wrong[:3]


@CHECKS
@given(losses())
def test_gradient_is_the_derivative_of_the_numpy_text(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    derived = sd.gradient(loss.symbolic, loss.variable)
    quotient = quiet(lambda: central(lambda at: loss.value({**arrays, loss.wrt: at}), arrays[loss.wrt]))
    assume(np.isfinite(quotient.noise).any())
    agrees(quotient.value, np.asarray(quiet(lambda: called(derived, arrays))), quotient)


@CHECKS
@given(losses(kinks=False, largest=15, depth=3))
def test_hessian_is_the_second_derivative_of_the_numpy_text(loss):
    arrays = numbers(5)
    assume(moderate(loss, arrays))
    gradient = quiet(lambda: complex_gradient(loss, arrays))
    assume(np.isfinite(gradient).all() and np.abs(gradient).max() < LARGEST)
    derived = sd.hessian(loss.symbolic, loss.variable)
    quotient = quiet(
        lambda: central(lambda at: complex_gradient(loss, {**arrays, loss.wrt: at}), arrays[loss.wrt])
    )
    assume(np.isfinite(quotient.noise).any())
    agrees(quotient.value, np.asarray(quiet(lambda: called(derived, arrays))), quotient)


@CHECKS
@given(losses(depth=3))
def test_code_of_every_definition_is_what_the_equation_says(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    derived = sd.gradient(loss.symbolic, loss.variable)
    agree_everywhere(derived.original, arrays)
    agree_everywhere(derived.to_numpy().program, arrays)


def agree_everywhere(program, arrays) -> None:
    """Fast code and slow evaluator agree about every tensor of a program."""
    from symderive.codegen.numpy_source import numpy_function
    from symderive.core.program import Program

    tensors = tuple(made.tensor for made in program.definitions)
    whole = Program(program.inputs, program.definitions, tensors)
    fast = quiet(
        lambda: numpy_function(whole, "all_of_it")(**{t.name: arrays[t.name] for t in program.inputs})
    )
    fast = fast if isinstance(fast, tuple) else (fast,)
    try:
        slow = quiet(lambda: evaluate(whole, arrays))
    except (ValueError, ArithmeticError):
        assume(False)
    for tensor, value in zip(tensors, fast, strict=True):
        expected = slow[tensor.name]
        scale = np.abs(expected).max() if expected.size else 0.0
        assume(np.isfinite(scale))
        assert np.shape(value) == expected.shape, tensor
        assert np.allclose(value, expected, rtol=1e-8, atol=1e-9 * max(scale, 1.0)), (
            str(tensor),
            value,
            expected,
        )
