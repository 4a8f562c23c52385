# ruff: noqa: E501 -- tables of errors
"""Code for windows against the slow evaluator: every library, types, layouts, lengths, and planted errors."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.codegen import (
    coarse,
    from_indices,
    lifetimes,
    placing,
    rolled,
    scattered,
    stacks,
    statements,
    windows,
)
from symderive.codegen.numpy_source import numpy_function, plan_of
from symderive.core.identity import substitute
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.language.evaluate import evaluate
from tests.codegen.noticed import is_noticed, results
from tests.codegen.random_window_programs import (
    SIZES,
    B,
    M,
    N,
    random_arrays,
    random_pooling,
    random_program,
    random_strided,
)
from tests.codegen.spaces import HERE
from tests.profiles import examples

LAYOUTS = ("plain", "read-only", "strided", "turned")
COUNT = examples(200)


def slow_values(program, arrays, sizes):
    return list(evaluate(program, arrays, {N: sizes["n"], M: sizes["m"], B: sizes["b"]}).values())


def is_same(one, other, kind):
    scale = max(1.0, float(np.abs(other).max(initial=0)))
    tolerance = 1e-10 if kind is np.float64 else 1e-4
    return one.shape == other.shape and np.allclose(one, other, rtol=tolerance, atol=tolerance * scale)


def disagreement(seed, kind=np.float64):
    """How the code of a random program differs from its equations; nothing where it agrees."""
    sizes = SIZES[seed % len(SIZES)]
    program = random_program(seed, inside=0 in (sizes["n"], sizes["m"]))
    arrays = random_arrays(program, seed, sizes, kind, LAYOUTS[seed % len(LAYOUTS)])
    before = {name: value.copy() for name, value in arrays.items()}
    function = numpy_function(program, "f", accepted=(), plan=True)
    fast = results(lambda: function.unchecked(arrays))
    if isinstance(fast, str):
        return f"seed {seed}: {fast}\n{function.source}"
    for one, other in zip(fast, slow_values(program, arrays, sizes), strict=True):
        if not is_same(one, other, kind) or one.dtype != kind:
            return f"seed {seed}: values or types differ\n{function.source}"
    if any(not np.array_equal(arrays[name], value) for name, value in before.items()):
        return f"seed {seed}: an argument was written to\n{function.source}"
    return ""


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_code_for_windows_gives_what_the_equations_say(kind):
    for seed in range(COUNT):
        assert disagreement(seed, kind) == ""


def pooling(seed, drawn=random_pooling):
    """The derivative of a random loss of windows, with arrays and what the equations say."""
    sizes = (SIZES[0], {"n": 1, "m": 2, "b": 1}, {"n": 2, "m": 1, "b": 0}, {"n": 3, "m": 2, "b": 2})[seed % 4]
    loss, variables = drawn(seed)
    program = sd.gradient(loss, variables).to_numpy().program
    arrays = random_arrays(program, seed, sizes, layout=LAYOUTS[seed % len(LAYOUTS)])
    return program, arrays, slow_values(program, arrays, sizes)


def pooling_disagreement(seed, drawn=random_pooling):
    program, arrays, slow = pooling(seed, drawn)
    function = numpy_function(program, "f", plan=True)
    made = results(lambda: function.unchecked(arrays))
    if isinstance(made, str):
        return f"seed {seed}: {made}\n{function.source}"
    for one, other in zip(made, slow, strict=True):
        if not is_same(one, other, np.float64):
            return f"seed {seed}: values differ\n{function.source}"
    return "a large index" if "arange" in function.source else ""


@pytest.mark.parametrize("part", range(4))
def test_pooling_is_done_by_slices_and_reshapes(part):
    for seed in range(part, COUNT // 3, 4):
        assert pooling_disagreement(seed) == ""


def strided_disagreement(seed):
    return pooling_disagreement(seed, random_strided)


@pytest.mark.parametrize("part", range(4))
def test_convolutions_of_any_stride_and_dilation_are_done_by_slices(part):
    for seed in range(part, COUNT // 2, 4):
        assert strided_disagreement(seed) == ""


@pytest.mark.parametrize("space", HERE, ids=lambda one: one.name)
def test_pooling_in_other_libraries(space):
    for seed in range(0, COUNT // 5, 5):
        program, arrays, slow = pooling(4 * seed)  # of the plain layout
        plan = plan_of(program)
        made, own = space.value(Program(plan.inputs, plan.definitions, plan.outputs[:1]), arrays, "float64")
        assert own == "float64", (seed, space.name)
        assert is_same(made, slow[0], np.float64), (seed, space.name)


@pytest.mark.parametrize("space", HERE, ids=lambda one: one.name)
def test_other_libraries_too(space):
    for seed in range(0, COUNT, 12):
        sizes = SIZES[seed % len(SIZES)]
        program = plan_of(random_program(seed, inside=0 in (sizes["n"], sizes["m"])))
        arrays = random_arrays(program, seed, sizes)
        for output, expected in zip(program.outputs, slow_values(program, arrays, sizes), strict=True):
            made, own = space.value(
                Program(program.inputs, program.definitions, (output,)), arrays, "float64"
            )
            assert own == "float64", (seed, space.name)
            assert is_same(made, expected, np.float64), (seed, space.name)


VALUES = "values (or types )?differ"


def flipped(right):
    """A sum that is turned, with the window of one factor read from its end."""

    def wrong(expr):
        made = right(expr)
        taps = {one: one.dim - 1 - one for one in made.indices if one not in expr.indices}
        factors = sympy.Mul.make_args(made.body)
        first = next(one for one in factors if one.free_symbols)
        return made.xreplace({first: substitute(first, taps)}) if taps else made

    return wrong


def shorter(ends):
    return ends and (ends[0], ends[1] - 1)


def test_no_error_is_found_where_none_is_planted():
    assert not is_noticed(disagreement, range(12))


@pytest.mark.parametrize(
    ("module", "name", "wrong", "words"),
    [
        (rolled, "_place", lambda right: lambda column, grid, indices: 2 * right(column, grid, indices), VALUES),
        (windows, "slid", lambda right: flipped(right), VALUES),
        (windows, "missing", lambda right: lambda count: right(count - 1), "IndexError: index -1 is out of bounds"),
        (windows, "slot", lambda right: lambda axis, size, window, counts: right(axis, size, window, counts).replace("u + 1", "u"), VALUES),
        (statements, "offset_lines", lambda right: lambda found, taken: [row.replace("u:", "u + 1:") for row in right(found, taken)], VALUES),
        (lifetimes, "_late", lambda right: lambda units, large: [units[1], units[0], *units[2:]], "Error: cannot access (local|free) variable"),
        (stacks, "_reshaped", lambda right: lambda written, groups: right(written, groups[::-1]), VALUES),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_planted_errors_are_found(monkeypatch, module, name, wrong, words):
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    assert is_noticed(disagreement, range(40), words)


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (placing, "_slice_of", lambda right: lambda index, axis, ends: right(index, axis, ends).replace("1:", "0:")),
        (scattered, "range_of", lambda right: lambda bracket, index: shorter(right(bracket, index))),
        (scattered._Places, "moved", lambda right: lambda self, rest, index, axis, low=0: right(self, rest, index, scattered.Axis(axis.inner, axis.step, axis.first + 1), low)),
        (coarse, "placed", lambda right: lambda place, size: right(place.args[0], size)),
        (from_indices, "repeated_read", lambda right: lambda name, entry: right(name, entry) and ("0 * " + right(name, entry)[0], right(name, entry)[1])),
        (windows, "_side_by_side", lambda right: lambda name, entry: right(name, entry) and (right(name, entry)[0] + "[..., ::-1]", right(name, entry)[1])),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_errors_planted_in_pooling_are_found(monkeypatch, module, name, wrong):
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    assert is_noticed(pooling_disagreement, range(16), VALUES)


def test_a_sum_over_a_part_of_an_axis_is_not_turned(monkeypatch):
    """`Σ_p G[p + 1] W[k − p]`: where p leaves its range, G is not 0."""
    G, W, out = Tensor("G", (N + 2,)), Tensor("W", (3,)), Tensor("out", (N + 2,))
    p, k = Index("p", N), Index("k", N + 2)
    made = Definition(out, (k,), IndexSum(Entry(G, p + 1) * Entry(W, k - p), p))
    program = Program((G, W), (made,), (out,))
    arrays = {"G": np.array([1.0, 2.0, 4.0, 8.0, 16.0]), "W": np.array([1.0, 3.0, 9.0])}
    sums = np.convolve(arrays["G"][1:-1], arrays["W"])

    def is_right():
        (value,) = results(lambda: numpy_function(program, "f", plan=True).unchecked(arrays))
        return is_same(value, sums, np.float64)

    assert is_right()
    monkeypatch.setattr(windows, "_ends_at", lambda factor, index: True)
    assert not is_right()


def test_an_array_is_not_made_after_what_it_reads_has_changed(monkeypatch):
    rows = ["Z = f(a)", "a -= 1", "y = h(a, Z)"]
    assert lifetimes.with_short_lives(rows, {"Z"}) == rows
    monkeypatch.setattr(lifetimes, "_changes", lambda unit, reader: False)
    assert lifetimes.with_short_lives(rows, {"Z"}) != rows
