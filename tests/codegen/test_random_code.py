"""Generated code against the slow evaluator on random programs: libraries, types, layouts, lengths."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.codegen.numpy_source import numpy_function
from symderive.errors import ShapeError, SymderiveError
from symderive.language.evaluate import evaluate
from symderive.numeric import draw_all
from symderive.numeric.rounded import rounding_noise
from tests.codegen.spaces import HERE
from tests.derive.random_programs import losses
from tests.profiles import examples

CHECKS = settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[
        HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)  # fmt: skip
SINGLE = 2.0**29  # the unit of rounding of single precision over that of double precision
LENGTHS = (0, 1, 2, 3, 4)


def drawn(program, sizes, seed):
    """Arrays of the declared domains, of moderate size."""
    shapes = {
        str(one.name): (tuple(int(size.xreplace(sizes)) for size in one.shape), str(one.domain))
        for one in program.inputs
    }
    return {name: np.asarray(one, float) for name, one in draw_all(shapes, seed=seed).items()}


def sizes_of(program):
    """The symbols of the sizes."""
    return list(
        dict.fromkeys(
            s for one in program.inputs for size in one.shape for s in sorted(size.free_symbols, key=str)
        )
    )


def slow(program, arrays):
    """What the equations say; nothing where they have no value."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = next(iter(evaluate(program, arrays).values()))
    except (ArithmeticError, ValueError):
        return None
    return value if np.isfinite(value).all() and np.abs(value).max(initial=0) < 1e6 else None


def close(made, expected, error, unit, what):
    """Within what rounding can do; where that is everything, the values say nothing."""
    assert made.shape == expected.shape, what
    scale = max(1.0, np.abs(expected).max(initial=0))
    room = 100 * unit * np.broadcast_to(error, expected.shape) + 2e-13 * unit * scale
    told = room < 0.05 * scale
    assert np.all((np.abs(made - expected) <= room) | ~told), (what, made, expected, room)


def noise(program, arrays):
    """What rounding can do to the value in double precision."""
    function = numpy_function(program, "f")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        (error,) = rounding_noise(function.unchecked, arrays)
    return np.asarray(error)


@CHECKS
@given(losses(depth=3), st.integers(0, 1000))
def test_every_library_and_type_of_floats(loss, seed):
    program = sd.gradient(loss.symbolic, loss.variable).to_numpy().program
    sizes = dict(zip(sizes_of(program), (5, 3, 4, 2, 6), strict=False))
    arrays = drawn(program, sizes, seed)
    expected = slow(program, arrays)
    assume(expected is not None)
    error = noise(program, arrays)
    assume(np.isfinite(error).all())
    for space in HERE:
        if why := space.refusal(program):
            assert "has nothing for" in why
            assert space.backend != "numpy"
            continue
        for kind, unit in (("float64", 1.0), ("float32", SINGLE)):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                made, own = space.value(program, arrays, kind)
            assert own == kind or not made.shape, (space.name, own)
            close(made, expected, error, unit, (space.name, kind))


@CHECKS
@given(losses(depth=3), st.integers(0, 1000), st.data())
def test_layouts_and_lengths_of_axes(loss, seed, data):
    derived = sd.gradient(loss.symbolic, loss.variable)
    function = derived.to_numpy()
    program = function.program
    symbols = sizes_of(program)
    sizes = {one: data.draw(st.sampled_from(LENGTHS), label=str(one)) for one in symbols}
    try:
        arrays = drawn(program, sizes, seed)
        expected = slow(program, arrays)
    except (ShapeError, SymderiveError, IndexError):
        expected = None
    assume(expected is not None)
    try:
        error = noise(program, arrays)
    except IndexError:  # a fixed position outside of an array: said by a condition, and in one sentence
        with pytest.raises(ShapeError, match="reads a position that an array does not have"):
            function(**arrays)
        assert any(slack.xreplace(sizes) < 0 for slack in derived.slacks)
        return
    assume(np.isfinite(error).all())
    for what, make in LAYOUTS.items():
        given_arrays = {name: make(one) for name, one in arrays.items()}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            made = np.asarray(function(**given_arrays))
        close(made, expected, error, 1.0, (what, sizes))


def strided(array):
    """The same numbers with gaps between them."""
    wide = np.repeat(array, 2, axis=-1) if array.ndim else array
    return wide[..., ::2] if array.ndim else wide


def locked(array):
    """The same numbers, not to be written to."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS = {
    "as drawn": lambda one: one, "gaps": strided, "read-only": locked,
    "Fortran order": lambda one: np.asfortranarray(one) if one.ndim else one,
    "from behind": lambda one: one[::-1].copy()[::-1] if one.ndim else one,
}  # fmt: skip


def test_sums_over_nothing_are_0_and_maxima_over_nothing_are_refused():
    X, w = sd.array("X", *sd.dims("n d")), sd.array("w", sd.dims("d"))
    total = sd.gradient(np.sum(np.exp(X @ w)), w).to_numpy()
    assert np.array_equal(total(X=np.ones((0, 3)), w=np.ones(3)), np.zeros(3))
    assert total(X=np.ones((2, 0)), w=np.ones(0)).shape == (0,)
    largest = sd.gradient(np.sum(np.max(X, axis=0) * w), X).to_numpy()
    with pytest.raises(SymderiveError) as found:
        largest(X=np.ones((0, 3)), w=np.ones(3))
    assert str(found.value) == (
        "gradient: the maximum or minimum over an axis of length 0 has no value; X has shape (0, 3)."
    )
