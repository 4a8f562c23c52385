# ruff: noqa: E501 -- commands and rows of tables
"""Generated code against code by hand, PyTorch and JAX: `python -m tests.benchmarks.generated`.

Every tool has processes of its own, and these take turns, so that other load falls on all of them alike. A task is
measured in several rounds, each with new processes: where its arrays come to lie in memory makes the same code up to a
fifth faster or slower. The ratio of symderive to hand is that of both in the same processes, one call after the other.
All results are compared with those of the code by hand in the same run. `--python` names the
interpreter that has PyTorch and JAX; a tool that is absent is said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.benchmarks.generated_data import TASKS, sizes_of

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {"symderive": False, "hand": False, "torch": True, "jax": True}
LONG = 20.0  # seconds after which a task is not repeated further
CLOSE = 1e-8


@dataclass
class Worker:
    """A process of one tool with one task."""

    tool: str
    process: subprocess.Popen[str]
    result: Path
    said: dict[str, object] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether it has computed the task once."""
        return "growth" in self.said

    @property
    def seconds(self) -> float:
        """The median of its calls."""
        return statistics.median(self.times)

    def listen(self) -> None:
        """Read what it says of its first call."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        self.said = json.loads(line) if line else {"refused": "it ended without a word"}

    @property
    def over_hand(self) -> float:
        """Its time over that of the code by hand, both in its own processes."""
        return self.seconds / statistics.median(self.by_hand)

    def measure(self) -> None:
        """Let it compute once more."""
        self.times.append(self.asked(self.tool))

    def asked(self, tool: str) -> float:
        """The seconds of one more call of a tool in this process."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError(f"{self.tool}: no connection to the process.")
        self.process.stdin.write(f"{tool}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def started(tool: str, task: str, python: str, folder: str, threads: int) -> Worker:
    """The process of one tool, with as many threads as all others."""
    result = Path(folder) / f"{tool}.npz"
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads)), "JAX_PLATFORMS": "cpu"}
    environment["BENCHMARK_THREADS"] = str(threads)
    process = subprocess.Popen(
        [python, "-m", "tests.benchmarks.generated_worker", tool, task, str(result)],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    return Worker(tool, process, result)


def measured(
    task: str, tools: list[str], python: str, repeats: int, threads: int, rounds: int = 1
) -> list[Worker]:
    """All tools on one task in so many rounds, the times of all rounds together; memory is that of the first."""
    whole = one_round(task, tools, python, repeats, threads)
    for _ in range(rounds - 1):
        for worker, again in zip(whole, one_round(task, tools, python, repeats, threads), strict=True):
            worker.times += again.times
            worker.by_hand += again.by_hand
    return whole


def one_round(task: str, tools: list[str], python: str, repeats: int, threads: int) -> list[Worker]:
    """All tools on one task, taking turns, each in one new process."""
    with tempfile.TemporaryDirectory() as folder:
        workers = []
        for tool in tools:  # one after the other, so that nobody's memory or time is another's
            worker = started(tool, task, python if TOOLS[tool] else sys.executable, folder, threads)
            worker.listen()
            workers.append(worker)
        try:
            check(workers)
            ready = [worker for worker in workers if worker.is_ready]
            begin = time.perf_counter()
            for turn in range(repeats):
                for worker in ready[turn % len(ready) :] + ready[: turn % len(ready)]:
                    worker.measure()
                    if worker.tool == "symderive":
                        worker.by_hand.append(worker.asked("hand"))
                if time.perf_counter() - begin > LONG and turn >= 2:
                    break
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.communicate()  # it closes what connected them
    return workers


def check(workers: list[Worker]) -> None:
    """Compare every result, entry by entry, with that of the code by hand.

    Raises:
        AssertionError: they differ.
    """
    results = {one.tool: list(np.load(one.result).values()) for one in workers if one.is_ready}
    for tool, arrays in results.items():
        for one, other in zip(arrays, results["hand"], strict=True):
            scale = float(np.abs(other).max(initial=1e-300))
            if one.shape != other.shape or not np.all(np.abs(one - other) <= CLOSE * scale):
                raise AssertionError(f"{tool}: the result differs from that of the code by hand.")


def cell(worker: Worker, base: Worker) -> str:
    """Time, how many times that of symderive, and memory; or why there is none."""
    if not worker.is_ready:
        return "absent" if "absent" in worker.said else f"refused ({worker.said.get('refused')})"
    seconds = worker.seconds
    shown = f"{1e6 * seconds:.0f} µs" if seconds < 1e-3 else f"{1e3 * seconds:.3g} ms"
    ratio = f" ×{seconds / base.seconds:.2f}" if worker is not base else ""
    return f"{shown}{ratio} +{float(str(worker.said['growth'])):.0f} MB"


def row(task: str, workers: list[Worker]) -> str:
    """A task as a line of Markdown; the last column is symderive's time over that of the code by hand beside it."""
    base = workers[0]
    sizes = ", ".join(f"{name} = {size:,}".replace(",", " ") for name, size in sizes_of(task).items())
    cells = " | ".join(cell(worker, base) for worker in workers)
    return f"| {task}; {sizes} | {cells} | {base.over_hand:.2f} |"


def main() -> int:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has PyTorch and JAX")
    parser.add_argument("--rounds", type=int, default=3, help="how often all processes start anew")
    parser.add_argument("--repeats", type=int, default=5, help="measurements in each round")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=TOOLS)
    parser.add_argument("--tasks", nargs="+", default=TASKS, choices=TASKS)
    args = parser.parse_args()
    tools = list(dict.fromkeys(["symderive", "hand", *args.tools]))
    lines, known = [], {}
    for task in args.tasks:
        workers = measured(task, tools, args.python, args.repeats, args.threads, args.rounds)
        lines.append(row(task, workers))
        known |= {
            one.tool: f"{one.tool} {one.said['version']}: {one.said['threads']}"
            for one in workers
            if one.is_ready
        }
        print(lines[-1], file=sys.stderr, flush=True)
    print(f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} "
          f"cores, {args.threads} thread{'s' * (args.threads > 1)} for each tool, double precision, "
          f"median of up to {args.rounds} × {args.repeats}")  # fmt: skip
    heads = [f"| task | {' | '.join(tools)} | symderive / hand |", f"|---|{'---|' * (len(tools) + 1)}"]
    print("\n".join(["", *heads, *lines, "", *(f"- {one}" for one in known.values())]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
