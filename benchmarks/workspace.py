"""Questions to a workspace: one dial moved, from the warm signals to whole shares with reasons, and "why not".

The whole answer is timed: formulation, the search over sides with its certificate, rounding, explanation. Accounts come
from the committed generator; the sample is measured against a proposal that estimates everything again.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from di_advisor.advisor import Advisor
from di_advisor.domain.mandate import Band, Mandate, Rounding
from di_advisor.domain.portfolio import Account, Portfolio
from di_advisor.domain.target import Target
from di_advisor.errors import DiAdvisorError
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.why_not import why_not
from di_advisor.testing.random_cases import random_case
from di_advisor.workspace import Workspace

__all__ = ["AREA", "bars"]

AREA = "optimizer"

_NAMES = 500
_LOTS_A_NAME = 6
_STYLES = 13
_ASKED = 40


def _workspace(seed: int, rounding: Rounding) -> Workspace:
    case = random_case(seed, names=_NAMES, lots_a_name=_LOTS_A_NAME, styles=_STYLES)
    mandate = case.mandate.with_changes(tracking_error_max=None, rounding=rounding)
    account, market = case.signals.account, case.signals.market
    weights = dict(zip(market.universe.security_ids, account.target_weight.tolist(), strict=True))
    portfolio = Portfolio("random", (Account("random", account.lots),))
    return Workspace(portfolio, Target.single("index", weights, market.as_of), mandate, case.tax, case.signals)


def _dial(seeds: range, rounding: Rounding) -> list[float]:
    """Median CPU seconds of a dial moved, one a seed: every run asks for a value that was not asked before."""
    seconds = []
    for seed in seeds:
        workspace = _workspace(seed, rounding)
        steps = iter(range(1, 100))
        try:
            workspace.propose()
            seconds.append(median_cpu_seconds(partial(_turn, workspace, steps), repeats=3))
        except DiAdvisorError:
            continue
    return seconds


def _turn(workspace: Workspace, steps: Iterator[int]) -> None:
    workspace.what_if(risk_aversion=workspace.mandate.risk_aversion * (1.2 + 0.001 * next(steps)))


def _questions(seeds: range) -> list[float]:
    """CPU seconds of each forced trade of the first names, one median a seed."""
    seconds = []
    for seed in seeds:
        workspace = _workspace(seed, Rounding.FRACTIONAL)
        clock = Clock(silent)
        planned = plan_for(workspace.signals, workspace.mandate, workspace.tax, clock, never)
        names = workspace.signals.market.universe.security_ids[:_ASKED]
        forced = sum(r.order_usd is not None for name in names for r in why_not(planned, name))
        seconds.append(median_cpu_seconds(partial(_ask_all, planned, names), repeats=1) / forced)
    return seconds


def _ask_all(planned: Planned, names: Sequence[str]) -> None:
    for name in names:
        why_not(planned, name)


def _against_a_new_proposal() -> float:
    """CPU of a new proposal over that of the same dial in a workspace, on the sample's seasoned account."""
    from di_advisor import sample

    world = sample.load()
    mandate = Mandate(tracking_error_max=0.01, sector_band=Band.within(0.02), min_trade_usd=Decimal(500))
    facts: dict[str, Any] = {
        "market": world.market(),
        "target": world.target,
        "tax": world.tax,
        "returns": world.returns,
        "exposures": world.exposures,
    }
    portfolio = world.portfolios["seasoned"]
    workspace = Advisor().workspace(portfolio, mandate=mandate, **facts)
    caps = iter(0.0101 + 0.0001 * i for i in range(100))
    warm = median_cpu_seconds(lambda: workspace.what_if(tracking_error_max=next(caps)), repeats=3)
    anew = median_cpu_seconds(lambda: Advisor().propose(portfolio, mandate=mandate, **facts), repeats=3)
    return anew / warm


def bars() -> list[Bar]:
    """CPU seconds of a dial and of a question, and what the workspace saves."""
    fractional, whole = _dial(range(100, 108), Rounding.FRACTIONAL), _dial(range(100, 108), Rounding.WHOLE_SHARES)
    where = f"{_NAMES} names, {_NAMES * _LOTS_A_NAME} lots, 20 factors"
    return [
        Bar.at_most(
            "optimizer.workspace_dial_cpu",
            statistics.median(fractional),
            0.120,
            unit="CPU s",
            compared_to=f"target of the search; {where}, {len(fractional)} mandates, with reasons, fractional",
        ),
        Bar.at_most(
            "optimizer.workspace_dial_whole_shares_cpu",
            statistics.median(whole),
            0.300,
            unit="CPU s",
            compared_to=f"target with whole shares; {where}, {len(whole)} mandates, with reasons",
        ),
        Bar.at_most(
            "optimizer.why_not_cpu",
            statistics.median(_questions(range(100, 104))),
            0.005,
            unit="CPU s",
            compared_to="target: 200 exact counterfactuals in a second; one forced trade",
        ),
        Bar.at_least(
            "optimizer.workspace_saves",
            _against_a_new_proposal(),
            1.5,
            unit="ratio",
            compared_to="a new proposal, estimates of risk and cost included, over a dial moved; sample",
        ),
    ]
