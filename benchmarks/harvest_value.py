"""What the harvest model is worth: on real prices against rules of thumb, and on unseen clients against the program.

``python -m benchmarks.harvest_value --prices FILE [FILE ...] [--seed S] [--years Y] [--every W] [--clients N]``
prints, for a client with short-term gains (40.8 / 23.8 %) and one with long-term gains only, the present value over
never harvesting in bps of the first dollar a year: taxed at the end, and with a step-up; harvests a lot and year; and
the difference to the model with its 95 % interval by block bootstrap over start dates. Then the regret of the learned
stand-in on clients it has not seen. Price files have the columns date, ticker and close or adj_close.

Limits: as in `benchmarks.harvest_rollout`. The margin of two basis points was chosen after seeing how many harvests
the program makes on both files; it lowers the model's value, so it flatters only the count.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import Bar
from benchmarks.harvest_rollout import (
    Outcome,
    WeeklyPrices,
    block_interval,
    model_policy,
    read_weekly,
    roll,
    threshold_policies,
)
from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_models.harvest.profiles import label, sample_cases
from di_models.harvest.program import Grid, solve, value_bps_per_year
from di_models.harvest.rules import never, rules_of_thumb
from di_models.harvest.surrogate import HarvestSurrogate, surrogate_rule

__all__ = ["AREA", "MODEL", "Regret", "bars", "main", "measure_regret", "rollout", "rollout_table", "verdict"]

AREA = "learning"

MODEL = "model"
"""The exact program with its margin."""

_ROOT = Path(__file__).resolve().parents[1]
_COST = 0.001
_MARGIN = 0.0002
_DISCOUNT = 0.05
_WARM_UP_WEEKS = 13
_STEP_DAYS = 28
_GRID = Grid(nodes=205)
_FILES = {
    "2013": ("sp500_pit_wiki_adj_2013_2018.parquet",),
    "2016": ("sp500_yahoo_2016_2022.parquet", "sp500_leavers_fill_2016_2022.parquet"),
}


@dataclass(frozen=True)
class Regret:
    """Unseen clients, values in bps a year over never harvesting; arrays of shape (clients,).

    Attributes
    ----------
    program, gated, ungated : ndarray
        The exact program, the stand-in with its margin, and on its middle prediction.
    rules : dict of str to ndarray
        Rules of thumb.
    """

    program: FloatArray
    gated: FloatArray
    ungated: FloatArray
    rules: dict[str, FloatArray]


def clients(years: float) -> dict[str, ClientProfile]:
    """The clients of the table."""
    rest = {"horizon_years": years, "discount_per_year": _DISCOUNT}
    return {
        "short-term gains": ClientProfile(0.408, 0.238, **rest),
        "long-term gains only": ClientProfile(0.238, 0.238, **rest),
    }


def rollout(prices: WeeklyPrices, client: ClientProfile, *, every_weeks: int) -> dict[str, Outcome]:
    """All policies of the table from every start date; the last is the program without its margin."""
    weeks = round(client.horizon_years * 52)
    starts = range(_WARM_UP_WEEKS, len(prices.weeks) - weeks, every_weeks)
    policies = {
        **threshold_policies(client, _COST),
        MODEL: model_policy(client, _COST, margin=_MARGIN),
        "no margin": model_policy(client, _COST),
    }
    return roll(prices, client, policies, cost=_COST, starts=starts)


def rollout_table(found: dict[str, Outcome], *, seed: int) -> str:
    """The table of one client as text."""
    lines = ["policy      taxed at end  step-up  harvests  model less this (95 %)"]
    model = found[MODEL].liquidated
    lines.append(f"{'never':<12}{0.0:>12.1f}{0.0:>9.1f}{0.0:>10.2f}")
    for name, each in found.items():
        low, high = _interval(model - each.liquidated, seed)
        difference = "" if name == MODEL else f"  {np.mean(model - each.liquidated):+.1f} [{low:+.1f}, {high:+.1f}]"
        lines.append(
            f"{name:<12}{each.liquidated.mean():>12.1f}{each.stepped_up.mean():>9.1f}"
            f"{each.harvests_per_lot_year:>10.2f}{difference}"
        )
    return "\n".join(lines)


def verdict(found: dict[str, Outcome], *, seed: int) -> str:
    """Which of the three demands on the model hold for one client, each with its figure."""
    return "\n".join(
        f"{'holds' if bar.holds else 'does NOT hold'}: {bar.compared_to}, {bar.value:+.2f} {bar.unit}"
        for bar in _rollout_bars("", found, seed=seed)
    )


def measure_regret(*, seed: int, trained_on: int, tested_on: int, rounds: int = 500) -> Regret:
    """Train the stand-in on sampled clients and value it on others by the program's own pass, reviews every 28 days."""
    labels = label(sample_cases(trained_on, seed=seed), step_days=_STEP_DAYS, seed=seed + 1, grid=_GRID)
    model = HarvestSurrogate(step_days=_STEP_DAYS, rounds=rounds, seed=seed).fit(labels)
    rows: list[list[float]] = []
    names: list[str] = []
    for case in sample_cases(tested_on, seed=seed + 1_000_003):
        thumbs = {k: r for k, r in rules_of_thumb(case.profile, case.market).items() if k != "never"}
        rules = [surrogate_rule(model, case, _GRID, gated=g) for g in (True, False)]
        solved = [
            solve(case.profile, case.market, step_days=_STEP_DAYS, grid=_GRID, rule=r)
            for r in (never, None, *rules, *thumbs.values())
        ]
        rows.append([value_bps_per_year(p, solved[0]) for p in solved[1:]])
        names = list(thumbs)
    table = np.array(rows)
    return Regret(table[:, 0], table[:, 1], table[:, 2], {n: table[:, 3 + j] for j, n in enumerate(names)})


def bars() -> list[Bar]:
    """Regret on unseen clients, and the rollout where the folder of shared input is present."""
    regret = measure_regret(seed=1, trained_on=400, tested_on=60)
    _say(_regret_table(regret))
    found = _regret_bars(regret)
    folder = Path(os.environ.get("DI_SHARED", _ROOT.parent / "shared")) / "data" / "prices"
    for name, files in _FILES.items():
        if all((folder / f).is_file() for f in files):
            prices = read_weekly([folder / f for f in files])
            client = clients(3.0)["short-term gains"]
            rolled = rollout(prices, client, every_weeks=6)
            _say(f"\n{_setting(prices, 3.0)}\n{rollout_table(rolled, seed=1)}")
            found += _rollout_bars(name, rolled, seed=1)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.harvest_value", description="Harvest policies compared."
    )
    parser.add_argument("--prices", type=Path, nargs="+", metavar="FILE", help="Parquet of daily prices")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--years", type=float, default=3.0, help="horizon of each start date")
    parser.add_argument("--every", type=int, default=4, metavar="WEEKS", help="between start dates")
    parser.add_argument("--clients", type=int, default=60, help="unseen clients of the regret; 0 leaves it out")
    chosen = parser.parse_args(arguments)
    if chosen.every < 1 or chosen.years <= 0 or chosen.clients < 0:
        parser.error("--every is at least 1, --years more than 0, --clients not below 0")
    if chosen.prices:
        try:
            prices = read_weekly(chosen.prices)
        except InputError as e:
            parser.error(str(e))
        if len(prices.weeks) <= _WARM_UP_WEEKS + round(chosen.years * 52):
            parser.error(f"the files hold {len(prices.weeks)} weeks, too few for --years {chosen.years:g}")
        _say(_setting(prices, chosen.years))
        for name, client in clients(chosen.years).items():
            rolled = rollout(prices, client, every_weeks=chosen.every)
            _say(f"\n{name}\n" + rollout_table(rolled, seed=chosen.seed))
            _say(verdict(rolled, seed=chosen.seed))
        windows = (len(prices.weeks) - _WARM_UP_WEEKS) / (chosen.years * 52)
        _say(
            f"\nThe file holds {windows:.1f} windows of {chosen.years:g} years that do not overlap: more start dates "
            "add overlap, not power,\nand an interval over them is rather too narrow than too wide."
        )
    if chosen.clients:
        regret = measure_regret(seed=chosen.seed, trained_on=400, tested_on=chosen.clients)
        _say("\n" + _regret_table(regret))
    return 0


def _setting(prices: WeeklyPrices, years: float) -> str:
    return (
        f"{len(prices.names)} names, {prices.weeks[0]} to {prices.weeks[-1]}, horizon {years:g} years,\n"
        f"reviewed weekly, cost {_COST:.2%} a harvest, lock of five weeks; bps of the first dollar a year."
    )


def _regret_table(regret: Regret) -> str:
    columns = {"program": regret.program, "learned, gated": regret.gated, "learned": regret.ungated, **regret.rules}
    lines = [
        f"{len(regret.program)} unseen clients, bps a year",
        "policy              mean   regret    worst   lowest value",
    ]
    for name, values in columns.items():
        lost = regret.program - values
        lines.append(f"{name:<16}{values.mean():>8.1f}{lost.mean():>9.2f}{lost.max():>9.2f}{values.min():>12.1f}")
    return "\n".join(lines)


def _regret_bars(regret: Regret) -> list[Bar]:
    lost = regret.program - regret.gated
    best = min(float((regret.program - v).mean()) for v in regret.rules.values())
    count = f"{len(lost)} unseen clients, half of them in the corners"
    worst, to_rule = float(regret.gated.min()), float(lost.mean()) / best
    unit = "bps/yr"
    return [
        Bar.at_most("learning.harvest_regret", lost.mean(), 2.5, unit=unit, compared_to=f"exact program, {count}"),
        Bar.at_most("learning.harvest_regret_ratio", to_rule, 0.5, unit="ratio", compared_to="regret of the best rule"),
        Bar.at_least("learning.harvest_worst", worst, 0.0, unit=unit, compared_to=f"never harvesting, {count}"),
    ]


def _rollout_bars(name: str, found: dict[str, Outcome], *, seed: int) -> list[Bar]:
    model = found[MODEL]
    rules = {k: v for k, v in found.items() if k not in (MODEL, "no margin")}
    best = max(rules, key=lambda k: float(rules[k].liquidated.mean()))
    above_best = _interval(model.liquidated - rules[best].liquidated, seed)[1]
    above_ten = _interval(model.liquidated - rules["-10 %"].liquidated, seed)[0]
    share = model.harvests_per_lot_year / rules["any loss"].harvests_per_lot_year
    prefix = f"learning.harvest_{name}"
    against = f"upper bound of model less {best}, the best rule"
    return [
        Bar.at_least(f"{prefix}_best", above_best, 0.0, unit="bps/yr", compared_to=against),
        Bar.at_least(f"{prefix}_ten", above_ten, 0.0, unit="bps/yr", compared_to="lower bound of model less -10 %"),
        Bar.at_most(f"{prefix}_harvests", share, 0.6, unit="ratio", compared_to="harvests of any loss"),
    ]


def _interval(values: FloatArray, seed: int) -> tuple[float, float]:
    return block_interval(values, block=max(len(values) // 6, 1), seed=seed)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
