"""Numbers with one base, such as 2 and √2, are both factors of the code, whatever stands beside them."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.numpy_source import numpy_function
from symderive.language.evaluate import evaluate

BESIDE = [
    "np.exp(-z**2 / 2) / special.ndtr(z)",
    "z / np.cosh(z)",
    "z**2 / np.hypot(z, 1)**3",
    "np.log(np.cosh(z))",
    "np.log1p(-np.exp(-z**2 - 1))",
    "np.exp(z) / (1 + np.exp(z))",
    "z / np.sqrt(1 + z**2)",
]
FACTORS = ["2 * np.sqrt(2)", "3 * np.sqrt(3) * np.sqrt(2)", "np.sqrt(2) / 2 * np.sqrt(np.pi) * np.pi"]


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("kind", ["gradient", "hessian"])
def test_no_factor_is_lost(factor, beside, kind):
    z = sd.array("z", "n")
    derived = getattr(sd, kind)(sd.parse(f"np.sum({factor} * ({beside}))", z=z), z)
    derived.check()
    arrays = {"z": np.array([-1.7, 0.4, 0.9, 2.3])}
    (expected,) = evaluate(derived.program, arrays).values()
    assert np.abs(expected).max() > 0.1
    for plan in (False, True):
        made = numpy_function(derived.program, "f", plan=plan)(**arrays)
        np.testing.assert_allclose(made, expected, rtol=1e-9, atol=1e-10)
