"""The logarithm of cosh far out, however it is written: no rule of its own is needed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.numpy_source import numpy_function
from symderive.codegen.stable import rewriting

WRITTEN = [
    "np.sum(np.log(np.cosh(z)))",
    "np.sum(np.log((np.exp(z) + np.exp(-z)) / 2))",
    "np.sum(np.logaddexp(z, -z) - np.log(2))",
]
FAR = np.array([1e4, -1e4, 800.0, -800.0, 40.0, -40.0])
NEAR = np.array([1e-3, -1e-3, 0.0])


def numbers(text, at):
    """Value, slopes and curvatures, none of them with a warning."""
    z = sd.array("z", sd.dims("n"))
    loss = sd.parse(text, z=z)
    first = sd.gradient(loss, z)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = numpy_function(first.original, "loss").unchecked({"z": at})
        return value, first.to_numpy()(z=at), np.diag(sd.hessian(loss, z).to_numpy()(z=at))


@pytest.mark.parametrize("text", WRITTEN)
def test_far_out_it_is_the_absolute_value_less_log_2(text):
    assert "log_of_hyperbolic_cosine" not in rewriting.RULES
    for one in FAR:
        value, slope, curvature = numbers(text, np.array([one]))
        np.testing.assert_allclose(value, abs(one) - np.log(2), rtol=1e-15)
        np.testing.assert_allclose(slope, np.sign(one), rtol=1e-15)
        exact = 4 * np.exp(-2 * abs(one)) / (1 + np.exp(-2 * abs(one))) ** 2
        np.testing.assert_allclose(curvature, exact, rtol=1e-12)


@pytest.mark.parametrize("text", WRITTEN)
def test_near_0_it_is_half_the_square(text):
    value, slope, curvature = numbers(text, NEAR)
    np.testing.assert_allclose(value, np.sum(NEAR**2 / 2 - NEAR**4 / 12), rtol=1e-9)
    np.testing.assert_allclose(slope, np.tanh(NEAR), rtol=1e-14)
    np.testing.assert_allclose(curvature, 1 - np.tanh(NEAR) ** 2, rtol=1e-14)
