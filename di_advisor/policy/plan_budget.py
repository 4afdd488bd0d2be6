"""Names of a plan coupled by one budget of net gains a tax year: one price for each year, and how far from the best.

Problem: each name's best schedule is found alone (`plan_search`), but a client who may realise so much of gains a year
gives it once, to the names that make the most of it, and losses of one name make room for gains of another. Decision:
a price on each year's gains separates the names again (Lagrange); what they cost at the prices, less the worth of the
budgets, is a lower bound for every plan that keeps them. Prices come from a linear program over the schedules met so
far, to which names add their best at those prices until none is better (column generation). Then every schedule whose
priced cost lies within the gap of its name's best is listed, and an integer program picks one of each: no other can be
part of a better plan, so it is the best. Limits: with more than ``options_max`` such schedules the plan is the best of
those met, and the bound says what may be missing; lots are sold whole, so that some of a budget may stay unused;
tracking error couples names only as `plan_cases` tells.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.policy.plan_model import PlannedName, PlanTerms, Schedule, parts_of
from di_advisor.policy.plan_search import LOTS_MAX, BestSchedule, Search, best_schedule, schedule_of
from di_advisor.policy.triggers.words import usd
from di_advisor.solve.one_of_each import Options, chosen, prices_of

__all__ = ["SharedBudget", "Task", "gains_by_year", "within_budget"]

_PRICE_MAX: Final = 1000.0
"""Dollars for a dollar of gain, far above any tax and any risk: no price needs to be higher."""
_ROUNDS_MAX: Final = 50
_CENT_USD: Final = 0.005
_TIE_USD: Final = 1e-7
_OPTIONS_MAX: Final = 20_000


@dataclass(frozen=True)
class Task:
    """One name, its decision dates, and schedules that are known to be allowed."""

    name: PlannedName
    dates: tuple[date, ...]
    known: tuple[Schedule, ...] = ()


@dataclass(frozen=True)
class SharedBudget:
    """Schedules that keep a budget together.

    Attributes
    ----------
    best : tuple of BestSchedule
        One for each task, in order.
    budget_usd : Mapping of int to float
        Net gain allowed, by tax year.
    gain_usd : Mapping of int to float
        Net gain of the plan, by tax year of the budget.
    price : Mapping of int to float
        What one more dollar of a year's budget is worth, present value in USD; 0 where it does not bind.
    apart_usd : float
        What the names' schedules would cost one by one, without a budget.
    bound_usd : float
        No plan that keeps the budget costs less (among the schedules that `plan_search` looks at).
    """

    best: tuple[BestSchedule, ...]
    budget_usd: Mapping[int, float]
    gain_usd: Mapping[int, float]
    price: Mapping[int, float]
    apart_usd: float
    bound_usd: float

    def __post_init__(self) -> None:
        for each in ("budget_usd", "gain_usd", "price"):
            object.__setattr__(self, each, FrozenMap(dict(getattr(self, each))))

    @property
    def total_usd(self) -> float:
        """What the plan costs, USD; negative earns."""
        return math.fsum(b.parts.total_usd for b in self.best)

    @property
    def gap_usd(self) -> float:
        """How much cheaper the best plan could be at most, to the cent; at least 0."""
        gap = self.total_usd - self.bound_usd
        return gap if gap > _CENT_USD else 0.0

    @property
    def given_up_usd(self) -> float:
        """What keeping the budget costs, at least 0."""
        return max(self.total_usd - self.apart_usd, 0.0)

    @property
    def binds(self) -> bool:
        """Whether the names one by one would take more."""
        return any(p > 0 for p in self.price.values()) or self.given_up_usd > _CENT_USD

    @property
    def sentence(self) -> str:
        """What the names share, what it costs, and how sure that is."""
        if not self.budget_usd:
            return ""
        years = "; ".join(self._of_year(y) for y in self.budget_usd)
        told = f"All names share one budget of net gains a tax year: {years}."
        if not self.binds:
            return f"{told} It keeps no name from its own best schedule."
        known = f"can be better by more than {usd(self.gap_usd)}" if self.gap_usd else "is better"
        return (
            f"{told} Keeping it costs {usd(self.given_up_usd)} over what each name would do alone; no plan that keeps "
            f"it {known}, on these dates and in this model."
        )

    def _of_year(self, year: int) -> str:
        price, left = self.price[year], self.budget_usd[year] - self.gain_usd[year]
        told = f"{usd(self.gain_usd[year])} of {usd(self.budget_usd[year])} in {year}"
        if price < _CENT_USD:
            return told
        unused = ", what is left too little for another whole lot" if left > 1.0 else ""
        return f"{told} (a dollar more is worth about {usd(price)}{unused})"


def gains_by_year(name: PlannedName, best: BestSchedule) -> dict[int, float]:
    """Net gain that a schedule realises, by tax year."""
    found: dict[int, float] = {}
    for lot, k in zip(name.lots, best.schedule.sells, strict=True):
        if k < len(best.dates):
            year = best.dates[k].year
            found[year] = found.get(year, 0.0) + lot.gain_usd
    return found


@dataclass
class _Met:
    """Schedules met so far, each once a name, with what they cost and realise."""

    tasks: Sequence[Task]
    years: tuple[int, ...]
    each: list[dict[Schedule, tuple[BestSchedule, float, tuple[float, ...]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.each = [{} for _ in self.tasks]

    def add(self, at: int, best: BestSchedule) -> None:
        if best.schedule not in self.each[at]:
            gains = gains_by_year(self.tasks[at].name, best)
            row = tuple(gains.get(y, 0.0) for y in self.years)
            self.each[at][best.schedule] = (best, best.parts.total_usd, row)

    def options(self, budget: Mapping[int, float]) -> tuple[Options, list[BestSchedule]]:
        rows = [(at, *row) for at, met in enumerate(self.each) for row in met.values()]
        options = Options(
            owner=np.array([r[0] for r in rows], dtype=np.int64),
            cost=np.array([r[2] for r in rows], dtype=np.float64),
            used=np.array([r[3] for r in rows], dtype=np.float64).reshape(len(rows), len(self.years)).T,
            budget=np.array([budget[y] for y in self.years], dtype=np.float64),
        )
        return options, [r[1] for r in rows]


def within_budget(
    tasks: Sequence[Task],
    terms: PlanTerms,
    budget_usd: Mapping[int, float],
    *,
    lots_max: int = LOTS_MAX,
    options_max: int = _OPTIONS_MAX,
) -> SharedBudget:
    """The best schedules that together realise no more net gain in a tax year than its budget.

    Parameters
    ----------
    tasks : sequence of Task
        Names and their dates.
    terms : PlanTerms
        The model.
    budget_usd : Mapping of int to float
        Largest net gain by tax year; years left out are free.
    lots_max : int
        As of `plan_search.best_schedule`.
    options_max : int
        How many schedules are listed at most, all names together, to close the gap.

    Raises
    ------
    InputError
        If a budget is no number, or cannot be kept.
    """
    strange = [y for y, b in budget_usd.items() if math.isnan(b)]
    if strange:
        raise InputError(f"The gain budget of {strange[0]} is no number.", hint="Give dollars of net gain.")
    free = [best_schedule(t.name, terms, t.dates, lots_max=lots_max) for t in tasks]
    apart = math.fsum(b.parts.total_usd for b in free)
    taken = _taken(tasks, free)
    years = sorted({d.year for t in tasks for d in t.dates if budget_usd.get(d.year, math.inf) < math.inf})
    kept = {y: float(budget_usd[y]) for y in years}
    if all(taken.get(y, 0.0) <= kept[y] + _CENT_USD for y in years):
        gains = {y: taken.get(y, 0.0) for y in years}
        return SharedBudget(tuple(free), kept, gains, dict.fromkeys(years, 0.0), apart, apart)
    best, price, bound = _coupled(tasks, terms, kept, free, lots_max, options_max)
    taken = _taken(tasks, best)
    return SharedBudget(tuple(best), kept, {y: taken.get(y, 0.0) for y in years}, price, apart, bound)


def _taken(tasks: Sequence[Task], best: Sequence[BestSchedule]) -> dict[int, float]:
    found: dict[int, float] = {}
    for task, b in zip(tasks, best, strict=True):
        for year, gain in gains_by_year(task.name, b).items():
            found[year] = found.get(year, 0.0) + gain
    return found


def _coupled(
    tasks: Sequence[Task],
    terms: PlanTerms,
    budget: Mapping[int, float],
    free: Sequence[BestSchedule],
    lots_max: int,
    options_max: int,
) -> tuple[list[BestSchedule], dict[int, float], float]:
    met = _Met(tasks, tuple(budget))
    for at, (task, b) in enumerate(zip(tasks, free, strict=True)):
        met.add(at, b)
        for schedule in task.known:
            met.add(at, BestSchedule(task.dates, schedule, parts_of(task.name, terms, task.dates, schedule), b.exact))
    _least_gains(met, terms, budget)
    price, bound = _prices(met, terms, budget, lots_max)
    best = _pick(met, budget)[0]
    total = math.inf if best is None else math.fsum(b.parts.total_usd for b in best)
    if total - bound > _TIE_USD:
        listed = _list_near(met, terms, price, total - bound, lots_max, options_max)
        best, least = _pick(met, budget)
        bound = max(bound, min(least, total)) if listed else bound
    if best is None:
        raise InputError(
            "No plan was found that keeps the gain budget.", hint="Give a larger budget: losses may not suffice."
        )
    return best, price, min(bound, math.fsum(b.parts.total_usd for b in best))


def _least_gains(met: _Met, terms: PlanTerms, budget: Mapping[int, float]) -> None:
    """Schedules that realise least: nothing, all losses of a year, all losses; a budget below the least is refused."""
    for years in [frozenset[int](), *(frozenset({y}) for y in budget), frozenset(budget)]:
        least = []
        for at, task in enumerate(met.tasks):
            never = len(task.dates)
            sells = tuple(
                next((k for k, d in enumerate(task.dates) if d.year in years and lot.may_be_sold(d)), never)
                if lot.gain_usd < 0
                else never
                for lot in task.name.lots
            )
            schedule = Schedule(sells, never)
            parts = parts_of(task.name, terms, task.dates, schedule)
            least.append(BestSchedule(task.dates, schedule, parts, exact=True))
            met.add(at, least[-1])
        taken = _taken(met.tasks, least)
        for year in years if len(years) == 1 else ():
            if taken.get(year, 0.0) > budget[year] + _CENT_USD:
                raise InputError(
                    f"The gain budget of {year}, {budget[year]:,.2f} USD, cannot be kept by selling losses.",
                    hint=f"The least net gain that dates and locks allow is {taken.get(year, 0.0):,.2f} USD.",
                )


def _prices(met: _Met, terms: PlanTerms, budget: Mapping[int, float], lots_max: int) -> tuple[dict[int, float], float]:
    """Prices of the years' budgets, and the best lower bound that prices gave."""
    best_price, best_bound = dict.fromkeys(budget, 0.0), -math.inf
    for _ in range(_ROUNDS_MAX):
        options, _schedules = met.options(budget)
        price = dict(zip(budget, prices_of(options, _PRICE_MAX).tolist(), strict=True))
        before, costs = sum(map(len, met.each)), []
        for at, task in enumerate(met.tasks):
            found = best_schedule(task.name, terms, task.dates, lots_max=lots_max, gain_price=price)
            gains = gains_by_year(task.name, found)
            costs.append(found.parts.total_usd + sum(p * gains.get(y, 0.0) for y, p in price.items()))
            met.add(at, found)
        bound = math.fsum(costs) - math.fsum(p * budget[y] for y, p in price.items())
        if bound > best_bound:
            best_price, best_bound = price, bound
        if sum(map(len, met.each)) == before:
            break
    return best_price, best_bound


def _list_near(
    met: _Met, terms: PlanTerms, price: Mapping[int, float], room_usd: float, lots_max: int, options_max: int
) -> bool:
    """Add every schedule within the room of its name's best at the prices; whether all found a place."""
    left = options_max
    for at, task in enumerate(met.tasks):
        search = Search.of(task.name, terms, task.dates, lots_max=lots_max, gain_price=price)
        found = search.near(room_usd, left)
        if found is None:
            return False
        left -= len(found)
        for steps in found:
            met.add(at, schedule_of(search, steps))
    return True


def _pick(met: _Met, budget: Mapping[int, float]) -> tuple[list[BestSchedule] | None, float]:
    """One schedule of each name that was met; None where none keeps the budget."""
    options, schedules = met.options(budget)
    found = chosen(options)
    return (None if found.options is None else [schedules[i] for i in found.options.tolist()]), found.bound
