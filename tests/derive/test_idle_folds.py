"""Maxima and products of what does not depend on the place: numbers, and powers of them."""

import numpy as np
import pytest

import symderive as sd

CASES = {
    "np.prod(P / P) * np.sum(w**2)": ("L = ‖w‖²", "∇_w L = 2w"),
    "np.prod(3 + 0 * P) * np.sum(w**2)": ("L = 3^(dn) ‖w‖²", "∇_w L = 2·3^(dn) w"),
    "np.max(P / P) * np.sum(w**2)": ("L = ‖w‖²", None),
    "np.min(2 * P / P) * np.sum(w**2)": ("L = 2 ‖w‖²", None),
    "np.prod(np.exp(P - P), axis=0) @ w**2": ("L = ‖w‖²", "∇_w L = 2w"),
}


@pytest.mark.parametrize("text", CASES)
def test_it_is_a_number(text):
    loss, gradient = CASES[text]
    written, w = sd.parse(text, P="n,d:positive", w="d"), sd.parse("w", w="d")
    made = sd.gradient(written, w)
    assert str(made.loss) == loss
    assert gradient is None or str(made.results[0]) == gradient
    point = {"P": np.arange(1.0, 7.0).reshape(2, 3), "w": np.array([1.0, -2.0, 0.5])}
    scale = eval(text, {"np": np, **point}) / np.sum(point["w"] ** 2)
    function = made.to_numpy()
    given = {one.name: point[one.name] for one in function.program.inputs}
    np.testing.assert_allclose(function(**given), 2 * scale * point["w"], rtol=1e-12)
    assert made.check().passed
    assert sd.hessian(written, w).check().passed
