"""Three simulated accounts: one young, one seasoned with large gains, one that brought a concentrated position.

They are run through the whole history with the books of `bookkeeping`: deposits buy what is most
under its weight, names that leave the index are sold, the seasoned account harvests once a year.
The newest month holds fills, some of them sales at a loss, so that wash-sale locks are in force.
Limits: every lot is known in full; what is unknown in real life (pending basis) is for the tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.bookkeeping import Books
from di_advisor.sample.calendar import FIRST_DAY, month_ends
from di_advisor.sample.corporate_actions import Plan
from di_advisor.sample.index import IndexPath
from di_advisor.sample.path import Path
from di_advisor.sample.randomness import stream

__all__ = ["FILL_DAYS", "run_accounts"]

FILL_DAYS = 30
"""Calendar days of fills that an account shows."""

_SMALLEST_BUY_USD = 5.0
# The account that moves in: its size, what one name and cash make of it, and how far that name may have grown.
_MOVED_USD, _LEGACY_SHARE, _CASH_SHARE, _LARGEST_GROWTH = 1_500_000.0, 0.36, 0.15, 8.0
_OTHER_NAMES, _FIRST_BUYS = 26, 6
_ONE_SHARE = Decimal(1)
# Trading days before the end on which losses are taken: late enough to lock the names.
_NEWEST_HARVEST = 12
_MOVED_IN = 15


@dataclass(frozen=True)
class _Stage:
    """What an account sees: path, plan, index and calendar."""

    path: Path
    plan: Plan
    index: IndexPath
    days: NDArray[np.datetime64]

    def weights(self, day: int) -> FloatArray:
        """Index weights of a day, grown with prices since they were set, shape (n,)."""
        k = int(np.searchsorted(self.index.effective, day, side="right")) - 1
        start = max(int(self.index.effective[k]) - 1, 0)
        gross = np.prod(1 + self.path.total_return[start + 1 : day + 1], axis=0)
        w = self.index.weights[k] * gross * np.isfinite(self.path.close_usd[day])
        return np.asarray(w / w.sum(), dtype=np.float64)

    def deposit_days(self) -> set[int]:
        """Positions of the third trading day of every month."""
        months = self.days.astype("datetime64[M]")
        return set((np.flatnonzero(np.append(np.True_, months[1:] != months[:-1])) + 2).tolist())

    def harvest_days(self) -> set[int]:
        """Positions of the fifth-last trading day of every November."""
        ends = month_ends(self.days)
        november = self.days[ends].astype("datetime64[M]").astype(np.int64) % 12 == 10
        return set((ends[november] - 4).tolist())


@dataclass(frozen=True, slots=True)
class _Habits:
    """How an account is funded and run."""

    account_id: str
    start: int
    opening_usd: float
    deposit_usd: float
    opening_names: int
    names_a_deposit: int
    harvest_above: float


def _invest(books: Books, stage: _Stage, day: int, names: int, avoid: Iterable[int]) -> None:
    """Spend the cash on the names that are most under their weight."""
    held = books.values_usd(day)
    target = stage.weights(day) * (held.sum() + float(books.cash_usd))
    short = target - held
    short[list(avoid)] = 0.0
    pending = [m.target for m in stage.plan.mergers if m.announced <= day < m.effective]
    short[pending] = 0.0
    picks = np.argsort(-short, kind="stable")[:names]
    picks = picks[short[picks] > 0]
    amounts = short[picks] / short[picks].sum() * float(books.cash_usd) * 0.985
    for company, amount in zip(picks, amounts, strict=True):
        if amount >= _SMALLEST_BUY_USD:
            books.buy(day, int(company), float(amount))


def _sell_leavers(books: Books, stage: _Stage, day: int) -> None:
    """Sell names that are no longer in the index, where that is neither a short-term gain nor a wash sale."""
    fresh = _recently(books, stage.days, day, sold=False)
    weights = stage.weights(day)
    year_ago = stage.days[day] - 366
    for lot in list(books.holdings):
        if weights[lot.company] > 0 or not np.isfinite(stage.path.close_usd[day, lot.company]):
            continue
        loses = books.loss(day, lot) > 0
        if (loses and lot.company not in fresh) or (not loses and stage.days[lot.held_since] < year_ago):
            books.sell(day, lot)


def _recently(books: Books, days: NDArray[np.datetime64], day: int, *, sold: bool) -> set[int]:
    """Companies bought, or sold at a loss, in the 30 days up to a day."""
    since = days[day] - FILL_DAYS
    found = set()
    for trade in reversed(books.trades):
        if days[trade.day] < since:
            break
        is_loss = trade.gain_usd is not None and trade.gain_usd < 0
        if (is_loss and sold) or (trade.gain_usd is None and not sold):
            found.add(trade.company)
    return found


def _harvest(books: Books, stage: _Stage, day: int, above: float, at_most: int) -> None:
    """Sell lots that lost more than a fraction, of names not bought in the 30 days before."""
    fresh = _recently(books, stage.days, day, sold=False)
    lots = [h for h in books.holdings if h.company not in fresh and np.isfinite(stage.path.close_usd[day, h.company])]
    lots = [h for h in lots if books.loss(day, h) > above]
    for lot in sorted(lots, key=lambda h: (-books.loss(day, h), h.lot_id))[:at_most]:
        books.sell(day, lot)


def _run(habits: _Habits, stage: _Stage) -> Books:
    """An account with deposits and, where it has the habit, a harvest every November."""
    books = Books(stage.path, stage.plan, habits.account_id)
    last = len(stage.days) - 1
    deposits, harvests = stage.deposit_days(), stage.harvest_days()
    effective = {int(e) for e in stage.index.effective}
    for day in range(habits.start, last + 1):
        books.open_day(day)
        if day == habits.start:
            books.cash_usd += Decimal(repr(habits.opening_usd))
            _invest(books, stage, day, habits.opening_names, ())
            continue
        if day in effective:
            _sell_leavers(books, stage, day)
        if day in harvests:
            _harvest(books, stage, day, habits.harvest_above, at_most=len(books.holdings))
        if day == last - _NEWEST_HARVEST:
            _harvest(books, stage, day, 0.04, at_most=8)
        if day in deposits:
            books.cash_usd += Decimal(repr(habits.deposit_usd))
            _invest(books, stage, day, habits.names_a_deposit, _recently(books, stage.days, day, sold=True))
    return books


def _legacy_wishes(stage: _Stage, shown: int, rng: np.random.Generator) -> tuple[int, list[tuple[int, int, float]]]:
    """The concentrated name, and (day, company, value at the end) of every old purchase."""
    path, weights = stage.path, stage.index.weights[-1]
    whole = path.observed[shown:].all(axis=0) & (weights > 0)
    whole[[m.target for m in stage.plan.mergers]] = False
    large = whole & (weights > np.quantile(weights[whole], 0.75))
    growth = np.prod(1 + path.total_return[shown:], axis=0)
    legacy = int(np.argmax(np.where(large & (growth < _LARGEST_GROWTH), growth, 0.0)))
    wishes = [
        (shown + int(rng.integers(0, 160)), legacy, _LEGACY_SHARE * part * _MOVED_USD) for part in (0.5, 0.3, 0.2)
    ]
    others = [int(i) for i in rng.permutation(np.flatnonzero(large)) if i != legacy][:_OTHER_NAMES]
    parts = rng.dirichlet(np.full(len(others), 4.0)) * (1 - _LEGACY_SHARE - _CASH_SHARE) * _MOVED_USD
    last = len(stage.days) - 1
    for company, part in zip(others, parts, strict=True):
        days = rng.integers(shown, last - 90, size=int(rng.integers(1, 4)))
        wishes += [(int(day), company, float(part) / len(days)) for day in days]
    return legacy, sorted(wishes)


def _concentrated(stage: _Stage, seed: int) -> Books:
    """An account moved in: one name with a low basis, other old positions, and cash."""
    path, last = stage.path, len(stage.days) - 1
    shown = int(np.searchsorted(stage.days, np.datetime64(FIRST_DAY, "D")))
    books = Books(path, stage.plan, "concentrated")
    legacy, wishes = _legacy_wishes(stage, shown, stream(seed, "concentrated account"))
    for day in range(shown, last + 1):
        books.open_day(day)
        while wishes and wishes[0][0] == day:
            _, company, aim = wishes.pop(0)
            grown = float(np.prod(1 + path.total_return[day + 1 :, company]))
            books.buy(day, company, aim / grown, _ONE_SHARE)
        if day == last - _MOVED_IN:
            books.cash_usd = Decimal(repr(round(_CASH_SHARE * _MOVED_USD, 2)))
        if day == last - _NEWEST_HARVEST:
            _harvest(books, stage, day, 0.02, at_most=2)
        if day == last - _NEWEST_HARVEST + 2:
            sold = _recently(books, stage.days, day, sold=True)
            largest = [int(i) for i in np.argsort(-stage.weights(day)) if i != legacy and i not in sold]
            for company in largest[:_FIRST_BUYS]:
                books.buy(day, company, 0.004 * _MOVED_USD, _ONE_SHARE)
    return books


def run_accounts(path: Path, plan: Plan, index: IndexPath, days: NDArray[np.datetime64], seed: int) -> dict[str, Books]:
    """Run the three accounts to the end of the sample."""
    stage = _Stage(path, plan, index, days)
    shown = int(np.searchsorted(days, np.datetime64(FIRST_DAY, "D")))
    young = int(np.searchsorted(days, days[-1] - 364))
    return {
        "young": _run(_Habits("young", young, 118_000.0, 10_500.0, 450, 55, 1.0), stage),
        "seasoned": _run(_Habits("seasoned", shown + 3, 330_000.0, 4_500.0, 440, 49, 0.15), stage),
        "concentrated": _concentrated(stage, seed),
    }
