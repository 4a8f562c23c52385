"""Formulas as text: they mean what Python means by them, and nothing in them is ever executed."""

import builtins
import os
import subprocess
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from symderive.core.dims import dims
from symderive.errors import ShapeError, SymderiveError
from symderive.functions import by_call
from symderive.language.array import Array
from symderive.language.declaring import array
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.language.text import LONGEST, from_function, parse

SHAPES = {"X": "n,d", "w": "d", "y": "n", "S": "d,d:spd", "c": "", "p": "n:unit", "B": "k,n,d"}
SIZES = {"n": 7, "d": 3, "k": 4}
RANDOM = np.random.default_rng(0)
VALUES = {
    name: RANDOM.uniform(0.1, 0.9, [SIZES[size] for size in shape.partition(":")[0].split(",") if size])
    for name, shape in SHAPES.items()
}

SAME = [
    "np.sum((X @ w - y)**2)",
    "numpy.sum(np.square(X @ w - y)) / (2 * len(X))",
    "((X @ w - y)**2).mean()",
    "np.mean(np.logaddexp(0, -y * (X @ w)))",
    "-np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))",
    "X.T @ X + c * S",
    "X.transpose() @ y",
    "np.transpose(B, (1, 0, 2))",
    "B.transpose(2, 0, 1)",
    "B.sum(axis=(0, 2), keepdims=True)",
    "X.mean(0)",
    "X.dot(w)",
    "S.trace() + np.trace(S)",
    "np.linalg.norm(X, axis=1, keepdims=True)",
    "np.linalg.norm(X, ord='fro')",
    "np.einsum('ij,j->i', X, w)",
    "X[0] - X[-1] + X[2, :]",
    "X[:, None, 1] * B[..., 0].T[0][None]",
    "y[:, np.newaxis] * w[None, :]",
    "X / X.shape[0] ** 2 - X.shape[-1] * X.ndim / X.size",
    "np.pi * np.e * w",
    "1e-3 * w + 2.5 - .5",
    "2 ** w - w ** -1 + w ** 0.5",
    "-w + +w - -w",
    "X @ w / np.sqrt(X.shape[1])",
    "w / (1/3)",
    "np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)",
    "special.expit(X @ w)",
    "scipy.special.expit(w) + sp.gammaln(w) + sc.digamma(w)",
    "special.logsumexp(X, axis=1, keepdims=True)",
    "special.softmax(X, axis=1)",
    "special.log_softmax(X, axis=0)",
    "scipy.special.polygamma(1, w)",
    "np.maximum(w, 0.5) - np.minimum(0.5, w) + np.clip(w, 0.3, 0.6) + np.abs(w - 0.5)",
    "np.add(np.multiply(w, 2), np.matmul(X, w)[0])",
    "np.outer(y, w)",
    "np.var(X, axis=0) + np.std(X, axis=0)",
    "np.diag(S) + np.diag(w) @ w",
    "  np.sum(\n  w\n)  ",
    "lambda X, w: X @ w",
    "lambda: np.sum(w)",
]


class _Special:
    """`scipy` and its shorthands for the comparison."""

    special = special


@pytest.mark.parametrize("text", SAME)
def test_a_text_means_what_python_means_by_it(text):
    names = {"np": np, "numpy": np, "special": special, "sp": special, "sc": special, "scipy": _Special}
    expected = eval(text.strip().replace("\n", " "), {**names, **VALUES})
    if callable(expected):
        arguments = expected.__code__.co_varnames
        expected = expected(*(VALUES[name] for name in arguments))
    found = parse(text, **SHAPES)
    value = evaluate(program_of(found), VALUES, {dims("d"): 3, dims("n"): 7})[found.name]
    assert value.shape == np.shape(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-11)


@pytest.mark.parametrize(
    "name", ["exp", "expit", "sigmoid", "softplus", "relu", "sum", "mean", "norm", "logsumexp"]
)
def test_bare_names(name):
    found = parse(f"{name}(w)", **SHAPES)
    w = VALUES["w"]
    own = {
        "sigmoid": special.expit,
        "softplus": lambda x: np.log1p(np.exp(x)),
        "relu": lambda x: np.maximum(x, 0),
    }
    place = next((place for place in (np, np.linalg, special) if hasattr(place, name)), None)
    function = own[name] if name in own else getattr(place, name)
    value = evaluate(program_of(found), VALUES)[found.name]
    np.testing.assert_allclose(value, function(w), rtol=1e-12)


@pytest.mark.parametrize("call", sorted(by_call()))
def test_every_function_of_the_catalogue_can_be_written(call):
    entry = by_call()[call]
    args = "w, w" if entry.arity == 2 else "w"
    args = "2, w" if entry.has_order else args
    full = parse(f"{call}({args})", w="d")
    assert full.name == parse(f"{call.rpartition('.')[2]}({args})", w="d").name


def test_sizes_are_shared_and_domains_read():
    found = parse("X.T @ y", X="n,d", y="n")
    assert [str(size) for size in found.shape] == ["d"]
    n, d = dims("n d")
    assert parse("X", X=" n , d ").shape == parse("X", X="(n,d)").shape == (n, d)
    assert parse("X", X=(n, d)).shape == parse("X", X=array("X", n, d)).shape
    assert parse("S", S="d,d: spd").tensor.domain == "spd"
    assert parse("c", c=":positive").tensor.domain == "positive"
    assert parse("v", v="2*n+1,3,d-1").shape == (2 * n + 1, 3, d - 1)
    assert parse("v", v="n,").shape == (n,)


def test_user_names_win_over_functions_and_modules():
    assert parse("exp + sum", exp="d", sum="d").shape == (dims("d"),)
    with pytest.raises(SymderiveError, match='arrays have no "exp"'):
        parse("np.exp(np)", np="d")


def test_exact_numbers_stay_exact():
    assert str(parse("(1/3) * w", w="").definition.body) == "w/3"
    assert str(parse("0.1 * w", w="").definition.body) == "w/10"
    assert str(parse("w ** 0.5", w="").definition.body) == "sqrt(w)"


ATTACKS = [
    "__import__('os').system('touch owned')",
    "__import__",
    "().__class__.__bases__[0].__subclasses__()",
    "X.__class__",
    "X.definition",
    "X.tensor.__class__",
    "X.sum.__globals__",
    "X.sum.__func__.__globals__",
    "np.sum.__globals__",
    "np.os",
    "np.__builtins__",
    "np.load('x')",
    "np.fromfile('x')",
    "np.linalg.os",
    "np.linalg.linalg.sys",
    "scipy.sys",
    "scipy.io.loadmat('x')",
    "special.__dict__",
    "eval('1')",
    "exec('1')",
    "open('x')",
    "getattr(X, 'T')",
    "print(X)",
    "[x for x in X]",
    "{x for x in X}",
    "{x: x for x in X}",
    "(x for x in X)",
    "np.sum(x for x in X)",
    "(Y := X)",
    "f'{X}'",
    "f'{X.__class__}'",
    "'{0.__class__}'.format(X)",
    "'abc'",
    "b'abc'",
    "1j * X",
    "X if X else X",
    "X and X",
    "not X",
    "~X",
    "X // 2",
    "X % 2",
    "X << 2",
    "X | X",
    "lambda: (lambda: X)",
    "lambda *X: X",
    "lambda **X: X",
    "lambda q: X",
    "await X",
    "(yield X)",
    "X; X",
    "X = 1",
    "import os",
    "del X",
    "*X",
    "np.sum(*X)",
    "np.sum(**X)",
    "np.sum",
    "np",
    "X.sum",
    "X.shape",
    "X.shape[5]",
    "X.shape[X]",
    "X.shape[1:]",
    "(X, X)",
    "X[::2]",
    "X[X]",
    "X['a']",
    "X[0.5]",
    "X[True]",
    "None",
    "True + X",
    "None * X",
    "... + X",
    "np.exp()",
    "np.exp(X, X)",
    "np.exp(X, out=X)",
    "np.add(X)",
    "np.add(X, X, X)",
    "X.sum(axis='a')",
    "X.sum(2)",
    "X.sum(nothing=1)",
    "X.mean(dtype=1)",
    "X.T()",
    "X()",
    "1()",
    "len()",
    "len(c)",
    "len(X, X)",
    "sigmoid()",
    "X @ y",
    "X + y",
    "X @ 2",
    "2 @ 2",
    "X / 0",
    "1 / 0 * X",
    "0 ** -1 * X",
    "(-1) ** 0.5 * X",
    "1e999 * X",
    "np.inf * X",
    "np.nan * X",
    "",
    "   ",
    "(",
    "X +",
    "X X",
    "X @@ X",
    "X.",
    "'",
    "\x00",
    "X\x00",
    "\\",
    "“X”",
    "X → X",
]


@pytest.fixture
def nothing_runs(monkeypatch):
    """Any call of what could run code or touch the system fails the test."""

    def refuse(*args, **kwargs):
        raise AssertionError("user text was executed")

    for place, names in (
        (builtins, ("eval", "exec", "open", "__import__")),
        (os, ("system", "popen")),
        (subprocess, ("Popen",)),
    ):
        real = {name: getattr(place, name) for name in names}
        for name in names:
            if place is builtins and name == "__import__":

                def guarded(wanted, *args, _real=real[name], **kwargs):
                    return (
                        refuse()
                        if wanted in ("os", "sys", "subprocess") and args[:1] == ({},)
                        else _real(wanted, *args, **kwargs)
                    )

                monkeypatch.setattr(place, name, guarded)
            else:
                monkeypatch.setattr(place, name, refuse)


@pytest.mark.parametrize("text", ATTACKS)
def test_everything_else_is_refused_in_one_sentence(text, nothing_runs):
    with pytest.raises(SymderiveError) as caught:
        parse(text, **SHAPES)
    message = str(caught.value)
    assert message.startswith("reading the formula")
    assert message.endswith((".", "?"))
    assert "\n" not in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X + foo", 'column 5, "foo": unknown name foo'),
        ("é + foo", 'column 5, "foo": unknown name foo'),
        ("épsilon + np.expp(X)", 'column 1, "épsilon": unknown name épsilon'),
        ("np.einsum('é', c) + foo", "column 1, \"np.einsum('é', c)\": einsum"),
        ("X @ y", 'column 1, "X @ y": X @ y: inner dimensions differ: d'),
        ("np.expp(X)", 'column 1, "np.expp": numpy.expp is not supported; did you mean "numpy.exp"?'),
        ("X.summ()", 'arrays have no "summ"; did you mean "sum"?'),
        ("sigmoit(X)", 'did you mean "sigmoid"?'),
        ("1 + (X + ", "was never closed, at column 5"),
        ("X if c else X", "`if` cannot stand in a formula"),
    ],
)
def test_errors_say_where_and_what(text, expected):
    with pytest.raises(SymderiveError) as caught:
        parse(text, **SHAPES, é="")
    assert expected in str(caught.value)


def test_shape_errors_stay_shape_errors():
    with pytest.raises(ShapeError):
        parse("X @ y", **SHAPES)


HUGE = {
    "tower": "10**10**10 * c",
    "tower of nines": "9**9**9**9 + c",
    "negative tower": "10**-10**10 * c",
    "float tower": "1.5**1e9 * c",
    "big product": "*".join(["10**1000"] * 9) + "* c",
    "long integer": "1" * 5000 + " * c",
    "many digits": "1" * 2000 + " * c",
    "long fraction": "1/" + "7" * 1500 + " * c",
    "parentheses": "(" * 3000 + "c" + ")" * 3000,
    "some parentheses": "(" * 90 + "c + 1" + ")" * 90 + "+ 1" * 200,
    "minus": "-" * 5000 + "c",
    "sum": "c" + "+c" * 4000,
    "calls": "exp(" * 150 + "c" + ")" * 150,
    "subscripts": "c" + "[None]" * 1500,
    "powers": "c" + "**2" * 3000,
    "brackets": "[" * 2000 + "]" * 2000,
    "lambdas": "lambda: " * 1000 + "c",
    "length": "c" + " " * LONGEST,
    "attributes": "c" + ".T" * 4000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_huge_texts_are_refused_at_once(text):
    start = time.perf_counter()
    with pytest.raises(SymderiveError) as caught:
        parse(text, c="")
    assert time.perf_counter() - start < 2
    assert len(str(caught.value)) < 300


def test_text_of_ordinary_length_passes():
    assert parse("+".join(["c"] * 100), c="").shape == ()
    assert parse("(" * 50 + "c" + ")" * 50, c="").shape == ()
    assert parse("c**1000 + 2**1000 * c", c="").shape == ()


@given(st.text(alphabet="Xwc+-*/@.()[]:,0123 npsumTexplambda_'\"#\n{}=", max_size=40))
def test_no_text_gives_anything_but_an_array_or_a_sentence(text):
    message = ""
    try:
        found = parse(text, X="n,d", w="d", c="")
    except SymderiveError as error:
        message = str(error)
    else:
        assert isinstance(found, Array)
    assert "\n" not in message


@pytest.mark.parametrize(
    "shape",
    ["n;d", "-1", "0", "1.5", "n,d:wrong", "n,d:spd", "f(n)", "n.d", "__import__('os')", "n**9**9**9",
     "[n]*9", "True", "lambda", "1x", "(", "n,d:spd:spd", ":spd", "None", "n/2", "9" * 9999, "__n"],
)  # fmt: skip
def test_shapes_that_are_none(shape):
    with pytest.raises(SymderiveError) as caught:
        parse("X", X=shape)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 1.5, -1, object(), b"n"])
def test_shapes_of_other_types(value):
    with pytest.raises(SymderiveError):
        parse("X", X=value)


@pytest.mark.parametrize("text", [None, 3, b"X"])
def test_formulas_of_other_types(text):
    with pytest.raises(SymderiveError, match="not text"):
        parse(text, X="n")


@pytest.mark.parametrize("name", ["lambda", "__import__", "1x", "x y", "x-y", ""])
def test_names_that_are_none(name):
    with pytest.raises(SymderiveError):
        parse("1", **{name: "n"})


def test_from_function():
    def loss(X, w, y, scale=2):
        residual = X @ w - y
        return (residual**2).sum() / (scale * len(np.ones(3)) * X.shape[0])

    found = from_function(loss, X="n,d", w="d", y="n")
    value = evaluate(program_of(found), VALUES)[found.name]
    np.testing.assert_allclose(value, loss(VALUES["X"], VALUES["w"], VALUES["y"]))
    assert from_function(lambda X, /, w: X @ w, w="d", X="n,d").shape == (dims("n"),)
    assert from_function(lambda **arrays: arrays["X"] @ arrays["w"], w="d", X="n,d").shape == (dims("n"),)
    assert from_function(np.exp, x="n").shape == (dims("n"),)
    assert from_function(lambda X: 3, X="n").shape == ()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda X, z: X, "give the argument z a shape"),
        (lambda Y: Y, "give the argument Y a shape"),
        (lambda: 1, 'it has no argument "X"'),
        (lambda X: (X, X), "it returns several values"),
        (lambda X: None, "it returns nothing"),
        (lambda X: "text", "str cannot be mixed"),
        (lambda X: np.sqrt(X.shape[0] * 2) * X, "on symbolic arrays"),
        (lambda X: X if X > 0 else -X, "np.where"),
        (lambda X: X + 1j, "complex"),
    ],
)
def test_from_function_refuses_in_one_sentence(function, message):
    with pytest.raises(SymderiveError, match=message):
        from_function(function, X="n")


def test_from_function_and_parse_agree():
    shapes = {"X": "n,d", "w": "d", "y": "n"}
    text = "np.sum(np.logaddexp(0, -y * (X @ w)))"
    called = from_function(lambda X, w, y: np.sum(np.logaddexp(0, -y * (X @ w))), **shapes)
    assert called.name == parse(text, **shapes).name
