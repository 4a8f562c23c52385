"""The file that a user takes away runs alone, and its self-check finds errors that are planted into it."""

import ast
import contextlib
import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import symderive as sd
from symderive.core.nodes import STRUCTURES
from symderive.errors import InternalError, SymderiveError
from symderive.numeric import DOMAINS, self_check
from symderive.numeric.draws import draw
from tests.derive.random_programs import losses
from tests.profiles import examples

RIDGE = ("np.sum((X @ w - y)**2) + a * np.sum(w**2)", {"X": "n,d", "w": "d", "y": "n", "a": ":positive"})
LOGISTIC = ("np.mean(np.logaddexp(0, -y * (X @ w)))", {"X": "n,d", "w": "d", "y": "n:sign"})
GAUSS = ("np.linalg.slogdet(S)[1] + np.trace(np.linalg.inv(S) @ C)", {"S": "d,d:spd", "C": "d,d:symmetric"})
POISSON = (
    "np.sum(X @ w - y * np.log(X @ w) + np.abs(w).sum())",
    {"X": "n,d:positive", "w": "d", "y": "n:count"},
)
BILINEAR = ("np.sum(np.tanh(A @ B)**2)", {"A": "n,k", "B": "k,d"})


def derived(problem, *wrt, hessian=False):
    text, shapes = problem
    arrays = {name: sd.parse(name, **{name: shape}) for name, shape in shapes.items()}
    loss = sd.parse(text, **arrays)
    variables = [arrays[name] for name in wrt]
    return sd.hessian(loss, *variables) if hessian else sd.gradient(loss, variables)


def run(source, tmp_path):
    path = tmp_path / "taken.py"
    path.write_text(source, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-I", str(path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=environment,
    )


def verdict(source):
    """Whether the self-check of a source passes, and what it prints."""
    space, printed = {"__name__": "taken"}, io.StringIO()
    exec(compile(source, "taken", "exec"), space)
    with contextlib.redirect_stdout(printed):
        good = space["confirmed"](space["CHECKS"], space["random_data"], space["value"])
    return good, printed.getvalue()


def replaced_return(source, function, template):
    """The source with what a function returns put into a template."""
    tree = ast.parse(source)
    (found,) = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == function)
    last = found.body[-1]
    assert isinstance(last, ast.Return)
    wrong = ast.parse("def f():\n    " + template.format(ast.unparse(last.value)).replace("\n", "\n    "))
    found.body[-1:] = wrong.body[0].body
    return ast.unparse(tree)


@pytest.mark.parametrize(
    ("problem", "wrt", "hessian", "rows"),
    [
        (RIDGE, "w", True, ["gradient: 9 entries", "hessian: 27 entries"]),
        (LOGISTIC, "w", False, ["gradient: 9 entries"]),
        (BILINEAR, "AB", False, ["gradient A: ", "gradient B: "]),
        (BILINEAR, "AB", True, ["gradient: ", "hessian: "]),
        (GAUSS, "S", False, ["gradient: "]),
        (POISSON, "w", True, ["gradient: 9", "hessian: 27"]),
    ],
)
def test_runs_alone(tmp_path, problem, wrt, hessian, rows):
    source = derived(problem, *wrt, hessian=hessian).to_python()
    assert "import symderive" not in source
    done = run(source, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert line.startswith(row)
        assert line.endswith(": agree")
        assert float(re.search(r"error (\S+):", line)[1]) < 1e-5


def test_the_file_says_what_it_computes():
    source = derived(RIDGE, "w", hessian=True).to_python()
    assert ast.get_docstring(ast.parse(source)).startswith("Value, gradient in w, Hessian in w")
    for formula in ("∇_w L = ", "∇²_w L = 2(XᵀX + aI)", "Arrays: X n×d, w d, y n, a a scalar (positive)."):
        assert formula in source
    space = {"__name__": "taken"}
    exec(compile(source, "taken", "exec"), space)
    data = space["random_data"](0)
    assert {name: np.shape(one) for name, one in data.items()} == {"X": (7, 3), "w": (3,), "y": (7,), "a": ()}
    assert space["hessian"](**data).shape == (3, 3)
    assert not any(line != line.rstrip() for line in source.splitlines())


PLANTED = {
    "a factor": "return 1.001 * ({})",
    "one entry": "made = np.array({})\nmade.reshape(-1)[1] *= 1.025\nreturn made",
    "a small entry": "made = np.array({})\nmade.reshape(-1)[-1] += 1e-4\nreturn made",
    "nan": "made = np.array({})\nmade.reshape(-1)[0] = np.nan\nreturn made",
    "infinite": "made = np.array({})\nmade.reshape(-1)[0] = np.inf\nreturn made",
    "a shape": "return ({})[None]",
    "nothing": "return 0 * ({})",
    "a sign": "return -({})",
}


@pytest.mark.parametrize("slip", PLANTED)
@pytest.mark.parametrize("function", ["gradient", "hessian"])
@pytest.mark.parametrize("problem", [RIDGE, LOGISTIC, POISSON])
def test_a_planted_error_is_found(problem, function, slip):
    source = derived(problem, "w", hessian=True).to_python()
    assert verdict(source)[0]
    good, printed = verdict(replaced_return(source, function, PLANTED[slip]))
    assert not good
    assert "WRONG" in printed


def test_a_planted_error_fails_the_run(tmp_path):
    source = derived(LOGISTIC, "w", hessian=True).to_python()
    done = run(replaced_return(source, "hessian", PLANTED["one entry"]), tmp_path)
    assert done.returncode == 1
    assert "hessian[0, 1]: derived" in done.stdout


def test_a_wrong_value_is_found():
    source = derived(LOGISTIC, "w").to_python()
    assert not verdict(replaced_return(source, "value", "return np.square({})"))[0]
    good, printed = verdict(replaced_return(source, "value", "return np.nan * ({})"))
    assert not good
    assert "nothing was checked" in printed


def test_nothing_but_round_off_is_not_confirmed():
    checks = [("gradient", lambda x: 2e-12 * x, lambda x: 1e6 + 1e-12 * (x @ x), ("x",))]
    assert not self_check.confirmed(checks, lambda seed: {"x": draw((3,), seed=seed)}, lambda x: 1.0)


def test_a_kink_near_by_is_stepped_around(capsys):
    at = np.array([3e-4, 1.0, -2.0])
    checks = [("gradient", lambda x: np.sign(x), lambda x: np.abs(x).sum(), ("x",))]
    assert self_check.confirmed(checks, lambda seed: {"x": at}, lambda x: 1.0)
    assert "9 entries" in capsys.readouterr().out


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain_has_data(domain):
    shape = "d,d" if domain in {*STRUCTURES, "invertible"} else "n,d"
    good, printed = verdict(
        derived(("np.sum(np.exp(A * B))", {"A": f"{shape}:{domain}", "B": shape}), "B").to_python()
    )
    assert good, printed


def test_what_has_no_file_is_refused():
    model = sd.GLM(sd.Poisson(), link="log")
    with pytest.raises(SymderiveError, match="gradients and Hessians"):
        model.fisher_information.to_python()
    with pytest.raises(SymderiveError, match="the size rng"):
        derived(("np.sum(w**2)", {"w": "rng"}), "w").to_python()


def test_a_file_that_fails_is_not_handed_out(monkeypatch):
    def wrong(title, derived, quotient, bound):
        return False, 1, 1.0

    monkeypatch.setattr(self_check, "compare", wrong)
    monkeypatch.setattr("symderive.derive.python_file.plain_source", lambda one: _source_with(one, wrong))
    with pytest.raises(InternalError, match="does not pass its own check"):
        derived(LOGISTIC, "w").to_python()


def _source_with(function, wrong):
    from symderive.codegen.plain_source import plain_source

    if function is wrong:
        return "def compare(title, derived, quotient, bound):\n    return False, 1, 1.0\n"
    return plain_source(function)


@settings(deadline=None, max_examples=examples(25), suppress_health_check=list(HealthCheck))
@given(losses(depth=3))
def test_random_losses_pass_and_planted_errors_fail(loss):
    try:
        source = sd.gradient(loss.symbolic, loss.variable).to_python()
    except SymderiveError:
        assume(False)
    good, printed = verdict(source)
    assert good, printed
    assert not verdict(replaced_return(source, "gradient", "return 1.01 * ({}) + 1e-3"))[0]
