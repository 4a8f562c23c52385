"""The table of correctness: its judge finds planted errors, and slow cases are ended."""

import copy
import json

import numpy as np
import pytest

from tests.benchmarks.correctness import Asked, catalogue, verdict
from tests.benchmarks.translations import symderive as ours
from tests.benchmarks.translations import sympy as theirs
from tests.benchmarks.translations.numpy_text import NotExpressedError

CASES = {case["id"]: case for case in catalogue()}


def answer(module, name):
    return json.loads(json.dumps(module.answer(CASES[name])))  # as it comes from a child


@pytest.mark.parametrize("name", ["tr_AXBX", "norm2_hess", "gaussian_meanlogsigma/hessian:theta,ell"])
def test_a_planted_error_is_silently_wrong(name):
    found = answer(ours, name)
    assert verdict(CASES[name], found) == "right in matrix notation"
    wrong = copy.deepcopy(found)
    values = np.array(wrong["values"][-1])
    values.reshape(-1)[-1] *= 1.001
    assert (
        verdict(CASES[name], {**wrong, "values": [*wrong["values"][:-1], values.tolist()]})
        == "silently wrong"
    )
    nothing = [(0 * np.array(one)).tolist() for one in wrong["values"]]
    assert verdict(CASES[name], {**wrong, "values": nothing}) == "silently wrong"
    unknown = [(np.nan * np.array(one)).tolist() for one in wrong["values"]]
    assert verdict(CASES[name], {**wrong, "values": unknown}) == "silently wrong"


def test_sympy_is_translated():
    assert verdict(CASES["tr_AXBX"], answer(theirs, "tr_AXBX")) == "right in matrix notation"
    by_indices = answer(theirs, "ridge_logistic_loss/gradient:theta")
    assert "entries" in by_indices
    assert verdict(CASES["ridge_logistic_loss/gradient:theta"], by_indices) == "right but unreadable"
    by_indices["entries"][0][0] += 1e-3
    assert verdict(CASES["ridge_logistic_loss/gradient:theta"], by_indices) == "silently wrong"
    with pytest.raises(NotExpressedError):
        theirs.answer(CASES["cox_breslow/score:theta"])


def test_a_case_that_takes_too_long_is_ended():
    import sys

    asked = Asked("symderive", sys.executable, 0.001)
    assert verdict(CASES["mlp2_W1"], asked.ask(CASES["mlp2_W1"])) == "too slow"
    assert asked.process is None
    asked.limit = 60
    assert verdict(CASES["lin_vec"], asked.ask(CASES["lin_vec"])) == "right in matrix notation"
    asked.stop()
