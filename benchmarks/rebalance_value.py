"""The value of rebalancing now: ``python -m benchmarks.rebalance_value rollouts|compare``, on invented worlds.

Problem: a learned trigger is worth what it adds over fixed thresholds on paths that it was not trained on. Decision:
``rollouts`` makes the table that the recipe trains on; ``compare`` replays the learned policy, the fixed thresholds and
the calendar from several starts in worlds of other seeds, and prints the table and the difference in after-tax wealth
with a bootstrap over starts. Limits: a smaller index than the sample's, constant rates, losses of use elsewhere, all
sold at the end; each world has its own names and its own path of the market (daily returns of the equally weighted
names of seeds 7 and 8 correlate by 0.10), but all share the generator's calendar of calm, crisis and bear months, so
that other seeds are no test on another kind of market.

The table of the recipe, ``models/recipes/rebalance_rollouts.csv``, is made by
``rollouts --seed 7 --seed 8 --seed 10 --most 74 --seed 11 --most 73 --out FILE`` (about four CPU minutes).

Measured (seed 9 with 5 starts, seed 12 with 4, a year each, a million USD; model of seeds 7, 8, 10, 11):
the learned policy does not beat fixed thresholds or the calendar in after-tax wealth. Against the thresholds -2,557 USD
(90 %: -4,641 to -340) and +1,233 (-3,289 to 5,564), against the calendar -5,938 (-11,356 to -519) and +6,198
(-1,231 to 13,574); tax alpha, which leaves the luck of active positions out, is 38 (20 to 59) and 22 (-12 to 48) bps
above the thresholds', 23 (2 to 46) above and 46 (-3 to 97) below the calendar's. It acts early about four times a year
and hopes for 3 to 5 bps each time; a tracking error of 80 bps hides that in fewer than some fifty starts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path

import benchmarks  # noqa: F401  (threads are limited before anything else)
from di_advisor.backtest.comparison import PolicyComparison, compare_policies
from di_advisor.backtest.rollouts import Rollout, RolloutPlan, rollouts, rollouts_frame
from di_advisor.backtest.sample_past import SamplePast, sample_past
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import DiAdvisorError
from di_advisor.policy.policies import policy_named
from di_advisor.units import TRADING_DAYS_PER_YEAR

_RATES = ConstantRates(short_term=0.408, long_term=0.238)
"""The top federal rates with net investment income tax, no state tax."""
_WALKS_OF_A_WORLD = 100
"""Seeds of the walks of one world begin this far from those of the next."""
_ORDER = (0, 6, 3, 8, 1, 5, 2, 7, 4)
"""Nine starts in an order in which the first few are spread over the world too."""
_BEFORE = ("monthly", "quarterly", "threshold", "annual")
_COLUMNS = (
    "vintages",
    "wealth_liquidation_usd",
    "wealth_step_up_usd",
    "tax_alpha_liquidation",
    "tax_alpha_step_up",
    "tracking_error_mean",
    "turnover_per_year",
    "cost_usd",
    "harvested",
    "washed",
    "proposals",
)


def _most(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count of rollouts: give 1 or more")
    return int(text)


class _OfSeed(argparse.Action):
    """Keeps a count for the seed that was named before it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002 - argparse's signature
    ) -> None:
        """Take one count."""
        if not namespace.seed:
            parser.error("--most comes after the --seed that it is for")
        setattr(namespace, self.dest, {**getattr(namespace, self.dest), namespace.seed[-1]: values})


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebalance_value", description="Value of acting now.")
    parser.add_argument("what", choices=("rollouts", "compare"))
    parser.add_argument("--seed", type=int, action="append", help="of a world; may be given more than once")
    parser.add_argument("--names", type=int, default=40, help="of the index")
    parser.add_argument("--walks", type=int, default=9, help="rollouts: walks in each world")
    parser.add_argument(
        "--most",
        type=_most,
        action=_OfSeed,
        default={},
        metavar="N",
        help="rollouts: of the seed named last, at most N",
    )
    parser.add_argument("--apart", type=int, default=95, help="rollouts: sessions from one start to the next")
    parser.add_argument("--sessions", type=int, default=150, help="rollouts: length of a walk")
    parser.add_argument("--vintages", type=int, default=5, help="compare: starts in each world")
    parser.add_argument("--years", type=float, default=1.0, help="compare: length of each replay")
    parser.add_argument("--policy", action="append", help="compare: default ml, threshold, monthly")
    parser.add_argument("--out", type=Path, help="rollouts: CSV file; compare: folder of finished replays")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Do what was asked; 1 where it fails."""
    asked = arguments(given)
    try:
        if asked.what == "rollouts":
            _roll(asked)
        else:
            for seed in asked.seed or [9]:
                _compare(asked, seed)
    except DiAdvisorError as error:
        _say(f"{error}")
        return 1
    return 0


def _roll(asked: argparse.Namespace) -> None:
    found: list[Rollout] = []
    for seed in asked.seed or [7, 8]:
        past = sample_past(seed, asked.names)
        for each in islice(_walks(past, seed, asked), asked.most.get(seed)):
            found.append(replace(each, walk=f"seed {seed}, {each.walk}"))
            if len(found) % 20 == 0:
                _say(f"{len(found)} rollouts, seed {seed}")
                rollouts_frame(found).to_csv(asked.out, index=False, float_format="%.10g")
    rollouts_frame(found).to_csv(asked.out, index=False, float_format="%.10g")


def _walks(past: SamplePast, seed: int, asked: argparse.Namespace) -> Iterator[Rollout]:
    """Rollouts of walks whose starts are spread over the world, each kept by another policy."""
    first = _after_days(past, 365)
    for n in range(asked.walks):
        start = first + (_ORDER[n] if asked.walks == len(_ORDER) else n) * asked.apart
        before = policy_named(_BEFORE[(n + seed) % len(_BEFORE)])
        sessions = past.sessions[start : start + asked.sessions]
        yield from rollouts(past, sessions, before, RolloutPlan(_RATES), seed=_WALKS_OF_A_WORLD * seed + n)


def _after_days(past: SamplePast, days: int) -> int:
    """Position of the first session so many days after the first one: the risk model needs a year before it."""
    return next(i for i, day in enumerate(past.sessions) if (day - past.sessions[0]).days >= days)


def _compare(asked: argparse.Namespace, seed: int) -> None:
    past = sample_past(seed, asked.names)
    first = _after_days(past, 366)
    length = round(asked.years * TRADING_DAYS_PER_YEAR)
    apart = (len(past.sessions) - 1 - first - length) // max(asked.vintages - 1, 1)
    starts = [past.sessions[first + k * apart] for k in range(asked.vintages)]
    names = asked.policy or ["ml", "threshold", "monthly"]
    compared = compare_policies(
        past,
        [policy_named(name) for name in names],
        starts,
        partial(_end, past, length),
        Mandate(tracking_error_max=0.03),
        TaxProfile(_RATES),
        ReplaySettings(risk_every_months=3),
        folder=asked.out,
        progress=lambda done, total: _say(f"{done} of {total} runs"),
    )
    _say(f"\n{past.label}, seed {seed}; starts {', '.join(map(str, starts))}; {asked.years:g} years each")
    _say(compared.table()[list(_COLUMNS)].round(4).to_string())
    for theirs in names[1:]:
        _tell(compared, names[0], theirs, seed)
    for name, sentence in compared.failures.items():
        _say(f"failed: {name}: {sentence}")


def _tell(compared: PolicyComparison, ours: str, theirs: str, seed: int) -> None:
    for figure in ("wealth_liquidation_usd", "wealth_step_up_usd", "tax_alpha_liquidation", "tax_alpha_step_up"):
        found = compared.difference(ours, theirs, figure, seed=seed)
        clear = "clear" if found.clear else "not told from zero"
        _say(
            f"{ours} less {theirs}, {figure}: {found.mean:,.5g}, {found.level:.2f} interval {found.low:,.5g} to "
            f"{found.high:,.5g} over {found.vintages} starts: {clear}"
        )
    dearest = sum(r.results.over_cap for r in compared.of(ours))
    _say(f"{ours}: {dearest} proposals left the account over its cap")


def _end(past: SamplePast, length: int, start: date) -> date:
    at = past.sessions.index(start)
    return past.sessions[min(at + length, len(past.sessions) - 1)]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
