"""Households solved together against their accounts solved separately, on 100 generated households.

`python -m benchmarks.household FIRST LAST` runs a part of the seeds only, and no bars: parts can run side by side.

Separate proposals know of nobody else: they may wash each other's losses and spend a loss twice. Two comparisons:
against separate proposals whose wash sales are avoided by the better of two rules of thumb (where accounts clash
nobody buys, or nobody sells at a loss), and, with wash sales priced, against separate proposals as they are, at
law. Limits: small generated households (10 names, two or three accounts); the gain is of the objective in USD of
one proposal, taxes at law, and no promise for anybody.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.bars import Bar
from di_advisor.domain.mandate import WashPolicy
from di_advisor.errors import InfeasibleError, SettlementError, SolveError
from di_advisor.propose.household import propose
from di_advisor.propose.household.proposal import HouseholdProposal
from di_advisor.testing.random_households import random_household
from di_advisor.units import BPS_PER_UNIT

__all__ = ["AREA", "bars"]

AREA = "fleet"

_HOUSEHOLDS = 100
_NAMES, _ACCOUNTS_MAX = 10, 3
_PRICED_EVERY = 5
_GAP_BPS = 5.0
_CENT = 0.01


def _value_usd(found: HouseholdProposal) -> float:
    return sum(float(p.before.value_usd) for p in found.proposals.values())


def _row(seed: int, found: HouseholdProposal, seconds: float) -> str:
    value = _value_usd(found)
    gain = found.gain_over_separate_usd
    shown = "           -" if gain is None else f"{float(gain):12,.2f}"
    washed = 0.0 if found.separate_washed_usd is None else float(found.separate_washed_usd)
    return (
        f"{seed:4d} {len(found.proposals):3d} {value:12,.0f} {found.certificate.objective_usd:12,.2f} {shown} "
        f"{found.certificate.gap_usd:10,.2f} {washed:10,.2f} {len(found.washes):4d} {seconds:6.2f}  {found.source}"
    )


@dataclass
class _Run:
    """What some households came to.

    Attributes
    ----------
    gains_usd, shares : list of float
        Over separate proposals, where there are such; the same of the benefit.
    gaps_bps, seconds : list of float
        Certified gap of the household's value, and CPU time.
    washes, impossible, unsolved, alone_washed : int
        Losses washed; households proved to have no plans, and those where none was found; those whose separate
        proposals would wash losses.
    """

    gains_usd: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    gaps_bps: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    washes: int = 0
    impossible: int = 0
    unsolved: int = 0
    alone_washed: int = 0

    def add(self, seed: int, policy: WashPolicy) -> None:
        """Propose for one household, print its row, and take it in."""
        drawn = random_household(seed, names=_NAMES, accounts_max=_ACCOUNTS_MAX)
        household = replace(drawn.household, wash_policy=policy)
        start = time.process_time()
        try:
            found = propose(household, drawn.market, drawn.taxes)
        except InfeasibleError as error:
            self.impossible += 1
            sys.stdout.write(f"{seed:4d} proved to have no plans: {error.what[:120]}\n")
            return
        except (SolveError, SettlementError) as error:
            self.unsolved += 1
            sys.stdout.write(f"{seed:4d} no plans found: {error.what[:120]}\n")
            return
        self.seconds.append(time.process_time() - start)
        self.washes += len(found.washes)
        self.gaps_bps.append(found.certificate.gap_usd / _value_usd(found) * BPS_PER_UNIT)
        self.alone_washed += bool(found.separate_washed_usd)
        if found.gain_over_separate_usd is not None:
            self.gains_usd.append(float(found.gain_over_separate_usd))
            self.shares.append(self.gains_usd[-1] / max(float(found.benefit_usd), 1.0))
        sys.stdout.write(f"{_row(seed, found, self.seconds[-1])}\n")
        sys.stdout.flush()

    def __str__(self) -> str:
        gains = self.gains_usd
        if not gains:
            return f"{len(self.seconds)} solved, {self.impossible} proved to have no plans, {self.unsolved} not solved"
        return (
            f"{len(self.seconds)} solved, {self.impossible} proved to have no plans, {self.unsolved} not solved; "
            f"{len(gains)} compared, {self.alone_washed} whose separate proposals would wash losses; gain USD: "
            f"sum {sum(gains):,.2f}, median {np.median(gains):,.2f}, largest {max(gains):,.2f}, least "
            f"{min(gains):,.2f}; of the benefit: median {np.median(self.shares):.4f}; "
            f"{sum(g > 1 for g in gains)} gain more than a dollar; gap bps: median {np.median(self.gaps_bps):.3f}, "
            f"worst {max(self.gaps_bps):.3f}; CPU s: median {np.median(self.seconds):.2f}, "
            f"most {max(self.seconds):.1f}; {self.washes} washes"
        )


def _parts(first: int, last: int) -> tuple[_Run, _Run]:
    """Households of some seeds, wash sales banned and (of some) priced."""
    sys.stdout.write("seed acc        value    objective gain/separ.        gap  washed s. wash  CPU s  source\n")
    banned, priced = _Run(), _Run()
    for seed in range(first, last):
        banned.add(seed, WashPolicy.BAN)
    sys.stdout.write(f"{banned}\nwash sales priced, compared with separate proposals at law:\n")
    for seed in range(first - first % -_PRICED_EVERY, last, _PRICED_EVERY):
        priced.add(seed, WashPolicy.PRICE)
    sys.stdout.write(f"{priced}\n")
    return banned, priced


def bars() -> list[Bar]:
    """Never worse, nothing washed unless priced, all solved or proved impossible, and what was gained."""
    banned, priced = _parts(0, _HOUSEHOLDS)
    least, least_priced = min(banned.gains_usd), min(priced.gains_usd)
    worst, median = max(banned.gaps_bps), float(np.median(banned.seconds))
    worst_priced, unsolved = max(priced.gaps_bps), banned.unsolved + priced.unsolved
    return [
        Bar.at_least("fleet.household_least_gain", least, -_CENT, unit="USD", compared_to="separate, none washed"),
        Bar.at_least("fleet.household_least_gain_priced", least_priced, -_CENT, unit="USD", compared_to="at law"),
        Bar.at_most("fleet.household_washes", banned.washes, 0, unit="matches", compared_to="wash sales banned"),
        Bar.at_least("fleet.household_gain", sum(banned.gains_usd), 0, unit="USD", compared_to="sum over separate"),
        Bar.at_most("fleet.household_unsolved", unsolved, 0, unit="households", compared_to="solved, or proved"),
        Bar.at_most("fleet.household_gap", worst, _GAP_BPS, unit="bps", compared_to="worst certified gap"),
        Bar.at_most("fleet.household_gap_priced", worst_priced, _GAP_BPS, unit="bps", compared_to="worst, priced"),
        Bar.at_most("fleet.household_seconds", median, 5.0, unit="CPU s", compared_to="median"),
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _parts(int(sys.argv[1]), int(sys.argv[2]))
    else:
        for bar in bars():
            sys.stdout.write(f"{bar}\n")
