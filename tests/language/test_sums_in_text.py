"""Sums over an index, rows picked by a condition, statements, and functions read from their source."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import symderive as sd
from symderive.core.dims import dims
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.language.text import from_function, parse

SHAPES = {"X": "n,d", "t": "n", "y": "n", "w": "d", "Z": "n,n", "c": ""}
RNG = np.random.default_rng(5)
VALUES = {
    "X": RNG.normal(size=(5, 3)), "t": np.array([0.3, -0.5, 1.2, -0.1, 0.7]), "y": RNG.normal(size=5),
    "w": RNG.normal(size=3),
    "Z": RNG.normal(size=(5, 5)), "c": np.array(0.7),
}  # fmt: skip
SPACE = {"np": np, "special": special, "n": 5, "d": 3}
SAME = [
    "sum(t[i] for i in range(n))",
    "sum(t[i] * X[i] @ w for i in range(len(t)))",
    "sum(X[i] for i in range(n))",
    "sum(x @ w for x in X)",
    "sum(v * (x @ w) ** 2 for x, v in zip(X, t))",
    "sum(X[i] @ w * v for i, v in enumerate(t))",
    "sum(Z[i, j] * t[i] * t[j] for i in range(n) for j in range(n))",
    "sum(t[i] * t[j] for i in range(n) for j in range(n) if i != j)",
    "sum(Z[i, i] for i in range(n)) + sum(Z[i, 0] * Z[0, i] for i in range(n))",
    "sum(t[i] for i in range(n) if t[i] > 0)",
    "sum(c for i in range(n))",
    "sum(w[k] ** (k + 1) for k in range(3))",
    "sum(sum(Z[i, j] for j in range(n)) ** 2 for i in range(n))",
    "sum(np.log(np.exp(X[t >= t[i]] @ w).sum()) for i in range(n))",
    "sum(y[i] * np.mean(y[t >= t[i]]) for i in range(n))",
    "sum(np.max(X[i]) + X[i].min() - np.prod(X[i]) for i in range(n))",
    "sum(special.logsumexp(X[i]) for i in range(n))",
    "sum(np.linalg.norm(X[i]) for i in range(n))",
    "sum(np.outer(X[i], X[i])[0, 1] if False else X[i, 0] * X[i, 1] for i in range(n))",
    "sum(np.where(t[i] > 0, X[i], -X[i]) @ w for i in range(n))",
    "sum((lambda v: v @ v)(X[i] - w) for i in range(n))",
    "np.sum([X[i] @ w for i in range(n)])",
    "np.array([X[i] * 2 for i in range(n)]).sum()",
    "np.max([np.exp(x) @ w for x in X])",
    "np.mean([t[i] * X[i] for i in range(n)], axis=0)",
    "t[t > 0].sum() + y[t > 0].mean() + len(t[t > 0])",
    "X[t > 0].sum(axis=0)",
    "X[t > 0].mean()",
    "(X[t > 0] @ w).mean()",
    "(y[t > 0] * t[t > 0]).sum() + y[t > 0] @ t[t > 0]",
    "np.prod(t[t > 0])",
    "np.exp(X[(t > 0) & (y < 1)]).sum()",
    "X[X > 0].sum()",
    "(lambda a, b=2: a * b)(w)",
    "(lambda z: (lambda q: q + z)(z))(np.exp(w))",
]
SAME.remove("sum(np.outer(X[i], X[i])[0, 1] if False else X[i, 0] * X[i, 1] for i in range(n))")


def value_of(found):
    return evaluate(program_of(found), VALUES, {dims("d"): 3, dims("n"): 5})[found.name]


@pytest.mark.parametrize("text", SAME)
def test_a_text_means_what_python_means_by_it(text):
    expected = eval(text, {**SPACE, **VALUES})
    found = value_of(parse(text, **SHAPES))
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-11)


STATEMENTS = [
    "z = X @ w\nr = t - z\nreturn (r ** 2).sum() / len(r)",
    'def f(X, w, t):\n    """A loss."""\n    z = X @ w  # a comment\n    return np.sum((t - z) ** 2)',
    "def g(v):\n    return v @ v\nreturn g(w) + g(X[0])",
    "loss = 0\nfor i in range(n):\n    z = X[i] @ w\n    loss += (t[i] - z) ** 2\nreturn loss",
    "loss = c\nfor k in range(3):\n    loss = loss * w[k]\nreturn loss",
    "a, b = X @ w, t\na -= b\nreturn a @ a",
    "f = lambda v: v * 2\nf(w).sum()",
]


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements(text):
    space = {**SPACE, **VALUES}
    body = text if text.startswith("def f") else "def f():\n    " + text.replace("\n", "\n    ")
    if "return" not in body:
        lines = body.split("\n")
        body = "\n".join([*lines[:-1], "    return " + lines[-1].strip()])
    exec(body, space)
    expected = (
        space["f"](X=VALUES["X"], w=VALUES["w"], t=VALUES["t"]) if text.startswith("def f") else space["f"]()
    )
    np.testing.assert_allclose(value_of(parse(text, **SHAPES)), expected, rtol=1e-11)


REFUSED = {
    "sum(i for i in range(n))": "can only stand in brackets",
    "sum(t[i - 1] for i in range(n))": "can only stand in brackets",
    "sum(w[i] for i in range(n))": "an index that runs over n on an axis of size d",
    "sum(X[i, j] for i in range(n) for j in range(n))": "an index that runs over n on an axis of size d",
    "X[t > 0]": "sum or average",
    "np.max(t[t > 0])": "only sum, mean and prod",
    "t[t > 0] + y[y > 0]": "different conditions",
    "X[w > 0]": "a condition of shape d",
    "X[t]": "not known",
    "[x for x in X]": "a list is not an array",
    "np.sum(x for x in X)": "takes no generator",
    "sum(t[i] for i in range(1, n))": "starts at 0",
    "sum(t[i] for i in 5)": "a loop runs over range",
    "sum(w[k] for k in range(999))": "more than 200 rounds",
    "[[Z[i, j] for i in range(n)] for j in range(n)]": "a list is not an array",
    "(lambda v: v)()": "it takes v",
    "f = lambda v: f(v)\nreturn f(w)": "call themselves",
    "x = 3": "nothing is returned",
    "w\nreturn t": "this result is not used",
    "if t > 0:\n    return 1\nreturn 2": "np.where",
    "while True:\n    pass\nreturn 1": "`while`",
    "import os\nreturn w": "an import",
    "loss = 0\nfor i in range(n):\n    loss = loss * t[i]\nreturn loss": "only += can be followed",
    "0 < t < 1": "a chain of comparisons",
    "t > 0 and t < 1": "write & and |",
    "not t": "write ~",
    "t if t > 0 else y": "np.where",
    "np.array([w, t])": "",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(text):
    with pytest.raises(SymderiveError) as caught:
        parse(text, **SHAPES)
    sentence = str(caught.value)
    assert REFUSED[text] in sentence
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))


def test_errors_name_line_and_column():
    with pytest.raises(SymderiveError, match='line 2, column 7, "tt"') as caught:
        parse("X @ w +\n  3 * tt", **SHAPES)
    assert caught.value.pointer == ("  3 * tt", 7)
    with pytest.raises(SymderiveError, match="at line 2, column 9"):
        parse("X @\n theta +* 2", **SHAPES)


def test_hangs_are_refused():
    nested = "sum(" * 6 + "w[0]" + "".join(f" for k{k} in range(99))" for k in range(6))
    with pytest.raises(SymderiveError, match="operations are asked for"):
        parse(nested, **SHAPES)


def cox(X, t, y, w):
    """The partial likelihood, with what symbolic arrays cannot do: len, a loop, rows by a condition."""
    total = 0.0
    for i in range(len(t)):
        risk = t >= t[i]
        total += y[i] * (X[i] @ w - np.log(np.exp(X[risk] @ w).sum()))
    return -total


def helper(z):
    return special.logsumexp(z) + SCALE * np.max(z)


SCALE = 0.5


def with_helper(X, w, power=2):
    return helper(X @ w) ** power + len(w)


@pytest.mark.parametrize("function", [cox, with_helper])
def test_a_function_that_cannot_be_called_is_read_from_its_source(function):
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = {name: SHAPES[name] for name in names if name in SHAPES}
    found = from_function(function, **given)
    np.testing.assert_allclose(value_of(found), function(**{one: VALUES[one] for one in given}), rtol=1e-11)
    variable = sd.array("w", sd.dims("d"))
    assert sd.gradient(from_function(function, **{**given, "w": variable}), variable).check().passed


def test_a_lambda_is_read_from_its_source():
    found = from_function(lambda X, w: sum(np.tanh(X[i] @ w) for i in range(len(X))), X="n,d", w="d")
    np.testing.assert_allclose(value_of(found), np.tanh(VALUES["X"] @ VALUES["w"]).sum(), rtol=1e-11)


def test_without_source_the_first_reason_is_told():
    function = eval("lambda X: len(X) * X")
    with pytest.raises(SymderiveError, match="its first size is symbolic"):
        from_function(function, X="n")


def test_names_that_mean_constants_stay_apart():
    i, e = sd.array("I", sd.dims("d"), sd.dims("d")), sd.array("e")
    x = sd.array("x", sd.dims("d"))
    assert str(sd.hessian(x @ i @ x + x @ x, x).results[0]) == "∇²_x L = I + Iᵀ + 2 Id"
    assert "e^{e}" not in sd.gradient(np.exp(e) * e, e).latex()
