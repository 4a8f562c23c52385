"""symderive against other tools, in one run: `python tests/benchmarks/peers.py` prints a table with ratios.

Every measurement is a fresh process with a time limit: time to derive and print, memory that this takes. The
peers are optional; `--python` names the interpreter that has them. One that is absent is said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("symderive", "tensorgrad", "sympy", "pytensor", "jax")
TASKS = (
    "logistic, gradient",
    "logistic, Hessian",
    "two layers",
    "4 layers",
    "16 layers",
    "64 layers",
    "256 layers",
    "attention",
    "layer norm",
    "factorisation, Hessian",
)
SHALLOWER = {"16 layers": ["4 layers"], "64 layers": ["16 layers"], "256 layers": ["64 layers"]}
START = 30  # seconds that the import of a tool may take
LONG = 5.0  # seconds from which one measurement is enough


def run(tool: str, task: str, python: str, limit: float) -> dict[str, object]:
    """One task in a process of its own, which is killed at the limit."""
    command = [python, "-m", "tests.benchmarks.child", tool, task]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "JAX_PLATFORMS": "cpu"}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit + START,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"time-out": limit}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"refused": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1][:160]}
    found: dict[str, object] = json.loads(lines[-1])
    return {"time-out": limit} if float(str(found.get("seconds", 0))) > limit else found


def measured(tool: str, task: str, python: str, limit: float, repeats: int) -> dict[str, object]:
    """The median of several runs; a long run, and one without a result, is not repeated."""
    first = run(tool, task, python, limit)
    if "seconds" not in first or float(str(first["seconds"])) > LONG:
        return first
    runs = [first, *(run(tool, task, python, limit) for _ in range(repeats - 1))]
    times = [float(str(one["seconds"])) for one in runs if "seconds" in one]
    return {**first, "seconds": statistics.median(times), "runs": len(times)}


def cell(found: dict[str, object], base: dict[str, object]) -> str:
    """Time, ratio to symderive's, growth of memory; or why there is none."""
    if "time-out" in found:
        return f"> {found['time-out']:g} s"
    if "seconds" not in found:
        return "absent" if "absent" in found else "refused"
    seconds = float(str(found["seconds"]))
    shown = f"{1000 * seconds:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"
    if found is not base and "seconds" in base:
        shown += f" ×{seconds / float(str(base['seconds'])):.2g}"
    return f"{shown} +{float(str(found['growth'])):.0f} MB"


def table(results: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """The results as lines of Markdown."""
    tools = list(results)
    lines = [f"| task | {' | '.join(tools)} |", f"|---|{'---|' * len(tools)}"]
    for task in results[tools[0]]:
        base = results[tools[0]][task]
        lines.append(f"| {task} | {' | '.join(cell(results[tool][task], base) for tool in tools)} |")
    return lines


def notes(results: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """Versions, what each tool prints, and every refusal."""
    lines = []
    for tool, found in results.items():
        known = next((one for one in found.values() if "version" in one), None)
        absent = next((one["absent"] for one in found.values() if "absent" in one), None)
        what = f" {known['version']}: {known['prints']}" if known else f": absent ({absent})"
        lines.append(f"- {tool}{what}")
        lines += [f"  - {task}: refused: {one['refused']}" for task, one in found.items() if "refused" in one]
    return lines


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--limit", type=float, default=60, help="seconds for one measurement")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tools", nargs="+", default=TOOLS, choices=TOOLS)
    parser.add_argument("--tasks", nargs="+", default=TASKS, choices=TASKS)
    args = parser.parse_args()
    results: dict[str, dict[str, dict[str, object]]] = {tool: {} for tool in args.tools}
    for task in args.tasks:
        for tool in args.tools:
            python = sys.executable if tool == "symderive" else args.python
            shallower = next(
                (results[tool][one] for one in SHALLOWER.get(task, ()) if one in results[tool]), {}
            )
            if "time-out" in shallower:  # a deeper network does not take less
                results[tool][task] = shallower
            else:
                results[tool][task] = measured(tool, task, python, args.limit, args.repeats)
            print(
                f"{task:24}{tool:12}{cell(results[tool][task], results[args.tools[0]][task])}",
                file=sys.stderr,
            )
    print(f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, "
          f"{os.cpu_count()} cores, median of {args.repeats}, limit {args.limit:g} s")  # fmt: skip
    print("\n".join(["", *table(results), "", *notes(results)]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
