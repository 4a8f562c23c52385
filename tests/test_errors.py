import copy
import pickle
from pathlib import Path

import pytest

from symderive.errors import InternalError, ProblemError, ShapeError, SymderiveError, did_you_mean


@pytest.mark.parametrize(
    ("file", "line", "text"),
    [
        (None, None, "no kernel."),
        ("a.toml", None, "a.toml: no kernel."),
        (None, 14, "line 14: no kernel."),
        (Path("dir/a.toml"), 14, f"{Path('dir/a.toml')}, line 14: no kernel."),
    ],
)
def test_a_problem_error_says_where(file, line, text):
    assert str(ProblemError("no kernel.", file=file, line=line)) == text


@pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_problem_error_survives_the_way_out_of_a_child_process(duplicate):
    error = duplicate(ProblemError("no kernel.", file="a.toml", line=14))
    assert (str(error), error.file, error.line) == ("a.toml, line 14: no kernel.", "a.toml", 14)


def test_a_mistake_of_the_user_is_a_value_error_and_one_of_the_project_is_not():
    for error in (SymderiveError, ShapeError, ProblemError):
        assert issubclass(error, SymderiveError)
        assert issubclass(error, ValueError)
    assert not issubclass(InternalError, ValueError)


def test_the_nearest_choice_does_not_depend_on_the_order_of_the_choices():
    assert did_you_mean("xa", ["xb", "xc"]) == did_you_mean("xa", ["xc", "xb"])
