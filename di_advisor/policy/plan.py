"""A multi-period plan: what to do now and what later, and what waiting is worth in dollars.

Problem: today's proposal knows today's tax; that a gain is long-term in eleven days, that a locked loss is free next
week, that January is another tax year, it does not weigh. Decision: for every name the few dates that matter (now, a
lot turns long-term, a wash window ends, a loss may be bought back, the last trade date and the first of the next year),
and the exact best schedule over them in the model of `plan_model`; the value of waiting is what it saves over acting
today or not at all. Where gains have a budget, all names share it by tax year (`plan_budget`), now and later. Names
that had better wait give locks, so that the ordinary optimizer trades the rest today.
Limits: those of the model; the risk horizon is the plan's, one year where none is given, as the optimizer's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.domain.taxes import ConstantRates
from di_advisor.formulate.schedule_d import rates_of
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.policy.plan_budget import SharedBudget, Task, within_budget
from di_advisor.policy.plan_cases import planned_names
from di_advisor.policy.plan_dates import TURN_OF_YEAR, decision_dates
from di_advisor.policy.plan_model import PlannedName, PlanTerms, Schedule
from di_advisor.policy.plan_search import LOTS_MAX, BestSchedule
from di_advisor.policy.triggers.words import listed, usd

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.workspace import Workspace

__all__ = ["MultiPeriodPlan", "NamePlan", "PlanStep", "plan_ahead"]

_YEAR = timedelta(days=365)
_LEAST_USD = 0.01
_TIE_USD = 1e-6


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What is done in a name on a date.

    Attributes
    ----------
    on : date
        When.
    why : str
        What the date is: "now", "long-term by then", ...; empty where it is one of other lots.
    security_id, ticker : str
        The name.
    lots : tuple of str
        Lots that are sold.
    sold_usd, bought_usd, gain_usd : float
        At today's prices.
    """

    on: date
    why: str
    security_id: str
    ticker: str
    lots: tuple[str, ...]
    sold_usd: float
    bought_usd: float
    gain_usd: float


@dataclass(frozen=True)
class NamePlan:
    """The plan of one name.

    Attributes
    ----------
    name : PlannedName
        The model.
    best, at_once : BestSchedule
        Over all its dates, and over today alone (now or not at all).
    steps : tuple of PlanStep
        Of the best schedule, by date.
    sentence : str
        What to do when, and what waiting is worth. Not escaped.
    """

    name: PlannedName
    best: BestSchedule
    at_once: BestSchedule
    steps: tuple[PlanStep, ...]
    sentence: str

    @property
    def waiting_usd(self) -> float:
        """What the best schedule saves over acting now or not at all.

        At least 0 where gains have no budget; below 0 for a name that leaves a budget to others.
        """
        saved = self.at_once.parts.total_usd - self.best.parts.total_usd
        return saved if abs(saved) > _TIE_USD else 0.0


@dataclass(frozen=True)
class MultiPeriodPlan:
    """What to do now and later.

    Attributes
    ----------
    account_id : str
        The account.
    terms : PlanTerms
        Day, horizon, rates, price of risk.
    names : tuple of NamePlan
        Names in which something is done, now or later; where waiting is worth most first.
    model : tuple of str
        What the figures rest on, a sentence each.
    shared : SharedBudget
        The budget of gains that all names share, with its prices; empty where there is none.
    """

    account_id: str
    terms: PlanTerms
    names: tuple[NamePlan, ...]
    model: tuple[str, ...]
    shared: SharedBudget

    @property
    def waiting_usd(self) -> float:
        """Value of waiting, all names together."""
        return math.fsum(n.waiting_usd for n in self.names)

    @property
    def now(self) -> tuple[PlanStep, ...]:
        """Steps of today."""
        return tuple(s for n in self.names for s in n.steps if s.on == self.terms.day)

    @property
    def later(self) -> tuple[PlanStep, ...]:
        """Steps after today, by date."""
        return tuple(sorted((s for n in self.names for s in n.steps if s.on > self.terms.day), key=lambda s: s.on))

    def locks(self, least_usd: float = 1.0) -> tuple[Lock, ...]:
        """Locks for today's proposal, on names that would be traded at once and had better wait.

        Parameters
        ----------
        least_usd : float
            Waiting that is worth less locks nothing.
        """
        found = []
        for n in self.names:
            now = [s for s in n.steps if s.on == self.terms.day]
            if n.waiting_usd < least_usd:
                continue
            sells = any(k == 0 for k in n.at_once.schedule.sells)
            if sells and not any(s.lots for s in now):
                found.append(Lock(n.name.security_id, LockKind.NO_SELL, n.sentence))
            if n.at_once.schedule.buy == 0 and not any(s.bought_usd for s in now):
                found.append(Lock(n.name.security_id, LockKind.NO_BUY, n.sentence))
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """One row a step, columns as its fields, and ``waiting_usd`` of its name."""
        import pandas as pd

        columns = ["on", "why", "security_id", "ticker", "lots", "sold_usd", "bought_usd", "gain_usd"]
        rows = [[*(getattr(s, c) for c in columns), n.waiting_usd] for n in self.names for s in n.steps]
        return pd.DataFrame(rows, columns=[*columns, "waiting_usd"])


def plan_ahead(
    workspace: Workspace,
    until: date | None = None,
    *,
    later_rates: Mapping[int, ConstantRates] | None = None,
    expected_return_per_year: Mapping[str, float] | None = None,
    names: Iterable[str] | None = None,
    gain_budget_usd: Mapping[int, float] | float | None = None,
    dates_max: int = 5,
) -> MultiPeriodPlan:
    """Plan the names of an account over their few dates.

    Parameters
    ----------
    workspace : Workspace
        The account under its wishes; wash sales are always avoided here, also where the wishes price them.
    until : date, optional
        End of the horizon; a year from today.
    later_rates : Mapping of int to ConstantRates, optional
        Rates of later tax years, where they are known to differ.
    expected_return_per_year : Mapping of str to float, optional
        Expected return of a name above the target's, by security id; 0 where left out.
    names : iterable of str, optional
        Security ids to plan; all where left out.
    gain_budget_usd : Mapping of int to float, or float, optional
        Largest net gain that the plan may realise, of all names together, by tax year or the same for each; the
        mandate's where left out, and none where it has none. What this year has realised before today is not in it.
        A retirement account has none.
    dates_max : int
        How many dates a name may have, today included.

    Raises
    ------
    InputError
        If the horizon does not end after today, or no plan keeps the budget.
    """
    banned = (
        workspace.under(wash_policy=WashPolicy.BAN) if workspace.mandate.wash_policy != WashPolicy.BAN else workspace
    )
    signals, mandate = banned.signals, banned.mandate
    day = signals.market.as_of
    terms = PlanTerms(
        day=day,
        until=until or day + _YEAR,
        value_usd=signals.account.value_usd,
        risk_aversion=mandate.risk_aversion,
        rates=rates_of(workspace.tax, day).rates,
        later_rates=later_rates or {},
        discount_per_year=mandate.discount_rate_per_year,
    )
    wanted = None if names is None else frozenset(names)
    tasks = [
        (name, decision_dates(name, terms, dates_max))
        for name in planned_names(signals, terms, expected_return_per_year or {})
        if wanted is None or name.security_id in wanted
    ]
    budget = _budget(banned, gain_budget_usd, {d.year for _, dates in tasks for d in dates})
    # Who must realise losses and has too few that are free today realises those there are, where he acts at once.
    free = (lot.gain_usd for name, _ in tasks for lot in name.lots if lot.gain_usd < 0 and lot.may_be_sold(day))
    least = math.fsum(free)
    now = within_budget([Task(n, (day,)) for n, _ in tasks], terms, {y: max(b, least) for y, b in budget.items()})
    known = [_with_dates(b, len(dates)) for b, (_, dates) in zip(now.best, tasks, strict=True)]
    shared = within_budget(
        [Task(name, tuple(dates), (at_once,)) for (name, dates), at_once in zip(tasks, known, strict=True)],
        terms,
        budget,
    )
    plans = []
    for (name, dates), at_once, best in zip(tasks, now.best, shared.best, strict=True):
        steps = _steps(name, best, dates)
        if steps or any(k == 0 for k in (*at_once.schedule.sells, at_once.schedule.buy)):
            plans.append(NamePlan(name, best, at_once, steps, _sentence(name, best, at_once, steps)))
    plans.sort(key=lambda n: (-n.waiting_usd, n.name.ticker))
    model = _model(terms, plans)
    return MultiPeriodPlan(signals.account.account_id, terms, tuple(plans), model, shared)


def _budget(
    workspace: Workspace, asked: Mapping[int, float] | float | None, years: Iterable[int]
) -> Mapping[int, float]:
    wished = workspace.mandate.gain_budget_usd
    if workspace.signals.account.kind in RETIREMENT_KINDS:
        return {}
    if asked is None and wished is not None:
        asked = float(wished)
    if asked is None or isinstance(asked, Mapping):
        return asked or {}
    return dict.fromkeys(sorted(years), asked)


def _with_dates(at_once: BestSchedule, dates: int) -> Schedule:
    """What is done today, as a schedule of more dates: the rest never."""
    return Schedule(
        tuple(0 if k == 0 else dates for k in at_once.schedule.sells), 0 if at_once.schedule.buy == 0 else dates
    )


def _steps(name: PlannedName, best: BestSchedule, whys: Mapping[date, str]) -> tuple[PlanStep, ...]:
    active, steps = name.active_usd, []
    for k, on in enumerate(best.dates):
        lots = [lot for lot, at in zip(name.lots, best.schedule.sells, strict=True) if at == k]
        sold = math.fsum(lot.value_usd for lot in lots)
        active -= sold
        bought = max(-active, 0.0) if best.schedule.buy == k else 0.0
        active += bought
        if lots or bought:
            ids, gain = tuple(lot.lot_id for lot in lots), math.fsum(lot.gain_usd for lot in lots)
            why = _why(name, best, k, bought_usd=bought) or (whys[on] if whys[on] in TURN_OF_YEAR else "")
            steps.append(PlanStep(on, why, name.security_id, name.ticker, ids, sold, bought, gain))
    return tuple(steps)


def _why(name: PlannedName, best: BestSchedule, k: int, *, bought_usd: float) -> str:
    """What a date is to what is done on it; empty where nothing of the name changes on it."""
    day, on = best.dates[0], best.dates[k]
    if on == day:
        return "now"
    before = best.dates[k - 1]
    sold = [lot for lot, at in zip(name.lots, best.schedule.sells, strict=True) if at == k]
    if any(lot.gain_usd < 0 and before < lot.loss_from <= on for lot in sold):
        return "the wash window is over"
    if any(lot.gain_usd > 0 and before < lot.long_from <= on for lot in sold):
        return "long-term by then"
    if bought_usd and name.buy_from > day:
        return "a purchase washes no loss any more"
    lost = [at for lot, at in zip(name.lots, best.schedule.sells, strict=True) if at < k and lot.gain_usd < 0]
    return "more than 30 days after the loss" if bought_usd and lost else ""


def _sentence(name: PlannedName, best: BestSchedule, at_once: BestSchedule, steps: tuple[PlanStep, ...]) -> str:
    told = []
    for s in steps:
        sale = f"sell {'lot' if len(s.lots) == 1 else 'lots'} {listed(s.lots)} ({usd(s.sold_usd)})" if s.lots else ""
        buy = f"buy {usd(s.bought_usd)}" if s.bought_usd else ""
        when = "now" if s.why == "now" else f"on {s.on}{f' ({s.why})' if s.why else ''}"
        told.append(f"{when} {' and '.join(x for x in (sale, buy) if x)}")
    plan = f"{name.ticker}: {'; '.join(told)}." if told else f"{name.ticker}: nothing now and nothing later."
    saved = at_once.parts.total_usd - best.parts.total_usd
    if saved <= -_LEAST_USD:
        return f"{plan} Waiting costs {usd(-saved)} here: the budget of gains serves other names better."
    if saved < _LEAST_USD:
        return f"{plan} Waiting is worth nothing."
    parts = (
        ("tax", at_once.parts.tax_usd - best.parts.tax_usd),
        ("trading cost", at_once.parts.cost_usd - best.parts.cost_usd),
        ("risk", at_once.parts.risk_usd - best.parts.risk_usd),
        ("options kept", at_once.parts.option_usd - best.parts.option_usd),
    )
    why = ", ".join(f"{usd(amount)} {what}" for what, amount in parts if abs(amount) >= _LEAST_USD)
    return f"{plan} Waiting is worth {usd(saved)} over acting now or not at all ({why})."


def _model(terms: PlanTerms, plans: list[NamePlan]) -> tuple[str, ...]:
    ordered = sum(1 for n in plans if not n.best.exact)
    risk = (
        f"Risk is priced at {terms.risk_aversion:g} times variance until {terms.until}, name by name, the other names "
    )
    risk += (
        "as they stand today. Names share no cash here: what is sold is spent on the whole target in proportion, and "
    )
    risk += (
        "what is bought is paid by it. Prices are not expected to move against the target unless a return was given."
    )
    tax = "Tax is at marginal rates, due on 15 April of the next year, discounted at "
    tax += f"{terms.discount_per_year:g} a year; lots are sold whole, and no purchase comes within 30 days of a loss."
    search = (
        f"Every schedule was searched for {len(plans) - ordered:,} names; for {ordered:,} with more than {LOTS_MAX} "
    )
    search += (
        "lots worth selling those that the dates treat alike were sold in order of gain per dollar. Not tax advice."
    )
    return risk, tax, search
