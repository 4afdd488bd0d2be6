"""CPU seconds of a piece of work, as the median of several runs.

Problem: wall-clock seconds on a shared machine measure the neighbours. Decision: `time.process_time`, which counts
this process's work only, and the median, which one slow run does not move. Limits: work done by child processes is
not counted.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

__all__ = ["median_cpu_seconds"]


def median_cpu_seconds(work: Callable[[], object], *, repeats: int = 5, warm_ups: int = 1) -> float:
    """Return the median CPU seconds of ``work()``.

    Parameters
    ----------
    work : callable without arguments
        What is measured; its result is dropped.
    repeats : int
        Runs that count, at least 1.
    warm_ups : int
        Runs before those that do not count: imports and caches fill there.

    Returns
    -------
    float
        CPU seconds of this process, of the median run.
    """
    for _ in range(warm_ups):
        work()
    seconds = []
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(repeats):
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
            gc.collect()
    finally:
        if collecting:
            gc.enable()
    return statistics.median(seconds)
