"""What a new user writes first and wrongly: the sentence says what to do about it."""

from __future__ import annotations

import pytest

import symderive as sd
from symderive.cli import main

SENTENCES = {
    "np.sum(w * q)": "unknown name q; declare an array with its shape, for example q=n.",
    "np.sum(w[0.5])": "indexing w: the number 1/2 as a position is not supported; use slices, integers,",
    "np.sum(w[[True, False]])": "indexing w: truth values as a position is not supported; use slices,",
    "": "reading the formula: it is empty; write for example np.sum(w**2).",
    " \n ": "reading the formula: it is empty; write for example np.sum(w**2).",
    "np.sum(np.einsum('ij,jk', X, X))": "index j runs over d and over n; give both axes the same size.",
}


@pytest.mark.parametrize("formula", SENTENCES)
def test_on_the_command_line(formula, capsys):
    assert main(["derive", formula, "X=n,d", "w=d", "--wrt", "w"]) == 2
    assert SENTENCES[formula] in capsys.readouterr().err


def test_a_name_where_an_array_is_wanted():
    w = sd.array("w", "d")
    with pytest.raises(
        sd.SymderiveError, match="the variable is a str, not a symbolic array; give the array"
    ):
        sd.gradient(w @ w, "w")
