"""Who is right about the project's own catalogue: `python -m tests.benchmarks.correctness` prints a table.

Every published derivative is put to every tool, and the answer is compared with the published formula, entry
by entry, at random points. The peers are optional; `--python` names the interpreter that has them.
"""

from __future__ import annotations

import argparse
import json
import selectors
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from symderive.numeric.draws import draw_all

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("symderive", "sympy", "tensorgrad")
VERDICTS = (
    "right in matrix notation",
    "right but unreadable",
    "silently wrong",
    "refused",
    "too slow",
    "not expressed",
)
_SPACE = {"np": np, "sc": special, "expit": special.expit, "erf": special.erf}
_ENTRIES = 12


def catalogue() -> list[dict[str, Any]]:
    """The cases with points and expected values."""
    path = ROOT / "tests" / "catalogue" / "derivatives.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    return [_prepared(case, data["sizes"]) for case in data["cases"]]


def _prepared(case: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    expected = eval(case["expected"], dict(_SPACE))
    if "point" in case:
        points = [{name: np.asarray(one, float) for name, one in case["point"].items()}]
    else:
        shapes = {
            name: (tuple(sizes[size] for size in shape), case["domains"].get(name, "real"))
            for name, shape in case["shapes"].items()
        }
        points = [draw_all(shapes, seed=seed) for seed in range(2)]
    own = {
        size: int(length)
        for point in points
        for name, shape in case["shapes"].items()
        for size, length in zip(shape, np.shape(point[name]), strict=True)
    }
    values = [np.asarray(expected(**point), float) for point in points]
    places = list(np.ndindex(values[0].shape))
    chosen = np.random.default_rng(0).permutation(len(places))[:_ENTRIES]
    second = case["quantity"] == "hessian"
    return {
        "id": case["id"],
        "function": case["function"],
        "shapes": case["shapes"],
        "domains": case["domains"],
        "variables": case["wrt"] * 2 if second and len(case["wrt"]) == 1 else case["wrt"],
        "sizes": own,
        "points": [{name: one.tolist() for name, one in point.items()} for point in points],
        "entries": [list(map(int, places[one])) for one in sorted(chosen)],
        "expected": values,
    }


def verdict(case: dict[str, Any], found: dict[str, Any]) -> str:
    """What an answer is worth."""
    for plain in ("refused", "too slow", "not expressed"):
        if plain in found:
            return plain
    for place, expected in enumerate(case["expected"]):
        if "entries" in found:
            wanted = np.array([expected[tuple(at)] for at in case["entries"]])
            value = np.asarray(found["entries"][place], float)
        else:
            wanted, value = expected, _fitted(np.asarray(found["values"][place], float), expected)
        scale = 1e-10 * float(np.max(np.abs(wanted), initial=1.0))
        if value.shape != wanted.shape or not np.allclose(value, wanted, rtol=1e-7, atol=scale):
            return "silently wrong"
    return "right in matrix notation" if found["readable"] else "right but unreadable"


def _fitted(value: Any, expected: Any) -> Any:
    """A value without axes of size 1, and with the two variables of a mixed derivative in the other order."""
    if value.size == expected.size and np.squeeze(value).shape == np.squeeze(expected).shape:
        return value.reshape(expected.shape)
    if value.ndim == 2 and np.squeeze(value).T.shape == expected.shape:
        return np.squeeze(value).T
    return value


class Asked:
    """A tool in a process of its own; a case that takes too long ends the process, and another one begins."""

    def __init__(self, tool: str, python: str, limit: float) -> None:
        self.command, self.limit = [python, "-m", "tests.benchmarks.correctness_child", tool], limit
        self.process: subprocess.Popen[str] | None = None
        self.hello: dict[str, Any] = {}

    def start(self) -> None:
        """Begin, and read the version."""
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.hello = self._line(60) or {"absent": "it does not start"}

    def ask(self, case: dict[str, Any]) -> dict[str, Any]:
        """The answer to one case."""
        if self.process is None:
            self.start()
        if self.process is None or self.process.stdin is None or "absent" in self.hello:
            return {"refused": "absent"}
        sent = {name: one for name, one in case.items() if name != "expected"}
        self.process.stdin.write(json.dumps(sent) + "\n")
        self.process.stdin.flush()
        found = self._line(self.limit)
        if found is None:
            self.stop()
            return {"too slow": f"more than {self.limit:g} s"}
        return found

    def _line(self, limit: float) -> dict[str, Any] | None:
        if self.process is None or self.process.stdout is None:
            return None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(limit):
                return None
        line = self.process.stdout.readline()
        return dict(json.loads(line)) if line else {"refused": "the process died"}

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def main() -> int:
    """Ask, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--limit", type=float, default=30, help="seconds for one case")
    parser.add_argument("--tools", nargs="+", default=TOOLS, choices=TOOLS)
    args = parser.parse_args()
    cases = catalogue()
    lines, notes = [], []
    for tool in args.tools:
        asked = Asked(tool, sys.executable if tool == "symderive" else args.python, args.limit)
        asked.start()
        if "absent" in asked.hello:
            lines.append(f"| {tool} | absent |" + " |" * (len(VERDICTS) - 1))
            continue
        found = [(case["id"], verdict(case, one), one) for case in cases for one in [asked.ask(case)]]
        asked.stop()
        counts = Counter(one for _, one, _ in found)
        shown = " | ".join(str(counts[one]) for one in VERDICTS)
        lines.append(f"| {tool} {asked.hello.get('version', '')} | {shown} |")
        for name, worth, one in found:
            if worth != VERDICTS[0]:
                why = next(
                    (str(one[key]) for key in ("refused", "too slow", "not expressed") if key in one), ""
                )
                notes.append(f"- {tool}, {name}: {worth}{': ' + why if why else ''}")
    print(f"{len(cases)} published derivatives\n")
    print(
        "\n".join(
            [f"| tool | {' | '.join(VERDICTS)} |", "|---|" + "---|" * len(VERDICTS), *lines, "", *notes]
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
