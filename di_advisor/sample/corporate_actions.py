"""What is planned to happen to the companies: mergers, spin-offs, a failure, new names, new listings.

Problem: an advisor meets all of these, and each breaks a naive program in its own way. Decision:
dates and parties are drawn before prices are; terms that depend on prices (offer, exchange ratio)
are set when the path reaches the day. Splits and dividends depend on prices throughout and are
decided on the path. Limits: no rights issues, no partial or mixed offers, no tender offers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.sample.calendar import FIRST_DAY
from di_advisor.sample.companies import INITIAL, NEWLY_LISTED, SPUN_OFF, TWINS, Companies
from di_advisor.sample.names import ticker_of
from di_advisor.sample.randomness import stream

__all__ = ["Failure", "Merger", "NewTicker", "Plan", "SpinOff", "draw_plan"]

_MERGERS_PER_YEAR = 8
_STOCK_MERGERS = 0.35
_NEW_TICKERS = 14
# Trading days after the sample's end on which the pending merger completes.
_PENDING_DAYS = 3


@dataclass(frozen=True, slots=True)
class Merger:
    """A company that is bought: for cash, or for shares of an acquirer among the companies.

    ``target`` and ``acquirer`` are positions (``acquirer`` -1 for cash from outside); ``announced``
    and ``effective`` positions of days (the target last trades the day before it is effective);
    ``premium`` a fraction over the price before.
    """

    target: int
    acquirer: int
    announced: int
    effective: int
    premium: float


@dataclass(frozen=True, slots=True)
class SpinOff:
    """A part of a company that becomes a company of its own on its ex-date.

    ``value_fraction`` of the parent's value goes, as ``ratio`` shares of the child for each share.
    """

    parent: int
    child: int
    announced: int
    ex: int
    value_fraction: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A company that fails: its price melts from ``start`` and it is delisted, worthless, on ``delisted``."""

    company: int
    start: int
    announced: int
    delisted: int


@dataclass(frozen=True, slots=True)
class NewTicker:
    """A company that trades under another ticker from a day on; the security stays the same."""

    company: int
    effective: int
    ticker: str


@dataclass(frozen=True)
class Plan:
    """All that is planned.

    Attributes
    ----------
    listed : ndarray of int, shape (n,)
        Position of the first trading day of each company.
    mergers, spin_offs, tickers : tuples
        In the order of their dates.
    failure : Failure
        The one failure.
    """

    listed: NDArray[np.int64]
    mergers: tuple[Merger, ...]
    spin_offs: tuple[SpinOff, ...]
    failure: Failure
    tickers: tuple[NewTicker, ...]


def _last_days(n: int, plan_mergers: list[Merger], failure: Failure, t: int) -> NDArray[np.int64]:
    end = np.full(n, t, dtype=np.int64)
    for m in plan_mergers:
        end[m.target] = m.announced
    end[failure.company] = failure.start
    return end


def draw_plan(companies: Companies, days: NDArray[np.datetime64], seed: int) -> Plan:
    """Draw dates and parties of all planned events over the given trading days."""
    rng = stream(seed, "corporate actions")
    n, t = len(companies), len(days)
    shown = int(np.searchsorted(days, np.datetime64(FIRST_DAY, "D")))
    listed = np.zeros(n, dtype=np.int64)
    listed[INITIAL : INITIAL + NEWLY_LISTED] = np.sort(rng.integers(40, t - 300, size=NEWLY_LISTED))

    twins = {i for pair in TWINS for i in pair}
    free = [int(i) for i in rng.permutation(np.arange(60, 470)) if int(i) not in twins]
    acquirers = [int(i) for i in rng.permutation(np.arange(8, 130)) if int(i) not in twins]
    # Large enough to be a member of the index when the trouble starts.
    failed = free.pop(next(k for k, i in enumerate(free) if 110 < i < 300))
    start = shown + int(rng.integers(420, 620))
    failure = Failure(failed, start, start + 104, start + 126)

    mergers: list[Merger] = []
    count = round(_MERGERS_PER_YEAR * (t - 120) / (t / 6.08))
    # The last one is announced just before the sample ends and completes after it: a pending change of the index.
    announced = np.append(np.sort(rng.integers(60, t - 130, size=count)), t - 55)
    for k, day in enumerate(announced):
        stock = rng.random() < _STOCK_MERGERS and k < count
        # The pending one is large enough to be a member, so that the index has an announced change.
        target = free.pop() if k < count else free.pop(int(np.argmin(free)))
        acquirer = acquirers.pop() if stock else -1
        if acquirer in [target, *free]:
            free = [i for i in free if i != acquirer]
        effective = int(day) + int(rng.integers(60, 120)) if k < count else t + _PENDING_DAYS
        mergers.append(Merger(target, acquirer, int(day), effective, float(rng.uniform(0.18, 0.45))))

    end = _last_days(n, mergers, failure, t)
    busy = {m.acquirer for m in mergers}
    spin_offs: list[SpinOff] = []
    ex_days = np.sort(rng.integers(80, t - 25, size=SPUN_OFF))
    parents = [int(i) for i in rng.permutation(np.arange(3, 330)) if int(i) not in twins | busy]
    for k, ex in enumerate(ex_days):
        parent = next(i for i in parents if end[i] > ex + 20)
        parents.remove(parent)
        child = INITIAL + NEWLY_LISTED + k
        listed[child] = ex
        ratio = float(rng.choice([0.2, 0.25, 0.3333, 0.5, 1.0]))
        fraction = float(np.clip(rng.beta(2.2, 9.0), 0.04, 0.5))
        spin_offs.append(SpinOff(parent, child, int(ex) - 70, int(ex), fraction, ratio))

    return Plan(listed, tuple(mergers), tuple(spin_offs), failure, _new_tickers(companies, mergers, end, shown, rng))


def _new_tickers(
    companies: Companies, mergers: list[Merger], end: NDArray[np.int64], shown: int, rng: np.random.Generator
) -> tuple[NewTicker, ...]:
    """Changes of ticker; the last one takes over the ticker of a company that was bought earlier."""
    taken = set(companies.tickers)
    twins = {i for pair in TWINS for i in pair}
    t = int(end.max())
    changes: list[NewTicker] = []
    alive = [int(i) for i in rng.permutation(np.arange(20, 430)) if end[i] == t and int(i) not in twins]
    for company in alive[: _NEW_TICKERS - 1]:
        day = int(rng.integers(shown + 20, t - 40))
        word = companies.names[company].split()[0]
        changes.append(NewTicker(company, day, ticker_of(word[::-1], taken)))
    gone = next(m for m in mergers if m.effective > shown + 60)
    day = min(gone.effective + int(rng.integers(60, 200)), t - 30)
    changes.append(NewTicker(alive[_NEW_TICKERS], day, companies.tickers[gone.target]))
    return tuple(sorted(changes, key=lambda c: c.effective))
