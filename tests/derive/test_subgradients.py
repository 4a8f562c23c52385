"""The slope at a kink is chosen with the same words for every kind of derivative, and said in the output."""

import numpy as np
import pytest

import symderive as sd
from symderive.cli import main
from symderive.errors import SymderiveError

n, d = sd.dims("n d")
w, v = sd.array("w", d), sd.array("v", d)
AT = np.array([0.0, 1.0, -2.0])
ALONG = np.array([3.0, 5.0, 7.0])
SLOPES = {"zero": 0.0, "left": -1.0, "middle": 0.0, "right": 1.0, 0: -1.0, 0.5: 0.0, 1: 1.0, None: 0.0}


def kinds(choice):
    """Each kind of derivative of |w| at w₁ = 0, with the slope s of |w| there, and what it should be."""
    s = SLOPES[choice]
    signs = np.array([s, 1.0, -1.0])
    absolute, total, product = np.abs(w), np.sum(np.abs(w)), np.sum(np.abs(w) * w)
    return {
        "gradient": (sd.gradient(total, w, subgradient=choice), signs),
        "jacobian": (sd.jacobian(absolute, w, subgradient=choice), np.diag(signs)),
        "derivative once": (sd.derivative(absolute, w, subgradient=choice), np.diag(signs)),
        "derivative of a scalar": (sd.derivative(total, w, subgradient=choice), signs),
        "derivative": (sd.derivative(product, w, w, subgradient=choice), 2 * np.diag(signs)),
        "hessian": (sd.hessian(product, w, subgradient=choice), 2 * np.diag(signs)),
        "directional": (sd.directional(absolute, w, v, subgradient=choice), signs * ALONG),
        "directional of a scalar": (sd.directional(total, w, "v", subgradient=choice), signs @ ALONG),
        "product": (sd.hessian_vector_product(product, w, v, subgradient=choice), 2 * signs * ALONG),
    }


@pytest.mark.parametrize("choice", SLOPES)
def test_every_kind_takes_the_slope_that_is_asked_for(choice):
    for name, (made, expected) in kinds(choice).items():
        function = made.to_numpy()
        points = {"w": AT, "v": ALONG}
        found = function(**{one.name: points[one.name] for one in function.program.inputs})
        np.testing.assert_array_equal(found, expected, err_msg=name)
        assert made.check().passed
        assert any(one.kind == "kink" and "at the kink x = 0" in one.text for one in made.conditions), name


KINDS = [sd.gradient, sd.hessian, sd.jacobian, sd.derivative]


@pytest.mark.parametrize("make", KINDS)
def test_another_word_is_refused(make):
    with pytest.raises(SymderiveError, match="subgradient='up': choose the slope at a kink by name"):
        make(np.sum(np.abs(w)), w, subgradient="up")


@pytest.mark.parametrize("make", [sd.directional, sd.hessian_vector_product])
def test_another_word_is_refused_along_a_direction(make):
    with pytest.raises(SymderiveError, match="subgradient='up': choose the slope at a kink by name"):
        make(np.sum(np.abs(w)), w, "v", subgradient="up")


OPTIONS = {
    "--gradient": "np.sum(np.abs(w))", "--jacobian": "np.abs(w)", "--hessian": "np.sum(np.abs(w) * w)",
    "--order=2": "np.sum(np.abs(w) * w)", "--direction=v": "np.abs(w)", "--hvp=v": "np.sum(np.abs(w) * w)",
}  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("choice", ["left", "right"])
def test_the_command_line_takes_it_and_says_it(option, choice, capsys):
    assert main(["derive", OPTIONS[option], "w=d", "--wrt", "w", option, "--subgradient", choice]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"the slope from the {choice}, at the kink x = 0" in said


def test_the_command_line_names_the_nearest_word(capsys):
    assert main(["derive", "np.sum(np.abs(w))", "w=d", "--wrt", "w", "--subgradient", "lefty"]) == 2
    assert 'unknown value of --subgradient "lefty"; did you mean "left"?' in capsys.readouterr().err
