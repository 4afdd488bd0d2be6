"""Is the predicted risk the risk that came: on the sample world and on real index members, 2016 to 2022.

Problem: a risk model's errors show only out of sample and in the portfolios that an optimiser builds. Decision: the
model is estimated each week from what was known, and the bias statistics of `benchmarks.risk_bias` are taken over
the following days, pooled and by calendar quarter; `benchmarks.risk_baskets` compares what baskets built with it
did. Limits: the memories of the model were chosen on the market's returns of 1990 to 2015 and on this index's of
2016 to 2022, so the real figures are not free of hindsight; the sample's had no part in it. The real data are read
where the folder of shared input is present, and left out where it is not.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from benchmarks.risk_baskets import realised_tracking_errors
from benchmarks.risk_bias import FAMILIES, walk_forward
from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_models.risk import FactorRiskModel

__all__ = ["AREA", "bars"]

AREA = "risk"

_ROOT = Path(__file__).resolve().parents[1]
_EVERY_DAYS = 5
_SEED = 1
_FAMILY = {
    "long_only": "random baskets, total risk",
    "random": "random baskets against the index",
    "active": "random active weights, style and sector tilts",
    "optimised": "smallest tracking error, inverse covariance",
}


@dataclass(frozen=True)
class _World:
    name: str
    returns: ReturnHistory
    market_at: Callable[[int], Market]
    exposures: ExposureHistory | None
    first_row: int

    def estimate(self, market: Market) -> FactorRisk:
        return FactorRiskModel().estimate(market, self.returns, self.exposures)


def bars() -> list[Bar]:
    """Bias statistics and baskets of each world, and the CPU seconds of one estimate."""
    found: list[Bar] = []
    for world in _worlds():
        found += _judged(world)
        if world.name == "sample":
            market = world.market_at(len(world.returns.dates) - 1)
            seconds = median_cpu_seconds(lambda m=market, w=world: w.estimate(m))  # type: ignore[misc]
            days = len(world.returns.dates)
            size = f"{len(market.universe)} names, {days} days, characteristics given"
            found.append(Bar.at_most("risk.estimate_cpu", seconds, 2.0, unit="CPU s", compared_to=f"target; {size}"))
    return found


def _judged(world: _World) -> list[Bar]:
    rows = np.arange(world.first_row, len(world.returns.dates), _EVERY_DAYS, dtype=np.int64)
    rows[-1] = len(world.returns.dates) - 1
    record = walk_forward(world.returns, world.market_at, world.estimate, rows=rows, seed=_SEED)
    found = []
    for family in FAMILIES:
        name, quarters = f"risk.{world.name}_{family}", len(record.by_quarter(family))
        what = f"1 = unbiased; {_FAMILY[family]}"
        found += [
            Bar.within(f"{name}_pooled", record.pooled(family), 0.9, 1.1, unit="ratio", compared_to=what),
            Bar.at_least(
                f"{name}_quarters",
                record.quarters_inside(family),
                0.8,
                unit="share",
                compared_to=f"{quarters} quarters inside 0.8 to 1.2",
            ),
        ]
    ours, theirs = realised_tracking_errors(
        world.returns, world.market_at, world.estimate, first_row=world.first_row, seed=_SEED
    )
    against = f"the same 100 names weighted with a Ledoit-Wolf covariance: {theirs:.4f} a year"
    found.append(Bar.at_most(f"risk.{world.name}_basket_te", ours / theirs, 1.0, unit="ratio", compared_to=against))
    return found


def _worlds() -> list[_World]:
    from di_advisor import sample

    simulated = sample.load()
    days = simulated.returns.dates

    def sample_market(row: int) -> Market:
        return simulated.market(days[row].astype("datetime64[D]").item())

    found = [_World("sample", simulated.returns, sample_market, simulated.exposures, 252)]
    shared = Path(os.environ.get("DI_SHARED", _ROOT.parent / "shared"))
    if (shared / "data" / "prices").is_dir():
        from benchmarks.risk_history import read_index_history

        real = read_index_history(shared)
        found.append(_World("index", real.returns, real.market, None, real.row(date(2016, 3, 31))))
    return found
