"""The best schedule of one name: a dynamic program over its dates, exact for the model of `plan_model`.

Problem: L lots and K dates make (K + 1)^L schedules, times the dates of a purchase. Decision: what is left to decide on
a date depends only on which lots are sold, on the last loss and on the purchase (the wash window looks at both), so the
best continuation of each such state is found once. A name with few lots is searched over all subsets; one with many
sells lots that the dates treat alike in order of gain per dollar, which keeps the states few. Limits: lots are sold
whole, a name is bought at most once; with more than ``lots_max`` lots that order is a restriction, and it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Final, NamedTuple

from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.policy.plan_model import Parts, PlannedLot, PlannedName, PlanTerms, Schedule, parts_of

__all__ = ["LOTS_MAX", "BestSchedule", "Move", "Search", "State", "best_schedule", "schedule_of"]

LOTS_MAX: Final = 6
"""Up to how many lots of a name all subsets are searched."""
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
    gain_usd: tuple[float, ...]
    price_usd: tuple[tuple[float, ...], ...]


class State(NamedTuple):
    """What is left to decide on depends on this alone.

    Attributes
    ----------
    k : int
        The date, by position.
    counts : tuple of int
        Lots sold so far in each chain.
    loss_at, buy_at : int
        Dates of the last loss and of the purchase, by position; negative for none, or one that washes nothing any more.
    bought_usd : float
        By then.
    """

    k: int
    counts: tuple[int, ...]
    loss_at: int
    buy_at: int
    bought_usd: float


class Move(NamedTuple):
    """One thing that can be done on a date: what it costs until the next, the gain it realises, and what follows."""

    cost_usd: float
    gain_usd: float
    after: State
    buys: bool


def best_schedule(
    name: PlannedName,
    terms: PlanTerms,
    dates: Sequence[date],
    *,
    lots_max: int = LOTS_MAX,
    gain_price: Mapping[int, float] | None = None,
) -> BestSchedule:
    """The cheapest schedule that breaks no lock and washes no loss; of equal ones the one that trades later.

    Parameters
    ----------
    name, terms : PlannedName, PlanTerms
        The model.
    dates : sequence of date
        Decision dates, ascending; the first is today.
    lots_max : int
        Up to how many lots all subsets are searched.
    gain_price : Mapping of int to float, optional
        Present value that a dollar of gain of a tax year costs besides its tax (a budget's price, `plan_budget`), at
        least 0; it moves the choice and is no part of `BestSchedule.parts`.
    """
    search = Search.of(name, terms, dates, lots_max=lots_max, gain_price=gain_price)
    _, steps = search.best(search.start)
    return schedule_of(search, steps)


def schedule_of(search: Search, steps: Steps | None) -> BestSchedule:
    """The schedule that steps of a search make."""
    name, dates = search.name, search.dates
    sells = [len(dates)] * len(name.lots)
    buy, before = len(dates), search.start.counts
    while steps is not None:
        k, counts, buys, steps = steps
        for chain, old, new in zip(search.chains, before, counts, strict=True):
            for at in chain.lots[old:new]:
                sells[at] = k
        buy = k if buys else buy
        before = counts
    schedule = Schedule(tuple(sells), buy)
    return BestSchedule(dates, schedule, parts_of(name, search.terms, dates, schedule), search.exact)


def _price_usd(terms: PlanTerms, lot: PlannedLot, on: date, gain_price: Mapping[int, float]) -> float:
    """Tax of a sale, and the price of its gain."""
    return terms.tax_usd(lot, on) + gain_price.get(on.year, 0.0) * lot.gain_usd


def _may_pay(name: PlannedName, terms: PlanTerms, dates: Sequence[date], lot: PlannedLot) -> bool:
    """Whether selling a lot can be part of the best schedule.

    Not selling it leaves at most ``max(active - v, 0) + v`` above target instead of that less v, for the whole horizon
    at most; where the tax of its cheapest date is more than that risk, no schedule that sells it is best. A price on
    gains makes a gain pay less still; a loss, which makes room, is looked at wherever gains have a price.
    """
    taxes = [terms.tax_usd(lot, d) for d in dates if lot.may_be_sold(d)]
    if not taxes:
        return False
    left = max(name.active_usd - lot.value_usd, 0.0)
    days = (terms.until - terms.day).days
    more = terms.risk_usd(name, left + lot.value_usd, days) - terms.risk_usd(name, left, days)
    return min(taxes) - lot.option_usd <= max(more, 0.0)


def _chains(
    name: PlannedName,
    terms: PlanTerms,
    dates: tuple[date, ...],
    lots: Sequence[int],
    gain_price: Mapping[int, float],
    *,
    exact: bool,
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
        prices = tuple(
            _running([_price_usd(terms, lot, d, gain_price) - lot.option_usd for lot in each]) for d in dates
        )
        chains.append(
            _Chain(
                tuple(rows),
                each[0].gain_usd < 0,
                tuple(each[0].may_be_sold(d) for d in dates),
                _running([lot.value_usd for lot in each]),
                _running([lot.gain_usd for lot in each]),
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
Steps = tuple[int, tuple[int, ...], bool, "Steps | None"]


class Search:
    """The dynamic program; ``best`` is asked for states and remembers them."""

    def __init__(
        self, name: PlannedName, terms: PlanTerms, dates: tuple[date, ...], chains: tuple[_Chain, ...], *, exact: bool
    ) -> None:
        self.name, self.terms, self.dates, self.chains, self.exact = name, terms, dates, chains, exact
        ends = (*dates[1:], terms.until)
        self.days = [(end - on).days for on, end in zip(dates, ends, strict=True)]
        self.present = [terms.present(d) for d in dates]
        self.active_usd, self.buys = name.active_usd, name.may_be_bought
        self.start = State(0, (0,) * len(chains), _NONE, _NONE, 0.0)
        self.known: dict[State, tuple[float, Steps | None]] = {}

    @classmethod
    def of(
        cls,
        name: PlannedName,
        terms: PlanTerms,
        dates: Sequence[date],
        *,
        lots_max: int = LOTS_MAX,
        gain_price: Mapping[int, float] | None = None,
    ) -> Search:
        """Set up, with the arguments of `best_schedule`."""
        rows = [
            at
            for at, lot in enumerate(name.lots)
            if (gain_price is not None and lot.gain_usd < 0) or _may_pay(name, terms, dates, lot)
        ]
        exact = len(rows) <= lots_max
        chains = _chains(name, terms, tuple(dates), rows, gain_price or {}, exact=exact)
        return cls(name, terms, tuple(dates), chains, exact=exact)

    def best(self, state: State) -> tuple[float, Steps | None]:
        """Cost from a date on, and what to do."""
        if state.k == len(self.dates):
            return 0.0, None
        state = self.reduced(state)
        if state not in self.known:
            best_cost, best_steps = float("inf"), None
            for move in self.moves(state):
                then, steps = self.best(move.after)
                if move.cost_usd + then < best_cost - _TIE_USD:
                    best_cost, best_steps = move.cost_usd + then, self.with_step(state, move, steps)
            self.known[state] = best_cost, best_steps
        return self.known[state]

    @staticmethod
    def with_step(state: State, move: Move, steps: Steps | None) -> Steps | None:
        """Steps from a date on, where something is done on it."""
        still = move.after.counts == state.counts and not move.buys
        return steps if still else (state.k, move.after.counts, move.buys, steps)

    def reduced(self, state: State) -> State:
        """What lies too far back to wash anything from here on is all the same."""
        k, _, loss_at, buy_at, _ = state
        if loss_at >= 0 and (buy_at != _NONE or not self.buys or self._far(loss_at, k)):
            loss_at = _NONE
        if buy_at >= 0 and self._far(buy_at, k):
            buy_at = _LONG_AGO
        return state._replace(loss_at=loss_at, buy_at=buy_at)

    def moves(self, state: State) -> Iterator[Move]:
        """All that may be done on the date of a state; what trades least first."""
        k, counts, loss_at, buy_at, bought_usd = state
        name, chains = self.name, self.chains
        may_lose = buy_at < 0 or self._far(buy_at, k)
        ranges = [
            range(old, len(c.lots) + 1) if c.open_on[k] and (may_lose or not c.loss) else (old,)
            for c, old in zip(chains, counts, strict=True)
        ]
        for new in product(*ranges):
            # Sold so far, on all dates, in USD: what is left follows from it.
            sold = price = gone = gain = 0.0
            lost = loss_at
            for c, old, now in zip(chains, counts, new, strict=True):
                gone += c.value_usd[now]
                if now > old:
                    sold += c.value_usd[now] - c.value_usd[old]
                    gain += c.gain_usd[now] - c.gain_usd[old]
                    price += c.price_usd[k][now] - c.price_usd[k][old]
                    lost = k if c.loss else lost
            active = self.active_usd - gone + bought_usd
            here = price + (name.selling.usd(sold) * self.present[k] if sold else 0.0)
            cost = here + self.terms.risk_usd(name, active, self.days[k])
            yield Move(cost, gain, State(k + 1, new, lost, buy_at, bought_usd), buys=False)
            if active < 0 and self._may_buy(k, lost, buy_at):
                cost = here + name.buying.usd(-active) * self.present[k]
                cost += self.terms.risk_usd(name, 0.0, self.days[k])
                yield Move(cost, gain, State(k + 1, new, lost, k, bought_usd - active), buys=True)

    def near(self, room_usd: float, most: int) -> list[Steps | None] | None:
        """All that costs at most ``room_usd`` more than the best; None where that is more than ``most``."""
        found: list[Steps | None] = []
        limit = self.best(self.start)[0] + room_usd + _TIE_USD

        def search(state: State, spent: float, done: tuple[tuple[State, Move], ...]) -> bool:
            if state.k == len(self.dates):
                steps: Steps | None = None
                for before, move in reversed(done):
                    steps = self.with_step(before, move, steps)
                found.append(steps)
                return len(found) <= most
            for move in self.moves(self.reduced(state)):
                if spent + move.cost_usd + self.best(move.after)[0] <= limit and not search(
                    move.after, spent + move.cost_usd, (*done, (state, move))
                ):
                    return False
            return True

        return found if search(self.start, 0.0, ()) else None

    def _may_buy(self, k: int, loss_at: int, buy_at: int) -> bool:
        free = self.buys and buy_at == _NONE and self.dates[k] >= self.name.buy_from
        return free and (loss_at < 0 or self._far(loss_at, k))

    def _far(self, before: int, after: int) -> bool:
        return (self.dates[after] - self.dates[before]).days > WASH_WINDOW_DAYS
