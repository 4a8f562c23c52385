"""Arrays called pi, e, I and inf are the user's, and are not printed like π, e, the identity and infinity."""

import numpy as np
import pytest

import symderive as sd

CASES = [
    ("np.sum(pi*x)*np.pi", {"pi": "n", "x": "n"}, "pi", "L = π 𝛑ᵀx", "∇_𝛑 L = πx",
     r"\nabla_{\boldsymbol{\pi}} L = \pi x"),
    ("np.sum(pi*x)*np.pi", {"pi": "n", "x": "n"}, "x", "L = π 𝛑ᵀx", "∇_x L = π𝛑",
     r"\nabla_{x} L = \pi \boldsymbol{\pi}"),
    ("np.trace(I)", {"I": "n,n"}, "I", "L = tr(I)", "∇_I L = Id", r"\nabla_{I} L = \mathrm{Id}"),
    ("np.exp(c)*np.sum(e*x)*np.e", {"e": "n", "x": "n", "c": ""}, "e", "L = exp(1) (eᵀx) exp(c)",
     "∇_e L = exp(1) exp(c) x", r"\nabla_{e} L = \exp(1) \exp(c) x"),
    ("np.sum(inf*x)", {"inf": "n", "x": "n"}, "inf", "L = infᵀx", "∇_inf L = x",
     r"\nabla_{\mathrm{inf}} L = x"),
    ("np.sum(pixels*x)*len(x)", {"pixels": "pix", "x": "pix"}, "x", "L = pix pixelsᵀx", "∇_x L = pix pixels",
     r"\nabla_{x} L = \mathrm{pix} \, \mathrm{pixels}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shapes", "name", "loss", "plain", "latex"), CASES)
def test_an_array_is_not_printed_like_a_constant(text, shapes, name, loss, plain, latex):
    derived = sd.gradient(sd.parse(text, **shapes), sd.parse(name, **shapes))
    assert str(derived.loss) == loss
    assert str(derived.results[0]) == plain
    assert derived.latex() == latex
    assert plain in str(derived)
    assert derived.check().passed


def test_a_name_of_an_array_hides_the_constant():
    x, pi = np.arange(3.0), np.array([1.0, 2.0, 5.0])
    made = sd.gradient(sd.parse("np.sum(pi*x)", pi="n", x="n"), sd.array("x", sd.dims("n")))
    np.testing.assert_allclose(made.to_numpy()(pi=pi, x=x), pi)
    assert sd.parse("pi*x", x="n").definition.body.has(sd.parse("pi").definition.body)
