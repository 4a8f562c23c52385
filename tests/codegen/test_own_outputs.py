"""What generated code returns shares no memory with what it was given, nor two outputs with one another."""

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.own_outputs import with_own_outputs
from symderive.core.nodes import Tensor

LOSSES = [
    ("x @ w", "x"),
    ("np.trace(A @ X)", "X"),
    ("np.sum(x[::-1] * w)", "x"),
    ("np.sum(x[1:] * w[:-1])", "x"),
    ("x @ w + y @ w", "x y"),
    ("np.sum(X * A) + np.sum(Y * A)", "X Y"),
    ("np.sum(X * np.reshape(v, (n, n)))", "X"),
    ("np.sum(X @ np.outer(w, w))", "X"),
    ("0.5 * x @ S @ x", "x"),
]
ARRAYS = {
    "x": "n", "y": "n", "w": "n", "A": "n,n", "X": "n,n", "Y": "n,n", "v": "n*n", "S": "n,n:symmetric",
}  # fmt: skip
SHAPES = {"n": (4,), "n,n": (4, 4), "n*n": (16,), "n,n:symmetric": (4, 4)}


def changed_by_writing_into(outputs, others):
    """Whether an array changes when another one is written into."""
    for place, output in enumerate(outputs):
        rest = [*others, *outputs[:place], *outputs[place + 1 :]]
        before = [np.array(one) for one in rest]
        output += 1.0
        if not all(np.array_equal(one, old) for one, old in zip(rest, before, strict=True)):
            return True
    return False


@pytest.mark.parametrize("library", ["numpy", "array-api"])
@pytest.mark.parametrize(("loss", "names"), LOSSES)
def test_what_is_returned_can_be_changed_in_place(loss, names, library):
    made = sd.gradient(sd.parse(loss, **ARRAYS), [sd.parse(one, **ARRAYS) for one in names.split()])
    function = made.to_numpy() if library == "numpy" else made.to_array_api()
    numbers = np.random.default_rng(0)
    given = {
        str(one.name): numbers.normal(size=SHAPES[ARRAYS[str(one.name)]]) for one in function.program.inputs
    }
    value = function(**given)
    outputs = list(value) if isinstance(value, tuple) else [value]
    assert not changed_by_writing_into(outputs, given.values())


def test_factors_are_copies_too():
    made = sd.hessian(sd.parse("np.trace(X.T @ S @ X @ S)", **ARRAYS), sd.parse("X", **ARRAYS))
    S = np.eye(4)
    assert not changed_by_writing_into(list(made.to_numpy(kronecker=True)(S=S)), [S])


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["return w"], "return np.copy(w)"),
        (["return w[:, None]"], "return np.copy(w[:, None])"),
        (["return np.reshape(w.T, (2, 3))"], "return np.copy(np.reshape(w.T, (2, 3)))"),
        (['return np.einsum("ii->i", w)'], 'return np.copy(np.einsum("ii->i", w))'),
        (["a = w.T", "return a"], "return np.copy(a)"),
        (["a = w.T", "a = a + 1", "return a"], "return a"),
        (["return w if n else v"], "return np.copy(w if n else v)"),
        (["return w + 0"], "return w + 0"),
        (["return 2 * w"], "return 2 * w"),
        (['return np.einsum("i,i->i", w, w)'], 'return np.einsum("i,i->i", w, w)'),
        (["return n"], "return n"),
    ],
)
def test_what_counts_as_a_view(lines, last):
    w, v, n = Tensor("w", (3,)), Tensor("v", (3,)), Tensor("n", ())
    output = Tensor("out", ()) if lines == ["return n"] else Tensor("out", (3,))
    assert with_own_outputs(lines, (w, v, n), (output,))[-1] == last


def test_a_view_that_is_returned_is_seen_here(monkeypatch):
    """The test above can fail: without the copies an argument changes."""
    monkeypatch.setattr("symderive.codegen.statements.with_own_outputs", lambda lines, inputs, outputs: lines)
    w = np.ones(4)
    made = sd.gradient(sd.parse("x @ w", **ARRAYS), sd.parse("x", **ARRAYS))
    assert changed_by_writing_into([made.to_numpy()(w=w)], [w])
