"""The comparison of code on other devices: its rows run here with NumPy, and a wrong value is seen."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks import gpu

HERE = gpu.Device("numpy", np.asarray, np.asarray, lambda one: one, lambda one: one, lambda one: True)


@pytest.fixture(scope="module")
def sources():
    return gpu.written()


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Small data, each once."""
    rows = {name: (*row[:4], {size: 6 + len(size) for size in row[4]}) for name, row in gpu.ROWS.items()}
    monkeypatch.setattr(gpu, "ROWS", rows)
    monkeypatch.setattr(gpu, "REPETITIONS", 1)


@pytest.mark.parametrize("name", gpu.ROWS)
@pytest.mark.parametrize("kind", gpu.TOLERANCE)
def test_every_row_agrees(sources, name, kind):
    assert name in gpu.compare(name, sources[name], "array-api", kind, HERE, 1)


@pytest.mark.parametrize(("found", "code"), [([], 1), ([HERE], 0)])
def test_nothing_compared_is_no_success(monkeypatch, capsys, sources, found, code):
    monkeypatch.setattr(gpu, "devices", lambda: found)
    monkeypatch.setattr(gpu, "written", lambda: sources)
    monkeypatch.setattr("sys.argv", ["gpu"])
    assert gpu.main() == code
    assert ("nothing was compared" in capsys.readouterr().out) == (not found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("/ n", "/ (n + 0.01)", "relative error"),
        ("X.T @", "1.0 * X.T @", ""),
        ("return ", "return np.float64(1) * ", "float64 for float32"),
    ],
)
def test_a_wrong_value_and_a_wrong_type_are_seen(sources, old, new, said):
    source = sources["logistic gradient"]
    assert old in source["array-api"]
    changed = source | {"array-api": "import numpy as np\n" + source["array-api"].replace(old, new)}
    kind = "float32" if "float32" in said else "float64"
    if not said:
        gpu.compare("logistic gradient", changed, "array-api", kind, HERE, 1)
        return
    with pytest.raises(AssertionError, match=said):
        gpu.compare("logistic gradient", changed, "array-api", kind, HERE, 1)
