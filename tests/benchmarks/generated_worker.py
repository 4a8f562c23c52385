# ruff: noqa: E501 -- commands and rows of tables
"""One task of one tool: `python -m tests.benchmarks.generated_worker TOOL TASK RESULT` waits for commands.

It keeps to as many processors as BENCHMARK_THREADS says, makes the data and the function, computes once, writes the result to the file RESULT and says what memory
that took. Then it answers each line of its input with the seconds of one more call: those of the processor
where there is one thread, so that other load counts less, otherwise those that pass. A line with the name of another
tool asks for a call of that one in this process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from tests.benchmarks.generated_data import data

SHORTEST = 0.02  # seconds of one measurement; a shorter call is repeated
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def kilobytes(word: str) -> int:
    """A line of the status of this process; 0 where the system has none."""
    lines = STATUS.read_text(encoding="ascii").splitlines() if STATUS.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(word)), 0)


def main(tool: str, task: str, result: str) -> None:
    """Prepare, compute once, then measure on demand."""
    count = int(os.environ.get("BENCHMARK_THREADS", "1"))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    clock = time.process_time if count == 1 else time.perf_counter
    try:
        module = importlib.import_module(f"tests.benchmarks.translations.generated_{tool}")
    except ImportError as error:
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    try:
        number = version(module.DISTRIBUTION)
    except PackageNotFoundError:
        number = sys.modules[module.DISTRIBUTION].__version__
    try:
        given = data(task)
        call, as_arrays = module.prepared(task, given)
        if RESET.exists():
            RESET.write_text("5", encoding="ascii")  # the peak starts anew
        before = kilobytes("VmRSS:")
        made = call()
        growth = (kilobytes("VmHWM:") - before) / 1024
    except Exception as error:  # whatever a tool raises is its answer
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"[:160]}), flush=True)
        return
    arrays = as_arrays(made if isinstance(made, tuple | list) else (made,))
    np.savez(result, *[np.asarray(one) for one in arrays])
    del made, arrays
    print(json.dumps({"growth": growth, "version": number, "threads": module.threads()}), flush=True)
    beside = {tool: call}
    for line in sys.stdin:
        name = line.strip()
        if name not in beside:
            other = importlib.import_module(f"tests.benchmarks.translations.generated_{name}")
            beside[name] = other.prepared(task, given)[0]  # the same arrays: their place in memory counts
        beside[name]()  # the caches hold what another process used
        start, calls = clock(), 0
        while calls == 0 or clock() - start < SHORTEST:
            beside[name]()
            calls += 1
        print((clock() - start) / calls, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
