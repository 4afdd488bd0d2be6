"""Every performance or quality claim of this project, as a number beside its target.

Problem: figures in a README rot, and timings depend on the machine. Decision: claims exist only as bars that
``python -m benchmarks`` measures anew, in CPU seconds on one thread, and as ratios of two things measured in the
same run wherever a comparison is meant. Limits: absolute seconds still depend on the processor.

A benchmark is a module of this package with a constant ``AREA`` (a literal, one of `AREAS`) and a function
``bars() -> list[Bar]``. Each runs in a fresh interpreter, so no benchmark warms another one's caches.
"""

import os

# Must happen before numpy is imported anywhere: thread pools read these once. Measured on one thread, CPU seconds
# are the work done; on several they would also count threads that wait for each other.
for _variable in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
):
    os.environ[_variable] = "1"

from benchmarks.bars import Bar  # noqa: E402  (the thread limits above come first)
from benchmarks.clock import median_cpu_seconds  # noqa: E402

AREAS = (
    "import",
    "spine",
    "peer",
    "risk",
    "ledger",
    "optimizer",
    "cost",
    "harvest",
    "learning",
    "rebalance",
    "adapters",
    "ui",
    "backtest",
    "fleet",
)

__all__ = ["AREAS", "Bar", "median_cpu_seconds"]
