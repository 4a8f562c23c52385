"""How numbers are written, and what the room imports."""

import ast
import sys
from pathlib import Path

import pytest

import symderive.numeric
from symderive.numeric.wording import entry_name, multiple, percent, signed, step


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.16504242, "−0.16504242"),
        (-0.16096604936828388, "−0.16096605"),
        (1.5e-12, "1.5e−12"),
        (0.0, "0"),
        (2.0, "2"),
        (float("nan"), "nan"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
    ],
)
def test_signed(value, text):
    assert signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3671.7, "3,670"),
        (3672.0, "3,670"),
        (999.6, "1,000"),
        (99.96, "100"),
        (1.234, "1.23"),
        (2.0, "2"),
        (0.5, "0.5"),
    ],
)
def test_multiple(value, text):
    assert multiple(value) == text


def test_huge_multiples_stay_short():
    assert multiple(1.234e9) == "1.23e+09"
    assert multiple(float("inf")) == "∞"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0253244, "2.5 %"),
        (0.001, "0.1 %"),
        (1.0, "100 %"),
        (2.0, "200 %"),
        (12.3, "1,200 %"),
        (3.4e-9, "3.4e-07 %"),
    ],
)
def test_percent(fraction, text):
    assert percent(fraction) == text


def test_percent_of_something_infinite():
    assert percent(float("inf")) == "∞ %"
    assert percent(1e6) == "1e+08 %"


def test_steps_and_entries():
    assert [step(epsilon) for epsilon in (1e-10, 1e-3, 2.0**-26)] == ["1e-10", "0.001", "1.5e-08"]
    assert entry_name("W", (1, 2)) == "W[1, 2]"
    assert entry_name("b", ()) == "b"


def test_the_room_knows_nothing_of_symbols():
    allowed = {"numpy", "scipy", "symderive", *sys.stdlib_module_names}
    files = sorted(Path(symderive.numeric.__file__).parent.glob("*.py"))
    assert len(files) >= 10
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in allowed, f"{file.name} imports {name}"
                if name.startswith("symderive"):
                    assert name.startswith(("symderive.numeric", "symderive.errors"))


def test_every_public_name_is_documented_and_listed_once():
    names = symderive.numeric.__all__
    assert len(set(names)) == len(names)
    for name in names:
        public = getattr(symderive.numeric, name)
        assert name in ("ACTIVATIONS", "DOMAINS") or public.__doc__
