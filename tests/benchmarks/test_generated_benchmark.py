# ruff: noqa: E501
"""The benchmark of generated code: every tool has every task, results are compared, an absent tool is said."""

from __future__ import annotations

import ast
import sys

import numpy as np
import pytest

from tests.benchmarks import generated, generated_data
from tests.benchmarks.translations import generated_hand, generated_symderive

SMALL = {"n": 6, "w": 3, "d": 3, "h": 4, "k": 2, "m": 5, "r": 2, "p": 3, "b": 2, "c": 2, "H": 6, "W": 5}


@pytest.fixture
def small(monkeypatch):
    """The tasks at sizes of a few entries."""
    sizes = {task: {name: SMALL[name] for name in own} for task, own in generated_data.SIZES.items()}
    monkeypatch.setattr(generated_data, "SIZES", sizes)


@pytest.mark.parametrize("task", generated_data.TASKS)
def test_generated_code_gives_what_the_code_by_hand_gives(task, small):
    arrays = generated_data.data(task)
    results = []
    for module in (generated_symderive, generated_hand):
        call, as_arrays = module.prepared(task, arrays)
        made = call()
        results.append([np.asarray(one) for one in as_arrays(made if isinstance(made, tuple) else (made,))])
    assert len(results[0]) == len(results[1])
    for one, other in zip(*results, strict=True):
        assert one.shape == other.shape
        assert np.allclose(one, other, rtol=1e-10, atol=1e-12)


def test_a_task_is_measured_in_processes_that_take_turns():
    workers = generated.measured(
        "factorisation, Hessian", ["symderive", "hand"], sys.executable, repeats=3, threads=1, rounds=2
    )
    assert [len(one.times) for one in workers] == [6, 6]
    assert [len(one.by_hand) for one in workers] == [6, 0]
    line = generated.row("factorisation, Hessian", workers)
    assert line.startswith("| factorisation, Hessian; m = 100, n = 80, r = 8 | ")
    assert line.endswith(f" | {workers[0].over_hand:.2f} |")


def test_a_wrong_result_is_noticed(tmp_path):
    workers = []
    for tool, value in (("symderive", 1.0), ("hand", 1.0 + 1e-6)):
        np.savez(tmp_path / f"{tool}.npz", np.array([value, 2.0]))
        workers.append(generated.Worker(tool, None, tmp_path / f"{tool}.npz", {"growth": 0.0}))
    with pytest.raises(AssertionError, match="symderive: the result differs"):
        generated.check(workers)


def test_an_absent_tool_is_said_to_be():
    worker = generated.Worker("torch", None, None, {"absent": "No module named 'torch'"})
    assert generated.cell(worker, worker) == "absent"


def test_every_tool_has_every_task():
    assert set(generated_hand.FUNCTIONS) == set(generated_data.TASKS)
    models = {task.split(",")[0] for task in generated_data.TASKS}
    assert set(generated_symderive.MODELS) == models
    assert set(generated_data.FUNCTIONS) == models
    for tool in ("torch", "jax"):
        path = generated.ROOT / "tests" / "benchmarks" / "translations" / f"generated_{tool}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert set(generated_data.FUNCTIONS.values()) <= defined
