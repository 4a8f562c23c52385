# ruff: noqa: E501 -- operations, many to a line
"""Random losses that move entries around: derivatives against central differences and the slow evaluator."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.calculus import brackets, sums
from symderive.errors import InternalError, ShapeError, SymderiveError

SHAPES = {"x": "n", "y": "n", "w": "d", "X": "n,d", "A": "d,d", "L": "d,d", "e": "2*m", "a": "3", "P": "n:positive"}  # fmt: skip
OF_VECTORS = [
    "({0})[1:]", "({0})[:-1]", "({0})[::-1]", "({0})[1:-1]", "np.diff({0})", "np.cumsum({0})", "np.roll({0}, 1)", "np.roll({0}, -2)",
    "np.flip({0})", "np.pad({0}, (1, 0))", "np.pad({0}, 1)", "np.convolve({0}, a)", "np.convolve({0}, a, 'same')", "np.repeat({0}, 2)",
    "np.tile({0}, 2)", "np.diag({0}, 1)", "np.diag({0})", "np.concatenate([{0}, w])", "np.append(x, {0})", "np.stack([{0}, {0}])",
    "np.correlate({0}, a, 'full')", "np.kron(w, {0})", "np.outer(w, {0})", "({0})[[0, 1, 0]]", "np.hstack([{0}, 1.0])", "({0})[-2:]",
    "np.expand_dims({0}, 0)", "np.cumsum(({0})[::-1])[::-1]",
]  # fmt: skip
OF_MATRICES = [
    "np.tril({0})", "np.triu({0}, 1)", "np.tril({0}, -1)", "({0}).reshape(-1)", "({0}).ravel()", "np.cumsum({0}, axis=0)", "np.diff({0}, axis=0)",
    "({0})[1:]", "({0})[:, :-1]", "({0})[::-1]", "({0}).T", "np.flip({0}, axis=1)", "np.roll({0}, 1, axis=0)", "np.pad({0}, ((1, 0), (0, 1)))",
    "np.vstack([{0}, {0}])", "np.concatenate([{0}, {0}], axis=1)", "({0})[0]", "({0})[:, -1]", "np.sum({0}, axis=0)", "np.reshape({0}, ({0}).shape[::-1])",
    "np.repeat({0}, 2, axis=1)", "np.kron({0}, A)", "np.tril({0}) @ np.tril({0}).T", "({0})[:, [1, 0]]",
]  # fmt: skip
SMOOTH = ["np.tanh({0})", "np.sin({0})", "({0}) ** 2", "np.exp(np.tanh({0}))", "1 / (1 + ({0}) ** 2)", "2 * ({0})", "np.log(1 + ({0}) ** 2)"]  # fmt: skip


@lru_cache(maxsize=10_000)
def parsed(text: str):
    """The array that a text means; a loss and its parts are asked for many times."""
    return sd.parse(text, **SHAPES)


@st.composite
def losses(draw, steps: int = 4) -> tuple[str, str]:
    """A loss as text and a variable in it."""
    text = draw(
        st.sampled_from(["x", "x * y", "X @ w", "w", "X", "A", "e", "x[1:] / P[:-1]", "np.outer(w, a)"])
    )
    made = [text]
    for _ in range(draw(st.integers(1, steps))):
        rank = parsed(text).ndim
        options = SMOOTH + 2 * (OF_VECTORS if rank == 1 else OF_MATRICES)
        new = draw(st.sampled_from(options)).format(text)
        try:
            shape = parsed(new).shape
        except (ShapeError, SymderiveError):
            continue
        if len(shape) > 2 or not shape:
            continue
        same = [one for one in made if parsed(one).shape == shape]
        if same and draw(st.booleans()):
            new = f"({new}) {draw(st.sampled_from('+-*'))} ({draw(st.sampled_from(same))})"
        text = new
        made.append(text)
    loss = f"np.sum(np.tanh({text}))" if draw(st.booleans()) else f"np.sum(({text}) ** 2)"
    names = [str(tensor.name) for tensor in _inputs(loss) if str(tensor.name) != "P"]
    return loss, draw(st.sampled_from(names))


def _inputs(text):
    from symderive.language.programs import program_of

    return program_of(parsed(text)).inputs


def derived(kind, loss, name):
    return getattr(sd, kind)(parsed(loss), parsed(name))


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(losses())
def test_gradients_are_what_central_differences_say(case):
    loss, name = case
    assert derived("gradient", loss, name).check().passed


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(losses(steps=2))
def test_hessians_are_what_central_differences_say(case):
    loss, name = case
    assert derived("hessian", loss, name).check().passed


FOUND = [
    ("hessian", "np.sum(np.tanh(np.kron(w, (np.tanh(w)) * (w))))", "w"),  # a number beside a diagonal matrix
    ("hessian", "np.sum(np.tanh(np.kron(w, w ** 2)))", "w"),
    ("hessian", "np.sum(np.tanh((2 * (x)) * (x)))", "x"),  # rounding that differences do not show
    ("hessian", "np.sum(np.tanh((np.flip(x)) - (x)))", "x"),  # everything cancels
    ("hessian", "np.sum(np.tanh(((A).T) - (A)))", "A"),
    (
        "hessian",
        "np.sum(np.tanh((X @ w)[[0, 1, 0]][[0, 1, 0]] - (X @ w)[[0, 1, 0]]))",
        "X",
    ),  # 0 on the diagonal
    ("hessian", "np.sum(np.tanh(X[:, [1, 0]][:, [1, 0]] - X[:, [1, 0]]))", "X"),  # cancels up to rounding
]


@pytest.mark.parametrize(("kind", "loss", "name"), FOUND)
def test_what_was_found_stays_right(kind, loss, name):
    assert derived(kind, loss, name).check().passed


OFF_BY_ONE = [
    ("np.sum(np.exp(x[1:]))", "x"), ("np.sum(np.diff(x) ** 2)", "x"), ("np.sum(np.convolve(x, a, 'valid') ** 2)", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "name"), OFF_BY_ONE)
def test_a_position_that_is_off_by_one_is_found(loss, name, monkeypatch):
    right = brackets.fixed_by

    def wrong(delta, index):
        found = right(delta, index)
        return None if found is None else (found[0], found[1] + 1, found[2])

    monkeypatch.setattr(sums, "fixed_by", wrong)
    with pytest.raises(InternalError, match="does not agree"):
        derived("gradient", loss, name).check()
