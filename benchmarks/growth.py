"""How the convex solve grows with the number of names and of lots: exponents of a power law over a wide range.

An exponent of 1 is linear. Seconds of each size are printed beside it, as bars that say what they are compared
to: the smallest size of the same run times the growth in size.
"""

from __future__ import annotations

import numpy as np

from benchmarks.bars import Bar
from benchmarks.hot_path import Job, job_of, median_seconds, sides, solved
from di_advisor.formulate import formulate
from di_advisor.testing.random_cases import random_case

__all__ = ["AREA", "bars"]

AREA = "optimizer"

_NAMES = (100, 300, 1_000, 3_000, 10_000)
_LOTS = (1, 3, 10, 30)
_FROM = 300
"""From here on the work on names outweighs the fixed cost of a call."""

_NEARLY_LINEAR = 1.15


def _with_lots(seed: int, lots: int) -> Job:
    case = random_case(seed, names=500, lots_a_name=lots, styles=13)
    mandate = case.mandate.with_changes(tracking_error_max=None)
    block = formulate(case.signals, mandate, case.tax).block
    return Job(case, mandate, block, sides(block))


def _exponent(sizes: list[int], seconds: list[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def _compared(label: str, sizes: tuple[int, ...], seconds: list[float]) -> list[Bar]:
    """Seconds of each size beyond the smallest, against the smallest grown in proportion."""
    return [
        Bar.at_most(
            f"optimizer.growth_{label}_{size}",
            took,
            1.5 * seconds[0] * size / sizes[0],
            unit="CPU s",
            compared_to=f"1.5 x in proportion to {sizes[0]} {label} ({seconds[0]:.4f} CPU s)",
        )
        for size, took in zip(sizes[1:], seconds[1:], strict=True)
    ]


def bars() -> list[Bar]:
    """Seconds and exponents by names and by lots."""
    few = {n: range(1, 6) if n <= 1_000 else range(1, 3) for n in _NAMES}
    by_names = [median_seconds([job_of(seed, n, 20) for seed in few[n]], solved, 3) for n in _NAMES]
    by_lots = [median_seconds([_with_lots(seed, lots) for seed in range(1, 4)], solved, 5) for lots in _LOTS]
    large = [i for i, n in enumerate(_NAMES) if n >= _FROM]
    return [
        *_compared("names", _NAMES, by_names),
        Bar.at_most(
            "optimizer.growth_names_exponent",
            _exponent([_NAMES[i] for i in large], [by_names[i] for i in large]),
            _NEARLY_LINEAR,
            unit="exponent",
            compared_to=f"linear is 1; {_FROM} to {_NAMES[-1]} names, 20 factors",
        ),
        *_compared("lots", _LOTS, by_lots),
        Bar.at_most(
            "optimizer.growth_lots_exponent",
            _exponent(list(_LOTS), by_lots),
            _NEARLY_LINEAR,
            unit="exponent",
            compared_to="linear is 1; 1 to 30 lots a name, 500 names, 20 factors",
        ),
    ]
