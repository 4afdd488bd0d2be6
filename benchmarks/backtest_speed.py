"""CPU of a replay: five years of daily monitoring with monthly trading, ten years of daily triggers, and growth.

The bars of five and ten years run on a made-up past (`benchmarks.backtest_made`), since the sample has four years
after its risk history; the sample's own four years stand beside them as the same bar in proportion. Growth by years is
read off the running clock of the long runs, growth by names from one year each. Conservation is checked on each.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np

from benchmarks.backtest_made import MadePast
from benchmarks.bars import Bar
from di_advisor.backtest.conservation import check_conservation
from di_advisor.backtest.past import Past
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.sample_past import sample_past
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.policy.policies import Policy, periodic, threshold
from di_advisor.policy.sessions import Cadence
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["AREA", "bars"]

AREA = "backtest"

_NAMES = 500
_FEWER = (125, 250, 500)
_MB = 1024.0
_TAX = TaxProfile(ConstantRates(0.408, 0.238))
_MANDATE = Mandate(tracking_error_max=0.01, min_trade_usd=Decimal(100))
_SAMPLE_START, _SAMPLE_END = date(2022, 7, 1), date(2026, 6, 30)


@dataclass(frozen=True)
class _Run:
    """A replay with the clock at its start and after each session."""

    replayed: Replayed
    clock: list[float]

    @property
    def seconds(self) -> float:
        return self.clock[-1] - self.clock[0]

    @property
    def years(self) -> float:
        return len(self.replayed.days) / TRADING_DAYS_PER_YEAR

    def by_year(self) -> list[float]:
        """CPU seconds of each whole year."""
        ends = self.clock[::TRADING_DAYS_PER_YEAR]
        return [b - a for a, b in pairwise(ends)]

    def said(self, what: str) -> str:
        """One line of figures."""
        solves = len(self.replayed.rebalances)
        each = self.seconds / len(self.replayed.days) * 1000
        years = " ".join(f"{seconds:.1f}" for seconds in self.by_year())
        return f"{what}: {self.seconds:.1f} CPU s, {solves} proposals, {each:.1f} ms a session; by year: {years}"


def _replayed(past: Past, start: date, end: date, policy: Policy) -> _Run:
    clock = [time.process_time()]
    done = replay(past, start, end, policy, _MANDATE, _TAX, progress=lambda *_: clock.append(time.process_time()))
    return _Run(done, clock)


def _made(names: int, years: int, policy: Policy, what: str) -> _Run:
    past = MadePast(names, years)
    run = _replayed(past, past.start, past.sessions[-1], policy)
    _say(run.said(what))
    check_conservation(run.replayed, past)
    return run


def bars() -> list[Bar]:
    """Measure the replays."""
    monthly = periodic(Cadence.MONTHLY)
    sizes = [_made(names, 1, monthly, f"{names} names, 1 year, monthly").seconds for names in _FEWER]
    exponent = float(np.polyfit(np.log(_FEWER), np.log(sizes), 1)[0])
    sample = sample_past()
    on_sample = _replayed(sample, _SAMPLE_START, _SAMPLE_END, monthly)
    _say(on_sample.said("sample, 500 names, 4 years, monthly"))
    five = _made(_NAMES, 5, monthly, "500 names, 5 years, monthly")
    ten = _made(_NAMES, 10, threshold(), "500 names, 10 years, daily triggers")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MB
    first, last = ten.by_year()[1], ten.by_year()[-1]
    return [
        Bar.at_most("backtest.five_years_monthly", five.seconds, 60.0, unit="CPU s", compared_to="target; made up"),
        Bar.at_most(
            "backtest.sample_monthly",
            on_sample.seconds,
            60.0 * on_sample.years / 5,
            unit="CPU s",
            compared_to=f"60 CPU s in proportion to {on_sample.years:.1f} of 5 years",
        ),
        Bar.at_most(
            "backtest.ten_years_daily",
            ten.seconds,
            300.0,
            unit="CPU s",
            compared_to=f"target; {len(ten.replayed.rebalances)} proposals",
        ),
        Bar.at_most("backtest.memory", memory, 1024.0, unit="MB", compared_to="target, largest of all runs here"),
        Bar.at_most("backtest.growth_names", exponent, 1.15, unit="exponent", compared_to="1 is linear"),
        Bar.at_most(
            "backtest.growth_years", last / first, 2.0, unit="ratio", compared_to="tenth year against the second"
        ),
    ]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
