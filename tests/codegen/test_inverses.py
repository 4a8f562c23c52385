"""Inverses and Cholesky factors that are read entry by entry: computed once, and the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.codegen import inverses
from symderive.core.nodes import Entry
from symderive.language.evaluate import evaluate

ARRAYS = {"S": "n,n", "P": "n,n:spd", "T": "b,n,n", "y": "n"}
ROWS = [
    ("jacobian", "np.linalg.inv(S)", "S"),
    ("hessian", "np.linalg.slogdet(S)[1]", "S"),
    ("hessian", "y @ np.linalg.inv(P) @ y", "P"),
    ("hessian", "np.sum(np.linalg.slogdet(T)[1])", "T"),
    ("jacobian", "np.linalg.inv(P) @ np.diag(y) @ np.linalg.inv(P)", "P"),
    ("jacobian", "np.linalg.cholesky(P)", "P"),
]


def function_of(kind, text, wrt):
    arrays = {name: sd.parse(name, **{name: shape}) for name, shape in ARRAYS.items() if name in text}
    return getattr(sd, kind)(sd.parse(text, **arrays), arrays[wrt]).to_numpy()


def values(function):
    draw = np.random.default_rng(5)
    given = {"S": draw.normal(size=(3, 3)), "T": draw.normal(size=(2, 3, 3)), "y": draw.normal(size=3)}
    given["P"] = given["S"] @ given["S"].T + np.eye(3)
    arrays = {str(one.name): given[str(one.name)] for one in function.program.inputs}
    return function(**arrays), next(iter(evaluate(function.program, arrays).values()))


@pytest.mark.parametrize(("kind", "text", "wrt"), ROWS)
def test_an_inverse_is_computed_once(kind, text, wrt):
    function = function_of(kind, text, wrt)
    assert function.source.count("np.linalg.inv(") == 1
    np.testing.assert_allclose(*values(function), rtol=1e-10, atol=1e-12)


def test_an_inverse_that_is_read_turned_is_found(monkeypatch):
    monkeypatch.setattr(inverses, "Entry", lambda tensor, *axes: Entry(tensor, *axes[::-1]))
    made, slow = values(function_of(*ROWS[0]))
    assert not np.allclose(made, slow)
