# ruff: noqa: E501 -- tables of programs and errors
"""Planned code against the slow evaluator on random programs, and errors planted in the plan that are found."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.codegen import contractions, pairs, placing, planning, products, spread
from symderive.codegen.new_names import NewNames
from symderive.codegen.numpy_source import numpy_function, plan_of
from symderive.codegen.row_blocks import in_blocks
from symderive.core.nodes import Delta, Index, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from tests.codegen.noticed import is_noticed, results
from tests.codegen.random_index_programs import D, K, N, random_arrays, random_program
from tests.profiles import examples

SIZES = ({"n": 4, "d": 3, "k": 2}, {"n": 2, "d": 4, "k": 3}, {"n": 1, "d": 2, "k": 1}, {"n": 3, "d": 1, "k": 4},
         {"n": 0, "d": 2, "k": 3}, {"n": 3, "d": 0, "k": 2})  # fmt: skip
LAYOUTS = ("plain", "read-only", "strided", "turned")
COUNT = examples(200)


def slow_values(program, arrays, sizes):
    """What the equations say, one number at a time."""
    named = {N: sizes["n"], D: sizes["d"], K: sizes["k"]}
    return list(evaluate(program, arrays, named).values())


def fast_values(function, arrays):
    with np.errstate(all="ignore"):
        return results(lambda: function(**arrays))


def disagreement(seed: int, kind=np.float64) -> str:
    """How the code of a random program differs from its equations; nothing where it agrees."""
    program = random_program(seed)
    function = numpy_function(program, "f", plan=True)
    sizes, layout = SIZES[seed % len(SIZES)], LAYOUTS[seed % len(LAYOUTS)]
    arrays = random_arrays(seed, sizes, kind, layout)
    before = {name: value.copy() for name, value in arrays.items()}
    fast = fast_values(function, arrays)
    if isinstance(fast, str):
        return f"seed {seed}: {fast}\n{function.source}"
    slow = slow_values(program, arrays, sizes)
    tolerance = 1e-9 if kind is np.float64 else 2e-3
    for one, other in zip(fast, slow, strict=True):
        scale = max(1.0, float(np.abs(other).max(initial=0)))
        if one.shape != other.shape or not np.allclose(one, other, rtol=tolerance, atol=tolerance * scale):
            return f"seed {seed}: values differ\n{function.source}"
    if any(not np.array_equal(arrays[name], value) for name, value in before.items()):
        return f"seed {seed}: an argument was written to\n{function.source}"
    return ""


@pytest.mark.parametrize("part", range(4))
def test_planned_code_gives_what_the_equations_say(part):
    for seed in range(part, COUNT, 4):
        assert disagreement(seed) == ""


def test_in_single_precision():
    for seed in range(0, COUNT, 5):
        assert disagreement(seed, np.float32) == ""


def test_a_plan_is_a_program_with_the_same_values():
    for seed in range(0, COUNT, 5):
        program = random_program(seed)
        arrays = random_arrays(seed, SIZES[0])
        for one, other in zip(
            slow_values(plan_of(program), arrays, SIZES[0]),
            slow_values(program, arrays, SIZES[0]),
            strict=True,
        ):
            assert np.allclose(one, other, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(other).max(initial=0))), (
                seed
            )


def test_no_error_is_found_where_none_is_planted():
    assert not is_noticed(disagreement, range(40))


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (planning, "_joined", lambda right: lambda parts: right(parts[:1])),
        (planning, "gathered", lambda right: lambda terms: right(terms[:2]) if len(terms) > 2 else terms),
        (spread, "put_in", lambda right: lambda body, held: (2 if held else 1) * right(body, held)),
        (planning.Signs, "is_nonnegative", lambda right: lambda self, expr: True),
        (pairs, "_axes", lambda right: lambda labels, inner: right(labels[::-1], inner)),
        (contractions, "_grouped", lambda right: lambda arrays: right(arrays)[:2]),
        (planning, "key_of", lambda right: lambda expr, labels: (len(labels), sorted(map(str, expr.atoms(sympy.Symbol))))[0]),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_planted_errors_are_found(monkeypatch, module, name, wrong):
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    assert is_noticed(disagreement, range(150), "values differ")


def copied(arrays) -> bool:
    """Whether an array with a block added on its diagonal is another array."""
    T, h = Tensor("T", (N, D, D)), Tensor("h", (N, D, D))
    i, j, k = Index("i", N), Index("j", D), Index("k", D)
    program = Program((T,), (Definition(h, (i, j, k), T[i, j, k] + 2 * Delta(j, k) * T[i, j, j] ** 2),), (h,))
    function = numpy_function(program, "f", plan=True)
    before = arrays.copy()
    made = function(T=arrays)
    slow = next(iter(evaluate(program, {"T": before}).values()))
    return np.allclose(made, slow) and np.array_equal(arrays, before) and not np.shares_memory(made, arrays)


def test_a_block_on_the_diagonal_of_an_argument_is_added_to_a_copy(monkeypatch):
    array = np.random.default_rng(1).normal(size=(2, 3, 3))
    assert copied(array)
    monkeypatch.setattr(placing, "_is_view", lambda expr: False)
    assert not copied(array)


def has_blocks(program) -> bool:
    return in_blocks(plan_of(program), NewNames((), ())) is not None


def test_blocks_of_rows_give_what_the_equations_say():
    found = 0
    for seed in range(COUNT):
        program = random_program(seed)
        if not has_blocks(program):
            continue
        found += 1
        function = numpy_function(program, "f", plan=True, rows_per_block=2)
        sizes = SIZES[seed % len(SIZES)]
        arrays = random_arrays(seed, sizes, layout="read-only")
        fast = fast_values(function, arrays)
        assert not isinstance(fast, str), fast
        for one, other in zip(fast, slow_values(program, arrays, sizes), strict=True):
            scale = max(1.0, float(np.abs(other).max(initial=0)))
            assert one.shape == other.shape
            assert np.allclose(one, other, rtol=1e-9, atol=1e-9 * scale), (seed, function.source)
    assert found > COUNT // 10


@pytest.mark.parametrize("count", [0, -3, 2.0, "many", True])
def test_a_number_of_rows_that_is_none_is_refused(count):
    with pytest.raises(SymderiveError, match='give a positive number or "auto"'):
        numpy_function(random_program(1), "f", rows_per_block=count)


def attention_is_right() -> bool:
    """Whether the code of the Hessian of attention gives what its equations say."""
    n, m, d, p = sd.dims("n m d p")
    Q, K, V, G = sd.array("Q", n, d), sd.array("K", m, d), sd.array("V", m, p), sd.array("G", n, p)
    loss = np.sum(G * (sd.softmax(Q @ K.T / np.sqrt(d), axis=1) @ V))
    program = sd.hessian(loss, Q).to_numpy().program
    sizes = {"n": 2, "m": 4, "d": 3, "p": 2}
    rng = np.random.default_rng(3)
    arrays = {
        str(one.name): rng.normal(size=[sizes[str(size)] for size in one.shape]) for one in program.inputs
    }
    made = numpy_function(program, "f", plan=True)(**arrays)
    return np.allclose(made, next(iter(evaluate(program, arrays).values())))


def test_a_joint_factor_that_is_there_already_is_used_again(monkeypatch):
    assert attention_is_right()
    right = products.same_as
    monkeypatch.setattr(
        products, "same_as", lambda total, others: -one if (one := right(total, others)) else None
    )
    assert not attention_is_right()
