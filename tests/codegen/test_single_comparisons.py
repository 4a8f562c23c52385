"""Comparisons of single numbers: a comparison of Python's numbers has no methods of arrays."""

import numpy as np
import pytest

import symderive as sd

ARRAYS = {"x": "n", "c": "", "W": "n,n"}


def code_run(source, **arrays):
    space = {}
    exec(source, space)
    return space["gradient"](**arrays)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("np.where(c > 0, np.sum(x**2), np.sum(x))", lambda x, c: 2 * x if c > 0 else np.ones_like(x)),
        ("np.where(c * n > 2, np.sum(x**2), np.sum(x)) * (c > 1)", lambda x, c: 2 * x * (c > 1)),
        (
            "np.where(np.sum(W - W) > c * np.sum(W - W), np.sum(x**2), np.sum(x)) * c",
            lambda x, c: np.ones_like(x) * c,
        ),
        ("np.sum(x**2) * (np.sum(W - W) > c)", lambda x, c: 2 * x * (c < 0)),
        ("np.sum(x**2) * (2 * c + 1 >= n)", lambda x, c: 2 * x * (2 * c + 1 >= 3)),
    ],
)
@pytest.mark.parametrize("c", [1.5, -1.5])
@pytest.mark.parametrize("library", ["numpy", "array-api"])
def test_gradients_with_a_number_of_python(loss, expected, c, library):
    made = sd.gradient(sd.parse(loss, **ARRAYS), sd.parse("x", **ARRAYS))
    x = np.array([1.0, -2.0, 3.0], dtype=np.float32)
    arrays = {"x": x, "c": c, "W": np.eye(3, dtype=np.float32)}
    function = made.to_numpy() if library == "numpy" else made.to_array_api()
    given = {str(one.name): arrays[str(one.name)] for one in function.program.inputs}
    value = code_run(function.source, **given)
    np.testing.assert_allclose(value, expected(x, c))
    assert value.dtype == np.float32
