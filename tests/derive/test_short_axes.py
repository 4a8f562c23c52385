"""Fixed positions of joined and padded arrays: which array they lie in depends on the sizes."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.calculus import condense
from symderive.codegen import numpy_source
from symderive.errors import InternalError, ShapeError

SIZES = [
    {"n": 3, "d": 2, "m": 3, "k": 9}, {"n": 8, "d": 7, "m": 7, "k": 2}, {"n": 1, "d": 1, "m": 9, "k": 7},
    {"n": 4, "d": 5, "m": 5, "k": 4}, {"n": 4, "d": 5, "m": 1, "k": 5}, {"n": 6, "d": 6, "m": 6, "k": 1},
]  # fmt: skip
EXP = {"A": "m,d", "x": "d", "w": "k"}
LOG = {"c": "", "y": "m", "w": "k"}
ROWS = [
    ("np.concatenate([np.exp(A @ x), w])[5]", EXP, "x"),
    ("np.concatenate([np.exp(A @ x), w])[5]", EXP, "A"),
    ("np.concatenate([np.exp(x), w])[5]", {"x": "d", "w": "k"}, "x"),
    ("np.append(np.exp(A @ x), w)[5] * np.sum(x ** 2)", EXP, "x"),
    ("np.concatenate([np.log(A @ x), w])[5]", EXP, "x"),
    ("np.concatenate([np.log(c * y), w])[5]", LOG, "c"),
    ("np.concatenate([w, np.log(c * y)])[-5]", LOG, "c"),
    ("np.concatenate([w, np.exp(A @ x)])[-3]", EXP, "x"),
    ("np.concatenate([np.exp(A @ x), w, np.sin(c * y)])[7]", {**EXP, **LOG}, "c"),
    ("np.pad(np.exp(A @ x), 3)[5] + np.pad(np.log(A @ x), 3)[-5]", {"A": "m,d", "x": "d"}, "x"),
    ("np.sum(np.vstack([np.exp(X), Y])[4] * x)", {"X": "n,d", "Y": "m,d", "x": "d"}, "X"),
    ("np.vstack([np.exp(X), Y])[4, 0] * np.sum(X)", {"X": "n,d", "Y": "m,d"}, "X"),
    ("np.diff(np.exp(A @ x))[3] * np.tanh(x[0])", {"A": "m,d", "x": "d"}, "x"),
]  # fmt: skip


def derived(text, shapes, name, kind):
    domains = {one: f"{shape}:positive" for one, shape in shapes.items()}
    arrays = {one: sd.parse(one, **{one: shape}) for one, shape in domains.items()}
    return getattr(sd, kind)(sd.parse(text, **arrays), arrays[name])


def quotients(function, arrays, name):
    """Central differences of a function of arrays, by plain NumPy."""
    start = arrays[name]
    made = np.zeros((*np.shape(function(**arrays)), *start.shape))
    for place in np.ndindex(*start.shape):
        step = np.zeros(start.shape)
        step[place] = 1e-5
        above, below = function(**arrays | {name: start + step}), function(**arrays | {name: start - step})
        made[(..., *place)] = (above - below) / 2e-5
    return made


@pytest.mark.parametrize(("text", "shapes", "name"), ROWS, ids=[f"{row[0]} by {row[2]}" for row in ROWS])
def test_derivatives_are_right_whichever_array_the_position_lies_in(text, shapes, name):
    first = derived(text, shapes, name, "gradient").to_numpy()
    second = derived(text, shapes, name, "hessian").to_numpy()
    rng, compared = np.random.default_rng(5), 0
    for sizes in SIZES:
        extents = {
            one: tuple(sizes[size] for size in shape.split(",") if size) for one, shape in shapes.items()
        }
        arrays = {one: rng.uniform(0.5, 1.5, shape) for one, shape in extents.items()}
        try:
            eval(text, {"np": np}, arrays)
        except IndexError:
            continue  # no such position in the whole either
        compared += 1
        expected = quotients(lambda **given: np.asarray(eval(text, {"np": np}, given)), arrays, name)
        assert np.allclose(first(**arrays), expected, rtol=1e-6, atol=1e-7), sizes
        expected = quotients(lambda **given: np.asarray(first(**given)), arrays, name)
        assert np.allclose(second(**arrays), expected, rtol=1e-6, atol=1e-7), sizes
    assert compared >= 3


def test_what_the_formula_says_and_how_the_code_reads():
    made = derived("np.concatenate([np.log(c * y), w])[5]", LOG, "c", "gradient")
    assert str(made.results[0]) == "∇_c L = [m ≥ 6]/c"
    assert [str(one) for one in made.conditions] == ["k+m ≥ 6"]
    assert made.to_numpy().source.endswith("    return 1 / c if m >= 6 else 0.0\n")
    made = derived("np.concatenate([np.exp(A @ x), w])[5]", EXP, "x", "gradient")
    assert "    A_5 = A[5, :] if m >= 6 else np.zeros(d, dtype=dtype)\n" in made.to_numpy().source
    assert made.to_numpy().source.endswith("    return np.exp(A_5 @ x) * A_5\n")


def test_a_position_that_the_user_reads_is_refused_where_it_does_not_exist():
    made = derived("np.exp(A @ x)[5]", {"A": "m,d", "x": "d"}, "x", "gradient").to_numpy()
    with pytest.raises(ShapeError, match="reads a position that an array does not have"):
        made(A=np.ones((3, 2)), x=np.ones(2))


@pytest.mark.parametrize(
    ("where", "name", "change", "row"),
    [
        (numpy_source, "with_rows_apart", lambda program, given: program, ROWS[0]),
        (condense, "with_positions_kept", lambda expr, shorter: expr, ROWS[5]),
    ],
)
def test_the_check_of_a_derivation_sees_short_arrays(monkeypatch, where, name, change, row):
    """Without the pass the result is wrong at short arrays only, and there it is looked at."""
    monkeypatch.setattr(where, name, change)
    with pytest.raises((InternalError, IndexError)):
        derived(*row, "gradient").check()
