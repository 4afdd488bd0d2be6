"""The best schedule of one name: a dynamic program over its dates, exact for the model of `plan_model`.

Problem: L lots and K dates make (K + 1)^L schedules, times the dates of a purchase. Decision: what is left to decide on
a date depends only on which lots are sold, on the last loss and on the purchase (the wash window looks at both), so the
best continuation of each such state is found once. A name with few lots is searched over all subsets; one with many
sells lots that the dates treat alike in order of gain per dollar, which keeps the states few. Limits: lots are sold
whole, a name is bought at most once; with more than ``lots_max`` lots that order is a restriction, and it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.policy.plan_model import Parts, PlannedLot, PlannedName, PlanTerms, Schedule, parts_of

__all__ = ["BestSchedule", "best_schedule"]

_TIE_USD = 1e-9
_NONE, _LONG_AGO = -1, -2


@dataclass(frozen=True, slots=True)
class BestSchedule:
    """The answer for one name.

    Attributes
    ----------
    dates : tuple of date
        Decision dates.
    schedule : Schedule
        What to do when.
    parts : Parts
        What it costs.
    exact : bool
        Whether all schedules were searched; else lots that the dates treat alike were sold in order.
    """

    dates: tuple[date, ...]
    schedule: Schedule
    parts: Parts
    exact: bool


@dataclass(frozen=True)
class _Chain:
    """Lots sold one after the other: positions among the name's lots, and running sums over the first of them."""

    lots: tuple[int, ...]
    loss: bool
    open_on: tuple[bool, ...]
    value_usd: tuple[float, ...]
    price_usd: tuple[tuple[float, ...], ...]


def best_schedule(name: PlannedName, terms: PlanTerms, dates: Sequence[date], *, lots_max: int = 6) -> BestSchedule:
    """The cheapest schedule that breaks no lock and washes no loss; of equal ones the one that trades later.

    Parameters
    ----------
    name, terms : PlannedName, PlanTerms
        The model.
    dates : sequence of date
        Decision dates, ascending; the first is today.
    lots_max : int
        Up to how many lots all subsets are searched.
    """
    rows = [at for at, lot in enumerate(name.lots) if _may_pay(name, terms, dates, lot)]
    exact = len(rows) <= lots_max
    chains = _chains(name, terms, tuple(dates), rows, exact=exact)
    search = _Search(name, terms, tuple(dates), chains)
    _, steps = search.best(0, (0,) * len(chains), _NONE, _NONE, 0.0)
    sells = [len(dates)] * len(name.lots)
    buy, before = len(dates), (0,) * len(chains)
    while steps is not None:
        k, counts, buys, steps = steps
        for chain, old, new in zip(chains, before, counts, strict=True):
            for at in chain.lots[old:new]:
                sells[at] = k
        buy = k if buys else buy
        before = counts
    schedule = Schedule(tuple(sells), buy)
    return BestSchedule(tuple(dates), schedule, parts_of(name, terms, dates, schedule), exact)


def _may_pay(name: PlannedName, terms: PlanTerms, dates: Sequence[date], lot: PlannedLot) -> bool:
    """Whether selling a lot can be part of the best schedule.

    Not selling it leaves at most ``max(active - v, 0) + v`` above target instead of that less v, for the whole horizon
    at most; where the tax of its cheapest date is more than that risk, no schedule that sells it is best.
    """
    taxes = [terms.tax_usd(lot, d) for d in dates if lot.may_be_sold(d)]
    if not taxes:
        return False
    left = max(name.active_usd - lot.value_usd, 0.0)
    days = (terms.until - terms.day).days
    more = terms.risk_usd(name, left + lot.value_usd, days) - terms.risk_usd(name, left, days)
    return min(taxes) - lot.option_usd <= max(more, 0.0)


def _chains(
    name: PlannedName, terms: PlanTerms, dates: tuple[date, ...], lots: Sequence[int], *, exact: bool
) -> tuple[_Chain, ...]:
    groups: dict[object, list[int]] = {}
    for at in lots:
        lot = name.lots[at]
        open_on = tuple(lot.may_be_sold(d) for d in dates)
        long_on = tuple(d >= lot.long_from for d in dates)
        groups.setdefault(at if exact else (open_on, long_on, lot.gain_usd < 0), []).append(at)
    chains = []
    for rows in groups.values():
        rows.sort(key=lambda i: (name.lots[i].gain_usd / max(name.lots[i].value_usd, _TIE_USD), i))
        each = [name.lots[i] for i in rows]
        prices = tuple(_running([terms.tax_usd(lot, d) - lot.option_usd for lot in each]) for d in dates)
        chains.append(
            _Chain(
                tuple(rows),
                each[0].gain_usd < 0,
                tuple(each[0].may_be_sold(d) for d in dates),
                _running([lot.value_usd for lot in each]),
                prices,
            )
        )
    return tuple(chains)


def _running(values: Sequence[float]) -> tuple[float, ...]:
    sums = [0.0]
    for v in values:
        sums.append(sums[-1] + v)
    return tuple(sums)


# What is done from a date on: the date, lots sold by then in each chain, whether it buys, and the rest.
_Steps = tuple[int, tuple[int, ...], bool, "_Steps | None"]


class _Search:
    """The dynamic program; ``best`` is asked for states and remembers them."""

    def __init__(
        self, name: PlannedName, terms: PlanTerms, dates: tuple[date, ...], chains: tuple[_Chain, ...]
    ) -> None:
        self.name, self.terms, self.dates, self.chains = name, terms, dates, chains
        ends = (*dates[1:], terms.until)
        self.days = [(end - on).days for on, end in zip(dates, ends, strict=True)]
        self.present = [terms.present(d) for d in dates]
        self.start, self.buys = name.active_usd, name.may_be_bought
        self.known: dict[tuple[int, tuple[int, ...], int, int, float], tuple[float, _Steps | None]] = {}

    def best(
        self, k: int, counts: tuple[int, ...], loss_at: int, buy_at: int, bought_usd: float
    ) -> tuple[float, _Steps | None]:
        """Cost from a date on, and what to do; ``loss_at``, ``buy_at`` are the dates of the last ones, by position."""
        if k == len(self.dates):
            return 0.0, None
        # What lies too far back to wash anything from here on is all the same.
        if loss_at >= 0 and (buy_at != _NONE or not self.buys or self._far(loss_at, k)):
            loss_at = _NONE
        if buy_at >= 0 and self._far(buy_at, k):
            buy_at = _LONG_AGO
        state = (k, counts, loss_at, buy_at, bought_usd)
        if state not in self.known:
            self.known[state] = self._decide(*state)
        return self.known[state]

    def _decide(
        self, k: int, counts: tuple[int, ...], loss_at: int, buy_at: int, bought_usd: float
    ) -> tuple[float, _Steps | None]:
        name, chains = self.name, self.chains
        may_lose = buy_at < 0 or self._far(buy_at, k)
        ranges = [
            range(old, len(c.lots) + 1) if c.open_on[k] and (may_lose or not c.loss) else (old,)
            for c, old in zip(chains, counts, strict=True)
        ]
        # Sold so far, on all dates, in USD: what is left follows from it.
        best_cost, best_steps = float("inf"), None
        for new in product(*ranges):
            sold = price = gone = 0.0
            lost = loss_at
            for c, old, now in zip(chains, counts, new, strict=True):
                gone += c.value_usd[now]
                if now > old:
                    sold += c.value_usd[now] - c.value_usd[old]
                    price += c.price_usd[k][now] - c.price_usd[k][old]
                    lost = k if c.loss else lost
            active = self.start - gone + bought_usd
            here = price + (name.selling.usd(sold) * self.present[k] if sold else 0.0)
            then, steps = self.best(k + 1, new, lost, buy_at, bought_usd)
            cost = here + self.terms.risk_usd(name, active, self.days[k]) + then
            if cost < best_cost - _TIE_USD:
                best_cost = cost
                best_steps = steps if new == counts else (k, new, False, steps)
            if active < 0 and self._may_buy(k, lost, buy_at):
                then, steps = self.best(k + 1, new, lost, k, bought_usd - active)
                cost = here + name.buying.usd(-active) * self.present[k]
                cost += self.terms.risk_usd(name, 0.0, self.days[k]) + then
                if cost < best_cost - _TIE_USD:
                    best_cost, best_steps = cost, (k, new, True, steps)
        return best_cost, best_steps

    def _may_buy(self, k: int, loss_at: int, buy_at: int) -> bool:
        free = self.buys and buy_at == _NONE and self.dates[k] >= self.name.buy_from
        return free and (loss_at < 0 or self._far(loss_at, k))

    def _far(self, before: int, after: int) -> bool:
        return (self.dates[after] - self.dates[before]).days > WASH_WINDOW_DAYS
