"""Policies on real history: ``python -m benchmarks.backtest --data DIR``, any folder of the documented form.

Problem: what is said of rebalancing must be shown on prices that happened, after tax and cost. Decision: the advisor
that people use is replayed from many vintages under each policy on the folder's point-in-time members; what was
replayed is kept, so that the comparison can go on after an interruption, and the tables are made from the files.
Limits: not in CI (the folder is not part of the repository); weights are proxies (``--weights``); half-spreads are an
assumption; losses meet gains outside the account unless ``--losses carried``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

import benchmarks  # noqa: F401  (threads are limited before anything else)
from benchmarks.past_folder.figures import RunFigures, figures_of
from benchmarks.past_folder.open_past import exchange_sessions
from benchmarks.past_folder.runs import World, all_runs, carry_out, stored_run
from benchmarks.past_folder.tables import cadence_table, decay_table, difference_table, measures_table, wash_table
from benchmarks.past_folder.weights import WeightKind
from di_advisor.backtest.settings import LossUse
from di_advisor.errors import DiAdvisorError
from di_advisor.policy.policies import POLICIES

_WASH = {"on": (True,), "off": (False,), "both": (True, False)}
_OURS = "opportunistic"
_SHORTEST_YEARS = 2


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backtest", description="Compare rebalancing policies on real history."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with prices/, index/ and corporate_actions/")
    parser.add_argument("--start", type=date.fromisoformat, default=date(2014, 1, 2), help="first vintage")
    parser.add_argument("--end", type=date.fromisoformat, default=date(2022, 12, 30), help="last day of all runs")
    parser.add_argument("--policy", action="append", choices=POLICIES, help="may be given more than once; default: all")
    parser.add_argument("--names", type=int, help="only the largest names by dollar volume as known at the start")
    parser.add_argument("--vintages", default="quarterly", help="quarterly, or how many, evenly spread")
    parser.add_argument("--years", type=int, help="length of each run; to the end when left out")
    parser.add_argument(
        "--wash", choices=tuple(_WASH), default="on", help="with the law of wash sales, without, or both"
    )
    parser.add_argument("--weights", choices=[k.value for k in WeightKind], default=WeightKind.VOLUME.value)
    parser.add_argument("--losses", choices=[u.value for u in LossUse], default=LossUse.ELSEWHERE.value)
    parser.add_argument("--cap", type=float, default=0.02, help="largest tracking error, a fraction a year")
    parser.add_argument("--into", type=Path, help="folder of finished replays; what is there is not run again")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=7, help="of the bootstrap")
    return parser.parse_args(given)


def vintages(start: date, end: date, how: str, years: int | None) -> list[date]:
    """First sessions of the vintages: of each quarter, or a number of them evenly spread.

    The last one leaves room for the length of a run, or two years where runs go to the end.
    """
    room = years or _SHORTEST_YEARS
    sessions = exchange_sessions(start, date(end.year - room, end.month, min(end.day, 28)))
    if how == "quarterly":
        quarters = [(d.year, (d.month - 1) // 3) for d in sessions]
        return [d for k, d in enumerate(sessions) if k == 0 or quarters[k] != quarters[k - 1]]
    at = np.linspace(0, len(sessions) - 1, int(how)).round().astype(int)
    return [sessions[k] for k in dict.fromkeys(at.tolist())]


def main(given: Sequence[str] | None = None) -> int:
    """Run what is missing, print the tables; exit code 1 where a run failed or the input is wrong."""
    asked = arguments(given)
    try:
        return _compare(asked)
    except DiAdvisorError as error:
        _say(f"{error}")
        return 1


def _compare(asked: argparse.Namespace) -> int:
    world = World(
        data=str(asked.data.resolve()),
        start=asked.start.isoformat(),
        end=asked.end.isoformat(),
        names=asked.names,
        weights=asked.weights,
        losses=asked.losses,
        tracking_error_max=asked.cap,
    )
    past = world.open()
    _say(past.label)
    _say(past.quality.text())
    quarters = [f"{day}: {there}/{listed}" for day, listed, there in past.coverage() if day >= asked.start]
    _say(f"members with a price: {', '.join(quarters[::4])}")
    starts = vintages(asked.start, asked.end, asked.vintages, asked.years)
    runs = all_runs(asked.policy or POLICIES, starts, asked.end, asked.years, _WASH[asked.wash])
    folder = asked.into or Path(tempfile.mkdtemp(prefix="backtest-"))
    failed = carry_out(world, runs, folder, asked.workers, _say, past)
    figures = []
    for run in runs:
        replayed = stored_run(folder, run)
        if replayed is not None:
            figures.append(figures_of(world, run, replayed))
    if figures:
        _say(tables(figures, asked.cap, asked.seed, _overlap(starts, asked.years)))
    for sentence in failed:
        _say(f"failed: {sentence}")
    return 1 if failed or not figures else 0


def _overlap(starts: Sequence[date], years: int | None) -> int:
    """Vintages that a run overlaps with, for the blocks of the bootstrap."""
    if len(starts) < 2:
        return 1
    apart = (starts[-1] - starts[0]).days / (len(starts) - 1)
    return max(1, round((years or _SHORTEST_YEARS) * 365.25 / apart))


def tables(figures: Sequence[RunFigures], cap: float, seed: int, block: int) -> str:
    """All tables that the figures allow."""
    parts = []
    for wash in (True, False):
        if any(f.run.wash_sales is wash for f in figures):
            law = "with" if wash else "without"
            parts.append(f"\nMeasures {law} the law of wash sales (means over vintages, a year)\n")
            parts.append(measures_table([f for f in figures if f.run.wash_sales is wash], cap, wash=wash))
    parts += ["\nTax alpha by cadence, beside published figures\n", cadence_table(figures)]
    if {f.run.wash_sales for f in figures} == {True, False}:
        parts += ["\nWash sales\n", wash_table(figures)]
    lawful = any(f.run.wash_sales for f in figures)
    parts += ["\nLosses harvested by age of the vintage, % of starting capital\n", decay_table(figures, wash=lawful)]
    if lawful and any(f.run.policy == _OURS for f in figures):
        parts += ["\nOurs against the others\n", difference_table(figures, _OURS, block=block, seed=seed)]
    return "\n".join(parts)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
