"""Times that other load hardly changes: of the processor, and in units of a fixed calculation."""

from __future__ import annotations

import resource
import subprocess
import time
from typing import Any

_USUAL = 0.08  # processor seconds of the fixed calculation on the machines that the limits were chosen on


def of_children() -> float:
    """Processor seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def best_of(command: list[str], repeats: int = 3, **options: Any) -> float:
    """The least processor time of a command over several runs."""
    times = []
    for _ in range(repeats):
        before = of_children()
        subprocess.run(command, capture_output=True, check=True, **options)
        times.append(of_children() - before)
    return min(times)


def slowness() -> float:
    """How many times slower than usual this machine is just now; at least 1."""
    times = []
    for _ in range(3):
        start = time.process_time()
        total = 0
        for number in range(1_000_000):
            total += number * number % 7
        times.append(time.process_time() - start)
    return max(1.0, min(times) / _USUAL)
