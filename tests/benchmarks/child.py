"""One task of one tool in this process, cold: `python -m tests.benchmarks.child TOOL TASK` prints JSON.

The import of the tool is not timed; seconds are those of the processor, so that other load counts less.
Memory is the resident peak of the process, and its growth since then.
"""

from __future__ import annotations

import gc
import importlib
import json
import resource
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def peak_megabytes() -> float:
    """The largest resident memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # the number of getrusage begins with the parent's
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def outcome(tool: str, task: str) -> dict[str, object]:
    """What happened: seconds, memory and the printed text, or why there is none."""
    try:
        module = importlib.import_module(f"tests.benchmarks.tools.{tool}")
    except ImportError as error:
        return {"absent": str(error)}
    try:
        number = version(module.DISTRIBUTION)
    except PackageNotFoundError:
        number = sys.modules[module.DISTRIBUTION].__version__
    if "sympy" in sys.modules:
        importlib.import_module("sympy.tensor.tensor")  # SymPy loads it late, with its first sum
    said: dict[str, object] = {"version": number, "prints": module.PRINTS}
    gc.collect()  # what the import left behind is not the task's to clear away
    before = peak_megabytes()
    start = time.process_time()
    try:
        text = module.TASKS[task]()
    except Exception as error:  # whatever a tool raises is its answer
        return {**said, "refused": f"{type(error).__name__}: {error}".splitlines()[0][:160]}
    seconds = time.process_time() - start
    peak = peak_megabytes()
    return {
        **said, "seconds": seconds, "peak": peak, "growth": peak - before,
        "characters": len(text), "head": text[:2000],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(outcome(*sys.argv[1:3])))
