"""The benchmark against other tools: it never hangs, and says what is absent, refused or too slow."""

import importlib.util
import sys
import time

import pytest

from tests.benchmarks import peers
from tests.benchmarks.child import outcome
from tests.benchmarks.tools import symderive


def test_a_task_is_measured_in_its_own_process():
    found = peers.run("symderive", "logistic, gradient", sys.executable, 60)
    assert found["head"].startswith(r"\nabla_{w} L")
    assert 0 < found["seconds"] < 60
    assert 0 < found["growth"] < found["peak"]


def test_a_slow_task_is_killed(monkeypatch):
    monkeypatch.setattr(peers, "START", 0)
    start = time.monotonic()
    found = peers.run("symderive", "256 layers", sys.executable, 0.05)
    assert found == {"time-out": 0.05}
    assert time.monotonic() - start < 20
    assert peers.cell(found, {}) == "> 0.05 s"


@pytest.mark.skipif(importlib.util.find_spec("pytensor") is not None, reason="pytensor is installed")
def test_an_absent_peer_is_said_to_be():
    found = peers.run("pytensor", "layer norm", sys.executable, 60)
    assert "pytensor" in found["absent"]
    assert peers.cell(found, {}) == "absent"


def test_a_refusal_is_told(monkeypatch):
    def refuse():
        raise NotImplementedError("no rule\nfor this")

    monkeypatch.setitem(symderive.TASKS, "layer norm", refuse)
    found = outcome("symderive", "layer norm")
    assert found["refused"] == "NotImplementedError: no rule"
    lines = peers.notes({"symderive": {"layer norm": found}})
    assert lines[1] == "  - layer norm: refused: NotImplementedError: no rule"


def test_the_table_has_ratios():
    results = {
        "symderive": {"layer norm": {"seconds": 0.1, "growth": 2.0}},
        "sympy": {"layer norm": {"seconds": 0.25, "growth": 3.0}},
        "jax": {"layer norm": {"time-out": 60}},
    }
    assert peers.table(results)[-1] == "| layer norm | 100 ms +2 MB | 250 ms ×2.5 +3 MB | > 60 s |"


@pytest.mark.parametrize("task", [task for task in peers.TASKS if task not in ("64 layers", "256 layers")])
def test_what_is_timed_is_right(task):
    derivation = symderive.DERIVATIONS[task]()
    assert derivation.check().passed
    assert symderive.TASKS[task]() == derivation.latex()


def test_every_tool_has_every_task():
    assert list(symderive.TASKS) == list(peers.TASKS)
    for name in peers.TOOLS:
        source = (peers.ROOT / "tests" / "benchmarks" / "tools" / f"{name}.py").read_text(encoding="utf-8")
        assert all(
            f'"{task}"' in source for task in peers.TASKS if "layers" not in task or task == "two layers"
        )
