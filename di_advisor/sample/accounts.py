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
from di_advisor.sample.calendar import FIRST_DAY
from di_advisor.sample.corporate_actions import Plan
from di_advisor.sample.index import IndexPath
from di_advisor.sample.path import Path
from di_advisor.sample.randomness import stream

__all__ = ["FILL_DAYS", "run_accounts"]

FILL_DAYS = 30
"""Calendar days of fills that an account shows."""

_SMALLEST_BUY_USD = 5.0
_LEGACY_NAMES = 26
_ONE_SHARE = Decimal(1)


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

    def first_of_months(self, since: int, every: int) -> list[int]:
        """Third trading day of every so many months after a day."""
        months = self.days.astype("datetime64[M]")
        starts = np.flatnonzero(np.append(np.True_, months[1:] != months[:-1])) + 2
        return [int(d) for d in starts[(starts > since) & (starts < len(self.days))]][::every]


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
    """Sell names that are no longer in the index, where that is no short-term gain."""
    weights = stage.weights(day)
    year_ago = stage.days[day] - 366
    for lot in list(books.holdings):
        if weights[lot.company] > 0 or not np.isfinite(stage.path.close_usd[day, lot.company]):
            continue
        if stage.days[lot.held_since] < year_ago or books.loss(day, lot) > 0:
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
    deposits = set(stage.first_of_months(habits.start, 1))
    effective = {int(e) for e in stage.index.effective}
    months = stage.days.astype("datetime64[M]")
    # Twelve trading days before the end: inside the window of wash sales, after this month's deposit.
    newest = last - 12
    for day in range(habits.start, last + 1):
        books.open_day(day)
        if day == habits.start:
            books.cash_usd += Decimal(repr(habits.opening_usd))
            _invest(books, stage, day, habits.opening_names, ())
        if day in effective and day > habits.start:
            _sell_leavers(books, stage, day)
        november = str(months[day]).endswith("-11") and months[day] != months[min(day + 6, last)]
        if november and months[day - 1] == months[min(day + 5, last)] and habits.harvest_above < 1:
            _harvest(books, stage, day, habits.harvest_above, at_most=len(books.holdings))
        if day == newest:
            _harvest(books, stage, day, 0.04, at_most=8)
        if day in deposits:
            books.cash_usd += Decimal(repr(habits.deposit_usd))
            sold = _recently(books, stage.days, day, sold=True)
            _invest(books, stage, day, habits.names_a_deposit, sold)
    return books


def _concentrated(stage: _Stage, seed: int) -> Books:
    """An account moved in: one name with a low basis, other old positions, and cash."""
    rng = stream(seed, "concentrated account")
    path, last = stage.path, len(stage.days) - 1
    shown = int(np.searchsorted(stage.days, np.datetime64(FIRST_DAY, "D")))
    books = Books(path, stage.plan, "concentrated")
    whole = path.observed[shown:].all(axis=0) & (stage.index.weights[-1] > 0)
    for m in stage.plan.mergers:
        whole[m.target] = False
    growth = np.where(whole, np.prod(1 + path.total_return[shown:], axis=0), np.nan)
    large = whole & (stage.index.weights[-1] > np.quantile(stage.index.weights[-1][whole], 0.75))
    legacy = int(np.nanargmax(np.where(large & (growth < 8.0), growth, np.nan)))
    others = [int(i) for i in rng.permutation(np.flatnonzero(large)) if i != legacy][:_LEGACY_NAMES]
    value_usd = 1_500_000.0
    wishes: list[tuple[int, int, float]] = []
    for share in (0.5, 0.3, 0.2):
        day = shown + int(rng.integers(0, 160))
        wishes.append((day, legacy, 0.35 * share * value_usd))
    parts = rng.dirichlet(np.full(len(others), 4.0)) * 0.50 * value_usd
    for company, part in zip(others, parts, strict=True):
        lots = int(rng.integers(1, 4))
        for day in rng.integers(shown, last - 90, size=lots):
            wishes.append((int(day), company, float(part) / lots))
    agenda = sorted(wishes)
    for day in range(shown, last + 1):
        books.open_day(day)
        while agenda and agenda[0][0] == day:
            _, company, aim = agenda.pop(0)
            grown = float(np.prod(1 + path.total_return[day + 1 :, company]))
            books.buy(day, company, aim / grown, _ONE_SHARE)
        if day == last - 8:
            _harvest(books, stage, day, 0.02, at_most=2)
    books.cash_usd = Decimal(repr(round(0.15 * value_usd, 2)))
    return books


def run_accounts(path: Path, plan: Plan, index: IndexPath, days: NDArray[np.datetime64], seed: int) -> dict[str, Books]:
    """Run the three accounts to the end of the sample."""
    stage = _Stage(path, plan, index, days)
    shown = int(np.searchsorted(days, np.datetime64(FIRST_DAY, "D")))
    young = int(np.searchsorted(days, days[-1] - 364))
    return {
        "young": _run(_Habits("young", young, 118_000.0, 10_500.0, 450, 55, 1.0), stage),
        "seasoned": _run(_Habits("seasoned", shown + 3, 330_000.0, 4_500.0, 440, 46, 0.15), stage),
        "concentrated": _concentrated(stage, seed),
    }
