"""Published derivatives against the derived ones: right, or refused in one sentence; never wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import special

import symderive as sd
from symderive.codegen.numpy_source import numpy_function
from symderive.errors import SymderiveError
from symderive.language.programs import program_of
from symderive.notation.recover import matrix_form
from symderive.numeric.draws import draw_all

DATA = json.loads((Path(__file__).parent / "derivatives.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in DATA["cases"]}
READY = [name for name, case in CASES.items() if "not_yet" not in case]
NOT_YET = [name for name, case in CASES.items() if "not_yet" in case]
SPACE = {"np": np, "sc": special, "expit": special.expit, "erf": special.erf}


def formula(text):
    """The NumPy lambda of a case."""
    return eval(text, dict(SPACE))


def arrays_of(case):
    return {
        name: sd.array(name, *(sd.dims(size) for size in shape), domain=case["domains"].get(name, "real"))
        for name, shape in case["shapes"].items()
    }


def written(text, arrays):
    """The loss of a case: the lambda called on symbolic arrays, or read as text where that cannot be."""
    try:
        value = formula(text)(**arrays)
    except SymderiveError:
        return sd.parse(text, **arrays)
    assert sd.parse(text, **arrays).shape == value.shape
    return value


def derived(case):
    """The derivation of a case, or None for a likelihood or loss that is only evaluated; and its code."""
    arrays = arrays_of(case)
    value = written(case["function"], arrays)
    variables = [arrays[name] for name in case["wrt"]]
    if case["quantity"] in ("loglik", "loss"):
        return None, numpy_function(program_of(value), "value")
    made = sd.hessian(value, *variables) if case["quantity"] == "hessian" else sd.gradient(value, *variables)
    return made, made.to_numpy()


def draws(case):
    """Points at which to compare, with the expected values."""
    expected = formula(case["expected"])
    if "point" in case:
        point = {name: np.asarray(value, float) for name, value in case["point"].items()}
        yield point, np.asarray(case["value"], float)
        yield point, expected(**point)
    shapes = {
        name: (tuple(DATA["sizes"][size] for size in shape), case["domains"].get(name, "real"))
        for name, shape in case["shapes"].items()
    }
    for seed in range(3) if "point" not in case else ():
        point = draw_all(shapes, seed=seed)
        yield point, expected(**point)


def compare(case):
    derivation, code = derived(case)
    compared = 0
    for point, expected in draws(case):
        value = code(**{tensor.name: point[tensor.name] for tensor in code.program.inputs})
        assert np.shape(value) == np.shape(expected)
        scale = 1e-12 * np.max(np.abs(expected), initial=1.0)
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=scale)
        compared += 1
    assert compared
    return derivation


@pytest.mark.parametrize("name", READY)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_agrees_entry_by_entry(name):
    derivation = compare(CASES[name])
    if derivation is not None:
        assert derivation.check().passed


@pytest.mark.parametrize("name", READY)
def test_is_written_in_matrix_notation(name):
    """Every case whose result has at most two axes."""
    case = CASES[name]
    derivation, code = derived(case)
    equations = [*derivation.results, *derivation.lets] if derivation else []
    ranks = [one.definition.tensor.rank for one in equations]
    written = all(matrix_form(one.definition) is not None for one in equations)
    if max(ranks, default=0) > 2:
        assert not written
    else:
        assert written
    assert code.source


def test_nothing_is_refused_any_more():
    assert NOT_YET == []


def test_every_case_has_a_public_source():
    assert all(case["source"].strip() for case in CASES.values())
    assert len(CASES) == len(DATA["cases"])
