# ruff: noqa: E501 -- tables of errors
"""Code for windows against the slow evaluator: every library, types, layouts, lengths, and planted errors."""

from __future__ import annotations

import numpy as np
import pytest

from symderive.codegen import rolled, stacks, windows
from symderive.codegen.numpy_source import numpy_function, plan_of
from symderive.core.program import Program
from symderive.language.evaluate import evaluate
from tests.codegen.random_window_programs import SIZES, B, M, N, random_arrays, random_program
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
    fast = [np.asarray(one) for one in function.unchecked(arrays)]
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


def first_error(count=40):
    """Whether an error is noticed in one of the first programs."""
    for seed in range(count):
        try:
            if disagreement(seed):
                return True
        except Exception:  # an error that makes the code fail is noticed too
            return True
    return False


def test_no_error_is_found_where_none_is_planted():
    assert not first_error(12)


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (rolled, "_place", lambda right: lambda column, grid, indices: 2 * right(column, grid, indices)),
        (windows, "slid", lambda right: lambda expr: type(expr)(right(expr).body.subs(2, 1), *right(expr).indices)),
        (windows, "_missing", lambda right: lambda count: right(count - 1)),
        (windows, "_slot", lambda right: lambda axis, size, window, counts: right(axis, size, window, counts).replace("u + 1", "u")),
        (stacks, "_reshaped", lambda right: lambda written, groups: right(written, groups[::-1])),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_planted_errors_are_found(monkeypatch, module, name, wrong):
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    assert first_error()
