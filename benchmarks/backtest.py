"""Policies on real history: ``python -m benchmarks.backtest --data DIR``, any folder of the documented form.

Problem: what is said of rebalancing must be shown on prices that happened, after tax and cost. Decision: the advisor
that people use is replayed from many vintages under each policy on the folder's point-in-time members; what was
replayed is kept, so that the comparison can go on after an interruption, and the tables are made from the files.
Limits: not in CI (the folder is not part of the repository); weights are proxies (``--weights``); half-spreads are an
assumption; losses meet gains outside the account unless ``--losses carried``. What ``ml`` asks was learned on invented
worlds: no row of the folder is in it, but those worlds have the volatilities and correlations published for large US
names of 2016 to 2022.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np

import benchmarks  # noqa: F401  (threads are limited before anything else)
from benchmarks.past_folder.open_past import exchange_sessions, open_past
from benchmarks.past_folder.tables import all_tables
from benchmarks.past_folder.weights import WeightKind
from di_advisor.backtest.comparison import PolicyComparison, compare_policies
from di_advisor.backtest.conservation import check_conservation
from di_advisor.backtest.past import Past
from di_advisor.backtest.settings import LossUse, ReplaySettings
from di_advisor.backtest.unfinished import NOT_RUN, unfinished
from di_advisor.backtest.vintages import Vintage, vintage_grid
from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import ConservationError, DiAdvisorError, InputError
from di_advisor.policy.policies import POLICIES, Policy, policy_named
from di_advisor.policy.triggers import LearnedValue
from di_advisor.registry import harvest_model
from di_advisor.signals.waiting import Harvesting, HarvestUse

_TAX = TaxProfile(ConstantRates(short_term=0.408, long_term=0.238))
"""The top federal rates with net investment income tax, no state tax."""

_WASH = {"on": (True,), "off": (False,), "both": (True, False)}
_OURS = ("rested", "opportunistic")
"""Ours is the first of these that was run, or the first that was asked for: chosen on the sample, not the folder."""
_RIPE = "ripe"
"""``threshold`` for an advisor that takes only losses which the exact program would take: chosen on the sample."""
_REVIEW_DAYS = 7
_SHORTEST_YEARS = 2
_REASONS = 6
_QUARTERLY = "quarterly"
_BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024
_BYTES_PER_MB = 2**20


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says; finished runs are looked for in a folder that is named."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backtest", description="Compare rebalancing policies on real history."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with prices/, index/ and corporate_actions/")
    parser.add_argument("--start", type=date.fromisoformat, default=date(2014, 1, 2), help="first vintage")
    parser.add_argument("--end", type=date.fromisoformat, default=date(2022, 12, 30), help="last day of all runs")
    parser.add_argument(
        "--policy",
        action="append",
        choices=(*POLICIES, "ml", _RIPE),
        help=f"may be given more than once; default: all but ml and {_RIPE}",
    )
    parser.add_argument("--names", type=int, help="only the largest names by dollar volume as known at the start")
    parser.add_argument(
        "--vintages", type=_count, default=_QUARTERLY, help="quarterly, or of how many quarters, evenly spread"
    )
    parser.add_argument("--years", type=_years, help="length of each run; to the end when left out")
    parser.add_argument(
        "--wash", choices=tuple(_WASH), default="on", help="with the law of wash sales, without, or both"
    )
    parser.add_argument("--weights", choices=[k.value for k in WeightKind], default=WeightKind.VOLUME.value)
    parser.add_argument("--losses", choices=[u.value for u in LossUse], default=LossUse.ELSEWHERE.value)
    parser.add_argument("--cap", type=float, default=0.02, help="largest tracking error, a fraction a year")
    parser.add_argument("--into", type=Path, help="folder of finished replays; what is there is not run again")
    parser.add_argument(
        "--finished",
        action="store_true",
        help="run nothing: the tables of what is finished --into, of any number of vintages",
    )
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=7, help="of the bootstrap")
    asked = parser.parse_args(given)
    if asked.finished and asked.into is None:
        parser.error("--finished needs --into, the folder of what is finished")
    return asked


def _years(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of years: give 1 or more")
    return int(text)


def _count(text: str) -> str:
    if text != _QUARTERLY and (not text.isdecimal() or int(text) < 1):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of vintages: give {_QUARTERLY}, or 1 or more")
    return text


def vintages(start: date, end: date, how: str, years: int | None) -> list[date]:
    """First sessions of the vintages: of each quarter, or of a number of quarters evenly spread.

    Few vintages are some of the quarterly ones, so that a policy run on few is compared with one run on all over the
    starts they share. The last one leaves room for the length of a run, or two years where runs go to the end.

    Raises
    ------
    InputError
        If the period has no session, or is shorter than a run.
    """
    room = years or _SHORTEST_YEARS
    if start > end or (years and _until(start, end=date.max, years=years) > end):
        raise InputError(
            f"From {start} to {end} there is no room for a run{f' of {years} years' if years else ''}.",
            hint="Give a later --end, an earlier --start, or fewer --years.",
        )
    sessions = exchange_sessions(start, date(end.year - room, end.month, min(end.day, 28)))
    quarters = [(d.year, (d.month - 1) // 3) for d in sessions]
    firsts = [d for k, d in enumerate(sessions) if k == 0 or quarters[k] != quarters[k - 1]]
    if how == _QUARTERLY:
        return firsts
    at = np.linspace(0, len(firsts) - 1, int(how)).round().astype(int)
    return [firsts[k] for k in dict.fromkeys(at.tolist())]


def main(given: Sequence[str] | None = None) -> int:
    """Run what is missing, print the tables; exit code 1 where a run failed or the input is wrong."""
    asked = arguments(given)
    try:
        return _compare(asked)
    except DiAdvisorError as error:
        _say(f"{error}")
        return 1


def _compare(asked: argparse.Namespace) -> int:
    opened = partial(
        open_past, asked.data, start=asked.start, end=asked.end, names=asked.names, weights=WeightKind(asked.weights)
    )
    past = opened()
    _say(past.label)
    _say(past.quality.text())
    quarters = [f"{day}: {there}/{listed}" for day, listed, there in past.coverage() if day >= asked.start]
    _say(f"members with a price: {', '.join(quarters[::4])}")
    groups = _asked(asked.policy or POLICIES)
    for sentence in models_asked([p for policies, _ in groups for p in policies]):
        _say(sentence)
    starts = vintages(asked.start, asked.end, asked.vintages, asked.years)
    mandate = Mandate(tracking_error_max=asked.cap)
    told = ReplaySettings(loss_use=LossUse(asked.losses), nears_cap=True)
    wash, until = _WASH[asked.wash], partial(_until, end=asked.end, years=asked.years)
    groups = [
        (policies, harvest)
        for policies, harvest in groups
        if _goes_on(
            past,
            vintage_grid(starts, until, policies, mandate, _TAX, replace(told, harvest=harvest), wash_sales=wash),
            asked,
        )
    ]
    if not groups:
        raise InputError(
            f"None of the runs that are asked for is finished in {asked.into}.",
            hint="Ask with the settings they were run with, as told above, or leave --finished out to run them.",
        )
    compared = _both(
        [
            compare_policies(
                opened if asked.workers > 1 else past,
                policies,
                starts,
                until,
                mandate,
                _TAX,
                replace(told, harvest=harvest),
                wash_sales=wash,
                folder=asked.into,
                workers=asked.workers,
                progress=lambda done, total: _say(f"{done} of {total} runs"),
                cancel=lambda: asked.finished,
            )
            for policies, harvest in groups
        ]
    )
    ours = next((p for p in _OURS if p in compared.policies), compared.policies[0])
    _say(all_tables(compared, ours=ours, years=asked.years or _SHORTEST_YEARS, seed=asked.seed))
    conserved = _conserved(compared, past)
    _say(f"{process_time():.0f} CPU s in this process, at most {_peak_mb():.0f} MB of memory.")
    for name, sentence in compared.failures.items():
        _say(f"failed: {name}: {sentence}")
    return 1 if compared.failures or not conserved else 0


def _asked(names: Sequence[str]) -> list[tuple[list[Policy], Harvesting | None]]:
    """Policies with what their advisor is told of harvesting."""
    plain: list[Policy] = [policy_named(p) for p in names if p != _RIPE]
    groups: list[tuple[list[Policy], Harvesting | None]] = [(plain, None)] if plain else []
    if _RIPE in names:
        rates = _TAX.rates
        client = ClientProfile(rates.short_term, rates.long_term, rates.short_term, rates.long_term)
        model = harvest_model("program", review_days=_REVIEW_DAYS)
        ripe = replace(policy_named("threshold"), name=_RIPE)
        groups.append(([ripe], Harvesting(model, client, _REVIEW_DAYS, HarvestUse.RIPE)))
    return groups


def models_asked(policies: Sequence[Policy]) -> list[str]:
    """Which learned model a policy asks, and what that was learned on."""
    return [f"{p.name} asks: {t.model.provenance}" for p in policies for t in p.triggers if isinstance(t, LearnedValue)]


def _goes_on(past: Past, runs: Sequence[Vintage], asked: argparse.Namespace) -> bool:
    """Say which runs the folder has no result of, and why; whether there is something to compare or to run."""
    if asked.into is None:
        return True
    missing = unfinished(past, runs, asked.into)
    by_reason: dict[str, list[str]] = {}
    for name, why in missing.items():
        by_reason.setdefault(why, []).append(name)
    told = [(why, names) for why, names in by_reason.items() if why != NOT_RUN or asked.finished]
    for why, names in told[:_REASONS]:
        _say(f"{len(names)} of {len(runs)} runs are not there, such as {names[0]}: {why}")
    if len(told) > _REASONS:
        _say(f"{sum(len(names) for _, names in told[_REASONS:])} more are not there, each for reasons of its own")
    return not asked.finished or len(missing) < len(runs)


def _both(found: Sequence[PolicyComparison]) -> PolicyComparison:
    """One comparison of all."""
    failures = {name: sentence for each in found for name, sentence in each.failures.items()}
    return PolicyComparison(found[0].past, tuple(r for each in found for r in each.runs), failures)


def _until(start: date, *, end: date, years: int | None) -> date:
    return end if years is None else min(end, date(start.year + years, start.month, min(start.day, 28)))


def _conserved(compared: PolicyComparison, past: Past) -> bool:
    """Say whether cash, shares and lots of every run follow from its journal, to the cent."""
    broken, sessions, blank = [], 0, 0
    for r in compared.runs:
        try:
            found = check_conservation(r.replayed, past, wash_sales=r.run.settings.wash_sales)
        except ConservationError as error:
            broken.append(f"{r.run.name}: {error}")
        else:
            sessions, blank = sessions + found.sessions, blank + found.unchecked
    _say(f"\nCash, shares and lots follow from the journal to the cent in {len(compared.runs) - len(broken)} of "
         f"{len(compared.runs)} runs, on {sessions:,} sessions; {blank:,} of these are of files without fingerprints "
         "of shares, whose value and cash were checked.")  # fmt: skip
    for sentence in broken:
        _say(sentence)
    return not broken


def _peak_mb() -> float:
    """Most memory that this process held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_PER_UNIT / _BYTES_PER_MB


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
