"""Households solved together against their accounts solved separately, on 100 generated households.

Separate proposals know of nobody else: they may wash each other's losses and spend a loss twice. Two comparisons:
against separate proposals whose wash sales are avoided by the better of two rules of thumb (where accounts clash
nobody buys, or nobody sells at a loss), and, with wash sales priced, against separate proposals as they are, at
law. Limits: small generated households (10 names, two or three accounts); the gain is of the objective in USD of
one proposal, taxes at law, and no promise for anybody.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np

from benchmarks.bars import Bar
from di_advisor.domain.household import Household
from di_advisor.domain.mandate import WashPolicy
from di_advisor.errors import DiAdvisorError
from di_advisor.propose.household import propose
from di_advisor.propose.household.proposal import HouseholdProposal
from di_advisor.testing.random_households import random_household

__all__ = ["AREA", "bars"]

AREA = "fleet"

_HOUSEHOLDS = 100
_NAMES, _ACCOUNTS_MAX, _NODES_MAX = 10, 3, 16
_PRICED_EVERY = 5
_CENT = 0.01


def _row(seed: int, found: HouseholdProposal, seconds: float) -> str:
    value = sum(float(p.before.value_usd) for p in found.proposals.values())
    gain = found.gain_over_separate_usd
    shown = "           -" if gain is None else f"{float(gain):12,.2f}"
    washed = 0.0 if found.separate_washed_usd is None else float(found.separate_washed_usd)
    return (
        f"{seed:4d} {len(found.proposals):3d} {value:12,.0f} {found.certificate.objective_usd:12,.2f} {shown} "
        f"{found.certificate.gap_usd:10,.2f} {washed:10,.2f} {len(found.washes):4d} {seconds:6.2f}  {found.source}"
    )


def _priced(household: Household) -> Household:
    return replace(household, wash_policy=WashPolicy.PRICE)


def bars() -> list[Bar]:
    """Never worse, nothing washed unless priced, and what was gained."""
    head = "seed acc        value    objective gain/separ.        gap  washed s. wash  CPU s  source"
    sys.stdout.write(f"{head}\n")
    gains, seconds, washes, refused, relative = [], [], 0, 0, []
    alone_washed = 0
    for seed in range(_HOUSEHOLDS):
        drawn = random_household(seed, names=_NAMES, accounts_max=_ACCOUNTS_MAX)
        start = time.process_time()
        try:
            found = propose(drawn.household, drawn.market, drawn.taxes, nodes_max=_NODES_MAX)
        except DiAdvisorError as error:
            refused += 1
            sys.stdout.write(f"{seed:4d} no plan: {str(error)[:100]}\n")
            continue
        seconds.append(time.process_time() - start)
        washes += len(found.washes)
        alone_washed += bool(found.separate_washed_usd)
        if found.gain_over_separate_usd is not None:
            gains.append(float(found.gain_over_separate_usd))
            relative.append(gains[-1] / max(float(found.benefit_usd), 1.0))
        sys.stdout.write(f"{_row(seed, found, seconds[-1])}\n")
        sys.stdout.flush()
    priced = []
    for seed in range(0, _HOUSEHOLDS, _PRICED_EVERY):
        drawn = random_household(seed, names=_NAMES, accounts_max=_ACCOUNTS_MAX)
        try:
            found = propose(_priced(drawn.household), drawn.market, drawn.taxes, nodes_max=_NODES_MAX)
        except DiAdvisorError:
            continue
        if found.gain_over_separate_usd is not None:
            priced.append(float(found.gain_over_separate_usd))
    sys.stdout.write(
        f"{len(gains)} compared, {refused} without a plan, {alone_washed} whose separate proposals would wash losses; "
        f"gain USD: sum {sum(gains):,.2f}, median {np.median(gains):,.2f}, largest {max(gains):,.2f}; of the benefit: "
        f"median {np.median(relative):.4f}; {sum(g > 1 for g in gains)} gain more than a dollar\n"
        f"priced: {len(priced)} compared with separate proposals at law, gain sum {sum(priced):,.2f}, "
        f"least {min(priced):,.2f}\n"
    )
    return [
        Bar.at_least("fleet.household_least_gain", min(gains), -_CENT, unit="USD", compared_to="separate, none washed"),
        Bar.at_least(
            "fleet.household_least_gain_priced", min(priced), -_CENT, unit="USD", compared_to="separate at law"
        ),
        Bar.at_most("fleet.household_washes", washes, 0, unit="matches", compared_to="wash sales banned"),
        Bar.at_least("fleet.household_gain", sum(gains), 0, unit="USD", compared_to="sum over separate proposals"),
        Bar.at_most("fleet.household_seconds", float(np.median(seconds)), 5.0, unit="CPU s", compared_to="median"),
    ]


if __name__ == "__main__":
    for bar in bars():
        sys.stdout.write(f"{bar}\n")
