"""How often monitoring raises an alarm, where nothing changed and where something did.

``python -m benchmarks.cost_monitoring [--years N] [--seed S]`` prints, for simulated years of 5,200 orders (see
`benchmarks.cost_years`), the share of years in which each watch raises an alarm, in which the right stream is dated
within a month of the change, and in which the fallback rule steps down. Limits: the model is right until July by
construction, noise is Student's t with 4 degrees of freedom, and days are independent.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import Any

import numpy as np

from benchmarks.cost_years import year
from di_models.cost.fallback import Level, level_in_use
from di_models.cost.monitoring import monitor

CASES: dict[str, dict[str, Any]] = {
    "nothing changed": {},
    "spread doubles, unseen": {"spread": 2.0},
    "spread doubles, quoted": {"spread": 2.0, "seen": True},
    "impact halves": {"impact": 0.5},
    "one broker's impact doubles": {"impact": 2.0, "broker": "Birch"},
}
_WATCHES = ("residuals", "dated", "dollars", "coverage", "feature", "stepped down")
_JULY, _MONTH = np.datetime64("2023-07-03"), np.timedelta64(31, "D")


def shares(case: dict[str, Any], years: int, seed: int) -> dict[str, float]:
    """Share of years with each kind of alarm."""
    found: Counter[str] = Counter()
    for k in range(seed, seed + years):
        trained_on = year(1_000_003 + k, months=6).history
        report = monitor(year(k, **case), trained_on=trained_on, seed=k)
        found.update({a.watch for a in report.alarms})
        about = f"broker {case['broker']}" if "broker" in case else "all orders"
        found["dated"] += any(
            a.watch == "residuals" and a.about == about and abs(a.since - _JULY) <= _MONTH for a in report.alarms
        )
        found["stepped down"] += level_in_use({Level.TREES: report.months, Level.LAW: report.months})[0] != Level.TREES
    return {name: found[name] / years for name in _WATCHES}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost_monitoring")
    parser.add_argument("--years", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    sys.stdout.write(f"{asked.years} years a row, seed {asked.seed}\n")
    sys.stdout.write(f"{'':<30}" + "".join(f"{w:>14}" for w in _WATCHES) + "\n")
    for name, case in CASES.items():
        found = shares(case, asked.years, asked.seed)
        sys.stdout.write(f"{name:<30}" + "".join(f"{found[w]:>14.1%}" for w in _WATCHES) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
