# ruff: noqa: E501 -- lines of generated code, to the letter
"""Generated NumPy code: what it computes, how it reads, that it stands alone, and what it accepts."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.from_forms import _EMITTERS
from symderive.core.nodes import Delta, Index, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import ShapeError, SymderiveError
from symderive.language.evaluate import evaluate
from symderive.notation.forms import walk
from symderive.notation.recover import matrix_form
from tests.notation.textbook import FORMULAS, SIZES, numbers
from tests.notation.textbook import derived as fresh

MORE = [
    ("gradient", "np.sum(X) * X[0, 1] + np.sum(X[2] * x)", "X=n,d; x=d", "X"),
    ("gradient", "np.sum(x[1] * X[:, 0]) + np.trace(A @ A)", "X=n,d; x=d; A=d,d", "x"),
    ("gradient", "np.trace(A) * np.sum(np.diag(A) * x)", "x=d; A=d,d", "x"),
    ("gradient", "np.sum(A * np.sum(A, axis=0)) * np.sum(x ** 3)", "x=d; A=d,d", "x"),
    ("gradient", "np.trace(A @ B) * np.sum(A) * x[0]", "x=d; A=d,d; B=d,d", "x"),
    ("gradient", "x @ K @ x * np.sum(K ** 3)", "x=d; K=d,d:lower", "K"),
    ("hessian", "np.sum(np.exp(X @ X.T))", "X=n,d", "X"),
    ("hessian", "np.sum(np.tanh(X @ w)) ** 2", "X=n,d; w=d", "w"),
    ("hessian", "np.sum(np.log(np.sum(np.exp(X @ W), axis=1)))", "X=n,d; W=d,k", "W"),
    ("gradient", "np.mean(np.log(np.sum(np.exp(X @ W), axis=1)))", "X=n,d; W=d,k", "W"),
    ("gradient", "special.logsumexp(X @ w) ** 2", "X=n,d; w=d", "w"),
    ("hessian", "special.logsumexp(X @ w)", "X=n,d; w=d", "w"),
    ("gradient", "np.sum(y * special.logsumexp(X @ W, axis=1))", "X=n,d; W=d,k; y=n", "y"),
    ("hessian", "np.sum(1 / (1 + (A @ x) ** 2) ** 1.5)", "A=m,d; x=d", "x"),
    ("gradient", "np.var(x) + np.std(x)", "x=d", "x"),
    ("gradient", "np.max(x) ** 2 + np.min(x) * np.prod(x)", "x=d", "x"),
    (
        "gradient",
        "np.sum(np.max(X @ W, axis=1) * np.prod(X, axis=1)) + np.min(X, axis=0) @ w",
        "X=n,d; W=d,k; w=d",
        "X",
    ),
    ("hessian", "np.prod(x) ** 2", "x=d", "x"),
    ("gradient", "np.sum(np.where((x > 0) & (w < 1), np.log(x) * w, x ** 2))", "x=d; w=d", "x"),
    ("gradient", "np.sum(np.where((x > 0) | (w < 1), x * w, x ** 2))", "x=d; w=d", "x"),
    ("hessian", "np.var(x)", "x=d", "x"),
    (
        "gradient",
        "np.sum((np.tril(A) @ np.tril(A).T - B) ** 2) + np.sum(np.triu(B, 1) * A)",
        "A=d,d; B=d,d",
        "A",
    ),
    ("gradient", "np.sum((X[:, 1:] @ w[1:] + w[0]) ** 2)", "X=n,d; w=d", "w"),
    ("hessian", "np.sum(np.exp(np.diff(x)))", "x=n", "x"),
    ("gradient", "np.sum(np.log(1 + np.cumsum(x) ** 2)) + x[::-1] @ np.roll(x, 2)", "x=n", "x"),
    (
        "gradient",
        "np.log(np.linalg.det(S)) * np.sum(np.linalg.inv(S) * S.T) + np.linalg.det(S)",
        "S=d,d:spd",
        "S",
    ),
    ("gradient", "np.linalg.slogdet(S)[1] ** 2 + x @ np.linalg.solve(S, x)", "S=d,d:spd; x=d", "S"),
    ("gradient", "np.linalg.norm(X @ W - Y, 'nuc') + np.linalg.cond(W)", "X=n,d; W=d,k; Y=n,k", "W"),
]
ALL = [row[:4] for row in FORMULAS] + MORE
derived = cache(fresh)
NAMES = [f"{row[0]} of {row[1]}" for row in ALL]


@pytest.mark.parametrize("row", ALL, ids=NAMES)
def test_code_gives_what_the_equations_say(row):
    function = derived(*row).to_numpy()
    for seed in (3, 4):
        arrays = numbers(function.program, seed)
        with np.errstate(all="ignore"):
            fast = np.asarray(function(**arrays))
        slow = next(iter(evaluate(function.program, arrays).values()))
        assert fast.shape == slow.shape
        assert np.allclose(fast, slow, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(slow).max(initial=0)))


def test_every_form_occurs_among_them():
    seen = set()
    for row in ALL:
        made = derived(*row)
        free = [] if made.structured is None else [made.structured.to_numpy().program]
        for program in (made.to_numpy().program, made.original, *free):
            for definition in program.definitions:
                form = matrix_form(definition)
                seen |= {type(part) for part in walk(form)} if form is not None else set()
    assert {kind.__name__ for kind in _EMITTERS} - {kind.__name__ for kind in seen} == set()


@pytest.mark.parametrize("row", ALL, ids=NAMES)
def test_code_reads_as_if_a_person_had_written_it(row):
    body = derived(*row).to_numpy().source.split('"""')[2]
    assert not re.search(r"(?<![\w.])\((\w+|-?\d+)\)", body), "a bracket around a name or number"
    assert not re.search(r"\(\([^(),]*\)\)", body), "doubled brackets"
    assert not re.search(r"np\.diag\(.*\) @|@ np\.diag\(", body), "a diagonal matrix in a product"
    assert not re.search(r"np\.eye\(\w+\) @|@ np\.eye\(", body), "an identity in a product"
    assert "np.transpose" not in body
    assert not re.search(r"\+ -|- -|\* 1\b(?! /)|\b1 \* ", body)


@pytest.mark.parametrize(
    ("row", "body"),
    [
        (("gradient", "np.mean((X @ w - y)**2)", "X=n,d; w=d; y=n", "w"), ["n = X.shape[0]", "return 2 * (X.T @ (X @ w - y)) / n"]),
        (("hessian", "np.sum((X @ w - y)**2)", "X=n,d; w=d; y=n", "w"), ["return 2 * (X.T @ X)"]),
        (("hessian", "np.sum(s * (X @ w - y)**2)", "X=n,d; w=d; y=n; s=n", "w"), ["return 2 * ((X.T * s) @ X)"]),
        (
            ("hessian", "-np.sum(y*np.log(special.expit(X @ w)) + (1-y)*np.log(1-special.expit(X @ w)))", "X=n,d; w=d; y=n:binary", "w"),
            ["p = special.expit(X @ w)", "s = p * (1 - p)", "Z = np.sqrt(s)[:, None] * X", "return Z.T @ Z"],
        ),
        (("gradient", "x @ A @ y", "x=n; A=n,m; y=m", "A"), ["return np.outer(x, y)"]),
        (("hessian", "np.linalg.norm(x)", "x=n", "x"), ["n = x.shape[0]", "return (np.eye(n, dtype=x.dtype) - np.outer(x, x) / (x @ x)) / np.sqrt(x @ x)"]),
        (
            ("hessian", "np.sum((X - U @ V.T)**2)", "X=n,m; U=n,k; V=m,k", "U"),
            [
                "dtype = np.result_type(V, U, 1.0)",
                "k = V.shape[1]",
                "n = U.shape[0]",
                "d2L_dU_dU = np.zeros((n, k, n, k), dtype=dtype)",
                'np.einsum("ijil->ijl", d2L_dU_dU)[:] = 2 * (V.T @ V)',
                "return d2L_dU_dU",
            ],
        ),
        (("hessian", "x @ A @ y", "x=n; A=n,m; y=m", "x"), ["n = A.shape[0]", "return np.zeros((n, n), dtype=A.dtype)"]),
        (("gradient", "np.sum(np.sqrt(1 + (X @ w - y)**2))", "X=n,d; w=d; y=n", "w"), ["r = X @ w - y", "return X.T @ (r / np.sqrt(1 + r ** 2))"]),
        (("gradient", "np.sum(X)", "X=n,m", "X"), ["n = X.shape[0]", "m = X.shape[1]", "return np.outer(np.ones(n, dtype=X.dtype), np.ones(m, dtype=X.dtype))"]),
    ],
)  # fmt: skip
def test_sources_to_the_letter(row, body):
    source = derived(*row).to_numpy().source
    assert [line.strip() for line in source.split('"""')[2].strip().splitlines()] == body


def test_a_fixed_position_gives_a_row_of_the_identity():
    n = sd.dims("n")
    x, y, i = Tensor("x", (n,)), Tensor("y", (n,)), Index("i", n)
    from symderive.codegen.numpy_source import numpy_function

    function = numpy_function(Program((x,), (Definition(y, (i,), Delta(i, 2) * x[0]),), (y,)), "f")
    assert np.array_equal(function(x=np.arange(1.0, 5.0)), [0, 0, 1, 0])
    assert np.array_equal(function(x=np.ones(2)), [0, 0])  # the third position does not exist


def test_what_has_no_code_is_refused_with_its_name():
    n = sd.dims("n")
    x, y, i = Tensor("x", (n,)), Tensor("y", (n,)), Index("i", n)
    from symderive.codegen.numpy_source import numpy_function

    with pytest.raises(SymderiveError, match=r"the position x\[i\] has no code"):
        numpy_function(Program((x,), (Definition(y, (i,), x[x[i]]),), (y,)), "f")
    s = Tensor("s")
    lost = Program((x,), (Definition(s, (), sd.dims("m") * x[0]),), (s,))
    with pytest.raises(SymderiveError, match="the size m is no axis of any array"):
        numpy_function(lost, "f")


def test_sources_run_with_numpy_and_scipy_alone(tmp_path):
    script = ["import sys", "import numpy as np", "from scipy import special"]
    for place, row in enumerate(ALL):
        function = derived(*row).to_numpy()
        name = f"f{place}"
        script.append(re.sub(r"def \w+\(", f"def {name}(", function.source, count=1))
        arrays = numbers(function.program)
        given = ", ".join(
            f"{key}=np.array({np.asarray(value).tolist()!r}, float).reshape({np.shape(value)})"
            for key, value in arrays.items()
        )
        with np.errstate(all="ignore"):
            expected = np.asarray(function(**arrays))
        script.append(f"with np.errstate(all='ignore'): made = np.asarray({name}({given}))")
        script.append(
            f"assert np.allclose(made, np.array({expected.tolist()!r}).reshape({expected.shape}), equal_nan=True), {place}"
        )
    script += [
        "assert not [name for name in sys.modules if 'symderive' in name or name == 'sympy']",
        "print('done')",
    ]
    path = tmp_path / "alone.py"
    path.write_text("\n".join(script), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(path)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout.strip() == "done", done.stderr[-500:]


# Arguments.

MSE = ("gradient", "np.mean((X @ w - y)**2)", "X=n,d; w=d; y=n", "w")


@pytest.fixture(scope="module")
def mse():
    return derived(*MSE).to_numpy()


def good():
    return {"X": np.arange(6.0).reshape(3, 2), "w": np.array([1.0, -2.0]), "y": np.array([0.5, 1.0, 2.0])}


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"y": ...}, SymderiveError, "gradient: y is missing; it takes X, w, y."),
        ({"z": 1.0}, SymderiveError, "gradient: z is not an argument; it takes X, w, y."),
        ({"w": np.ones((2, 1))}, ShapeError, "gradient: w has shape (2, 1), but X with shape (3, 2) needs (2,)."),
        ({"w": np.ones(3)}, ShapeError, "gradient: w has shape (3,), but X with shape (3, 2) needs (2,)."),
        ({"w": 1.0}, ShapeError, "gradient: w has shape (), but X with shape (3, 2) needs (2,)."),
        ({"X": np.array([[1, 2]] * 3, object)}, SymderiveError, "gradient: X is not an array of real numbers (dtype object)."),
        ({"X": [[1.0, 2.0], [1.0]]}, SymderiveError, "gradient: X is not an array of real numbers (dtype object)."),
        ({"X": None}, SymderiveError, "gradient: X is not an array of real numbers (dtype object)."),
        ({"w": ["a", "b"]}, SymderiveError, "gradient: w is not an array of real numbers (dtype <U1)."),
        ({"w": np.array([1j, 2])}, SymderiveError, "gradient: w is not an array of real numbers (dtype complex128)."),
    ],
)  # fmt: skip
def test_what_is_refused_and_how(mse, change, error, sentence):
    arrays = {name: value for name, value in (good() | change).items() if value is not ...}
    with pytest.raises(error) as found:
        mse(**arrays)
    assert str(found.value) == sentence


def expected(arrays):
    X, w, y = (np.asarray(arrays[name], float) for name in "Xwy")
    return 2 * X.T @ (X @ w - y) / len(y)


@pytest.mark.parametrize(
    "make",
    [
        lambda one: one.astype(int), lambda one: one.astype(np.float32), lambda one: one.astype(np.int8),
        lambda one: one.tolist(), lambda one: np.asfortranarray(one), lambda one: np.repeat(one, 2, axis=0)[::2],
        lambda one: one[::-1][::-1], lambda one: one > 1,
    ],
)  # fmt: skip
def test_other_kinds_of_arrays(mse, make):
    arrays = {name: make(value) for name, value in good().items()}
    assert np.allclose(mse(**arrays), expected(arrays), rtol=1e-6)


def test_unsigned_integers_do_not_wrap_around(mse):
    arrays = {name: np.abs(value).astype(np.uint8) for name, value in good().items()}
    assert np.allclose(mse(**arrays), expected(arrays))


def test_single_precision_stays_single(mse):
    made = mse(**{name: value.astype(np.float32) for name, value in good().items()})
    assert made.dtype == np.float32


def test_read_only_arrays_are_read_and_no_argument_is_written_to(mse):
    arrays = good()
    for value in arrays.values():
        value.flags.writeable = False
    assert np.allclose(mse(**arrays), expected(arrays))


def test_nan_that_reaches_the_result_is_named(mse):
    arrays = good() | {"y": np.array([np.nan, 1.0, 2.0])}
    with pytest.raises(SymderiveError) as found:
        mse(**arrays)
    assert str(found.value) == (
        "gradient: y[0] is NaN (shape (3,)); leave such entries out, or call .unchecked to let NaN go through."
    )
    assert np.isnan(mse.unchecked(arrays)).all()


def test_nan_that_does_not_reach_the_result_goes_through():
    chosen = derived("gradient", "np.sum(np.where(y > 0, w**2, w))", "y=n; w=n", "w").to_numpy()
    assert np.array_equal(chosen(y=np.array([1.0, np.nan]), w=np.array([3.0, 4.0])), [6.0, 1.0])


def test_a_masked_array_is_refused_because_its_gaps_would_count(mse):
    with pytest.raises(SymderiveError, match=r"gradient: y is a masked array; fill its gaps"):
        mse(**(good() | {"y": np.ma.masked_array([1.0, 2.0, 3.0], [True, False, False])}))


# An axis of size 1 has no second position, and NumPy itself refuses to read one.
WITH_ONE = [row for row in ALL if not re.search(r"[\[ ][1-9]\d*[\],]", row[1])]


@pytest.mark.parametrize("row", WITH_ONE, ids=[f"{row[0]} of {row[1]}" for row in WITH_ONE])
def test_axes_of_size_one(row):
    function = derived(*row).to_numpy()
    arrays = numbers(function.program, sizes=dict.fromkeys(SIZES, 1))
    try:
        with np.errstate(all="ignore"):
            slow = next(iter(evaluate(function.program, arrays).values()))
    except (ValueError, ArithmeticError):
        pytest.skip("no value at this point")
    with np.errstate(all="ignore"):
        fast = np.asarray(function(**arrays))
    assert fast.shape == slow.shape
    assert np.allclose(fast, slow, equal_nan=True)


def test_axes_of_length_zero(mse):
    assert mse(X=np.ones((3, 0)), w=np.ones(0), y=np.ones(3)).shape == (0,)
    total = derived("gradient", "np.sum((X @ w - y)**2)", "X=n,d; w=d; y=n", "w").to_numpy()
    assert np.array_equal(total(X=np.ones((0, 2)), w=np.ones(2), y=np.ones(0)), [0.0, 0.0])


@pytest.mark.parametrize("name", ["n", "special", "result"])
def test_names_that_clash_are_refused(name):
    n, x = sd.dims("n"), sd.array("x", sd.dims("n"))
    other = sd.array(name, n)
    with pytest.raises(SymderiveError, match=f"the array {name} has the name of a size or module; rename it"):
        sd.gradient(np.sum(np.exp(other * x)), x).to_numpy()


@pytest.mark.parametrize("name", ["sum", "float", "gradient", "len", "e", "pi", "x_", "_x"])
def test_other_names_are_free(name):
    n = sd.dims("n")
    x, other = sd.array("x", n), sd.array(name, n)
    function = sd.gradient(np.sum(np.exp(other * x)) + np.mean(x), x).to_numpy()
    assert np.allclose(function(**{name: np.ones(2), "x": np.zeros(2)}), 1.5)
