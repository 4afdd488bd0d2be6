"""What ``import di_advisor`` costs before anything is asked of it.

Problem: a notebook's first cell and every ``di-advisor --help`` pay for the imports of the package. Decision: measure
a fresh interpreter from its start to the end of the import, with compiled bytecode present as after installation.
Limits: the disk cache is warm after the first run, which does not count.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.bars import Bar

__all__ = ["AREA", "bars"]

AREA = "import"

_PROGRAM = "import time, di_advisor; print(time.process_time())"


def bars() -> list[Bar]:
    """Measure the cold import: median of 5 fresh interpreters, in CPU seconds."""
    seconds = [_cold_import_cpu_seconds() for _ in range(6)][1:]
    return [
        Bar.at_most(
            "import.cold_import",
            statistics.median(seconds),
            0.5,
            unit="CPU s",
            compared_to="target; a fresh interpreter from start to end of import",
        )
    ]


def _cold_import_cpu_seconds() -> float:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    return float(done.stdout)
