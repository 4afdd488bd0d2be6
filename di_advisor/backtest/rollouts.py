"""Rollouts: what rebalancing on a day turned out to be worth against waiting, on the same path of prices.

Problem: the value of acting now cannot be read from a history in which one of both was done. Decision: a replay is
walked along; on some days it branches in two copies of the account: one rebalances today, both rebalance
``wait_sessions`` later, and the difference of what they are then worth is the label. Worth is value less tax: of gains
realised meanwhile at the rates of their term, of open gains at a stated later rate; less the mandate's price of active
risk for the days in between. Both branches live on the same prices (common random numbers). What the market did to
the difference of their holdings is kept apart and left out of the label: it is noise of many times the label's size,
and its mean is zero where active positions are not bets. Limits: constant rates, losses of use elsewhere; one wait;
worth is taken right after the common rebalance, so nothing later is credited to either branch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.advisor import Advisor
from di_advisor.backtest.past import Past
from di_advisor.backtest.record import DayRow
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.walk import Walk
from di_advisor.domain.amounts import Exact
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.rebalance_state import FEATURES, RebalanceState
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.execution.jobs import never
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.policies import Policy
from di_advisor.policy.triggers import Reading, TriggerState
from di_advisor.policy.triggers.state import rebalance_state
from di_advisor.policy.triggers.trigger import ONCE, Gate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rollout", "RolloutPlan", "Worth", "rollouts", "rollouts_frame", "worth_usd"]

_DAYS_PER_YEAR = 365.0


@dataclass(frozen=True)
class RolloutPlan:
    """What is compared, and for whom.

    Attributes
    ----------
    rates : ConstantRates
        Of gains realised on the way; losses meet gains elsewhere.
    later_rate : float
        Rate of gains that are open at the end, the delay until they are sold counted in.
    wait_sessions : int
        From today to the rebalance of both branches.
    first_session, every_sessions : int
        When a walk branches for the first time, and how often: every so many sessions, up to half as many more.
    mandate : Mandate
        The wishes; its price of risk is the label's.
    cash_usd : Decimal
        What the account is opened with.
    """

    rates: ConstantRates
    later_rate: float = 0.15
    wait_sessions: int = 10
    first_session: int = 5
    every_sessions: int = 10
    mandate: Mandate = Mandate(tracking_error_max=0.03)  # noqa: RUF009 - frozen
    cash_usd: Exact = Decimal(1_000_000)

    def __post_init__(self) -> None:
        if self.wait_sessions < 1 or self.every_sessions < 1 or self.first_session < 1:
            raise InputError("A rollout waits and branches after one session or more.", hint="Give 1 or more.")
        if not 0 <= self.later_rate < 1:
            raise InputError(f"The later rate is {self.later_rate}.", hint="Give a fraction in [0, 1).")


@dataclass(frozen=True, slots=True)
class Rollout:
    """One account on one day, and what acting on it was worth; fractions of the account's value.

    Attributes
    ----------
    walk : str
        Which path and which policy came before.
    day : date
        The day.
    value_usd : float
        Of the account.
    state : RebalanceState
        What was known.
    tax, cost, risk : float
        Parts of the label: less tax, less cost and less risk by acting are positive.
    market : float
        Difference that prices made to the holdings meanwhile, after the later tax; not in the label.
    index_move : float
        Return of the index from the day's close to the common rebalance: luck that a learner may take out.
    """

    walk: str
    day: date
    value_usd: float
    state: RebalanceState
    tax: float
    cost: float
    risk: float
    market: float
    index_move: float

    @property
    def label(self) -> float:
        """Value of acting today against waiting."""
        return self.tax + self.cost + self.risk


def rollouts(
    past: Past,
    sessions: Sequence[date],
    before: Policy,
    plan: RolloutPlan,
    *,
    seed: int,
    advisor: Advisor | None = None,
    cancel: Callable[[], bool] = never,
) -> Iterator[Rollout]:
    """Branch a walk on some of its days.

    Parameters
    ----------
    past : Past
        The world.
    sessions : sequence of date
        Of the walk; the account is opened on the first.
    before : Policy
        What the account is kept by until a branch, and after it on the trunk.
    plan : RolloutPlan
        What is compared.
    seed : int
        Of the days on which it branches.
    advisor : Advisor, optional
        With the models to use.
    cancel : callable
        Asked before each session; where it says so, the rollouts end.

    Raises
    ------
    InputError
        If there are too few sessions for one branch.
    """
    if len(sessions) < plan.first_session + plan.wait_sessions + 1:
        raise InputError(f"{len(sessions)} sessions leave no room for a branch.", hint="Give more of them.")
    random = np.random.default_rng(seed)
    settings = ReplaySettings(cash_usd=plan.cash_usd, risk_every_months=3)
    tax = TaxProfile(plan.rates)
    trunk = Walk(past, sessions, before, plan.mandate, tax, settings, advisor or Advisor())
    branch_at = plan.first_session
    for at, day in enumerate(sessions[: len(sessions) - plan.wait_sessions]):
        if cancel():
            return
        if at == branch_at:
            until = at + plan.wait_sessions + 1
            yield _compared(trunk, sessions[at:until], f"{before.name} from {sessions[0]}", plan)
            branch_at += plan.every_sessions + int(random.integers(0, plan.every_sessions // 2 + 1))
        trunk.step(day, cancel)


def _compared(trunk: Walk, days: Sequence[date], walk: str, plan: RolloutPlan) -> Rollout:
    seen = _Seen([])
    before = len(trunk.days)
    now = trunk.branched(Policy("now", (_OnDays(frozenset({days[0], days[-1]})), seen)))
    later = trunk.branched(Policy("later", (_OnDays(frozenset({days[-1]})),)))
    for day in days:
        now.step(day, never)
        later.step(day, never)
    rows = now.days[before:], later.days[before:]
    open_usd = trunk.days[-1].unrealised_usd
    value_usd = trunk.days[-1].value_usd
    ours, theirs = (worth_usd(r, plan, open_usd) for r in rows)
    keep = 1.0 - plan.later_rate
    moved = ours.market_usd - theirs.market_usd
    return Rollout(
        walk=walk,
        day=days[0],
        value_usd=value_usd,
        state=seen.states[0],
        tax=(theirs.tax_usd - ours.tax_usd + plan.later_rate * moved) / value_usd,
        cost=(theirs.cost_usd - ours.cost_usd) / value_usd,
        risk=(theirs.risk_usd - ours.risk_usd) / value_usd,
        market=keep * moved / value_usd,
        index_move=math.prod(1.0 + row.index_return for row in rows[0][1:]) - 1.0,
    )


@dataclass(frozen=True, slots=True)
class Worth:
    """What happened to one branch, USD.

    Attributes
    ----------
    tax_usd : float
        Of realised gains, and of what open gains rose, at the later rate.
    cost_usd : float
        Of trading.
    risk_usd : float
        Price of active risk, day by day.
    market_usd : float
        What prices and dividends brought before cost.
    """

    tax_usd: float
    cost_usd: float
    risk_usd: float
    market_usd: float


def worth_usd(rows: Sequence[DayRow], plan: RolloutPlan, open_usd: float) -> Worth:
    """Parts of what a branch is worth; its value at the end less these is what matters.

    Parameters
    ----------
    rows : sequence of DayRow
        Of the branch, no flows among them.
    plan : RolloutPlan
        Rates and price of risk.
    open_usd : float
        Open gains before the first row.
    """
    short = sum(r.short_term_usd for r in rows)
    long = sum(r.long_term_usd for r in rows)
    cost = sum(r.cost_usd for r in rows)
    rates = plan.rates
    opened = rows[-1].unrealised_usd - open_usd
    tax = rates.short_term * short + rates.long_term * long + plan.later_rate * opened
    risk = sum(
        plan.mandate.risk_aversion * a.tracking_error**2 * a.value_usd * (b.day - a.day).days / _DAYS_PER_YEAR
        for a, b in pairwise(rows)
    )
    return Worth(tax, cost, risk, rows[-1].value_usd + cost)


def rollouts_frame(found: Sequence[Rollout]) -> pd.DataFrame:
    """One row a rollout: walk, day, value, the features, the parts of the label and the label."""
    import pandas as pd

    rows = [
        {"walk": r.walk, "day": r.day.isoformat(), "value_usd": r.value_usd}
        | dict(zip(FEATURES, r.state.row().tolist(), strict=True))
        | {"tax": r.tax, "cost": r.cost, "risk": r.risk, "market": r.market, "label": r.label}
        | {"index_move": r.index_move}
        for r in found
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class _OnDays:
    """Fires on some days."""

    days: frozenset[date]
    gate: Gate = ONCE
    name: str = "on its day"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002  as every trigger
        return Reading(float(facts.as_of in self.days), 1.0, "due", "The rollout rebalances on this day.")


@dataclass(frozen=True, slots=True)
class _Seen:
    """Never fires; keeps the state of the first day it reads."""

    states: list[RebalanceState]
    gate: Gate = ONCE
    name: str = "seen"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        if not self.states:
            self.states.append(rebalance_state(facts))
        return Reading(None, 1.0, "due", "Only looks.")
